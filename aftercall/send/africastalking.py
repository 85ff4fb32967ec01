"""Texts and calls by Africa's Talking, whose interface is a form and whose answer says how it went for each number."""

import json
from typing import Any

from aftercall.send import Later, Never, Refused
from aftercall.send.line import PATIENCE, Line
from aftercall.words import Message, Sealed

TAKEN = frozenset({100, 101, 102})  # processed, sent, queued there
LATER = frozenset({401, 407, 500, 501})  # held, no route now, broken there
THIS_NUMBER = frozenset({403, 404, 406, 409})  # no number, a kind they don't serve, on their list of those who said STOP


class Texts:
    """One text (Africa's Talking, POST /version1/messaging). It knows no key: a message sent twice arrives twice."""

    def __init__(self, url: str, user: str, key: Sealed, sender: str, patience: float = PATIENCE) -> None:
        self._url, self._user, self._key, self._sender = f"{url.rstrip('/')}/version1/messaging", user, key, sender
        self._line = Line("africastalking", patience)

    async def send(self, message: Message) -> None:
        told = {
            "username": self._user,
            "to": message.to,
            "message": message.text,
            **({"from": self._sender} if self._sender else {}),
        }
        answer = await self._line.call("POST", self._url, form=told, headers=_head(self._key))
        if not answer.is_success:
            raise self._line.refusal(answer)
        found = _part(answer.text, "SMSMessageData", "Recipients")
        code = found.get("statusCode")
        if code in TAKEN:
            return
        if code in THIS_NUMBER:
            raise Never(f"africastalking: this number is refused ({code})")
        if code in LATER:
            raise Later(f"africastalking: code {code}")
        raise Refused(f"africastalking: code {code}; look for an empty account or a sender that is not ours")

    async def there(self) -> None:
        await self._line.there(self._url)

    async def close(self) -> None:
        await self._line.close()


class Calls:
    """One call (Africa's Talking, POST /call). What is said in it our door tells when it is answered (outside/doors/voice.py).

    `clientRequestId` comes back with that question; it carries the language and nothing else that means anything.
    """

    def __init__(self, url: str, user: str, key: Sealed, sender: str, patience: float = PATIENCE) -> None:
        self._url, self._user, self._key, self._sender = f"{url.rstrip('/')}/call", user, key, sender
        self._line = Line("africastalking", patience)

    async def send(self, message: Message) -> None:
        told = {
            "username": self._user,
            "from": self._sender,
            "to": message.to,
            "clientRequestId": f"{message.language}-{message.key}",
        }
        answer = await self._line.call("POST", self._url, form=told, headers=_head(self._key))
        if not answer.is_success:
            raise self._line.refusal(answer)
        status = _part(answer.text, "entries").get("status")
        if status == "InvalidPhoneNumber":
            raise Never("africastalking: this number is refused")
        if status in ("DestinationNotSupported", "InsufficientCredit"):
            raise Refused(f"africastalking: {status}")
        if status != "Queued":
            raise Later("africastalking: the call was not begun")

    async def close(self) -> None:
        await self._line.close()


def _head(key: Sealed) -> dict[str, str]:
    return {"apiKey": key.open(), "Accept": "application/json"}


def _part(text: str, *path: str) -> dict[str, Any]:
    """The first of the list that stands there; nothing where the answer has another shape."""
    try:
        found = json.loads(text)
        for name in path:
            found = found[name]
        return dict(found[0])
    except (ValueError, KeyError, IndexError, TypeError):
        return {}
