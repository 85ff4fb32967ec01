"""Any of the many services that Apprise knows, for whoever installs it: `pip install aftercall[apprise]`."""

import asyncio
import importlib
import logging
from typing import Any

from aftercall.send import Later
from aftercall.words import Message, Sealed


class NoApprise(Exception):
    """The setting names Apprise, and it is not installed."""


class Apprised:
    """One Apprise address in which {to} stands for the number, as in atalk://user@key/{to}.

    Its answer is yes or no and never why, so no is always "later"; it has no key, so a message sent twice may arrive twice.
    """

    def __init__(self, url: Sealed, patience: float = 20.0) -> None:
        try:
            self._apprise: Any = importlib.import_module("apprise")
        except ImportError:
            raise NoApprise("apprise_url: Apprise is not installed; `pip install aftercall[apprise]`, or leave it empty") from None
        logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # its warnings carry numbers and passwords
        self._url, self._patience = url, patience
        if not self._made("+254700000000").servers:
            raise NoApprise("apprise_url: Apprise knows no such address; write it as its pages say, with {to} for the number")

    async def send(self, message: Message) -> None:
        whole = self._made(message.to)
        try:
            sent = asyncio.to_thread(whole.notify, body=message.text, title=message.subject)
            done = await asyncio.wait_for(sent, self._patience)
        except Exception as problem:  # any of 170 services' own; its text may hold the number
            raise Later(f"apprise: {type(problem).__name__}") from None
        if not done:
            raise Later("apprise: it was not taken")

    def _made(self, to: str) -> Any:
        whole = self._apprise.Apprise()
        whole.add(self._url.open().replace("{to}", to))
        return whole
