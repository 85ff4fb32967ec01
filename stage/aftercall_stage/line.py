"""A phone's connection: the same call again and again until there is an answer, and no silence when there is none."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import httpx

PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8)  # seconds between tries; the last one repeats


class Away(Exception):
    """No answer within this phone's patience. Trying again may help."""


class Gone(Exception):
    """404: unknown, not mine, or over."""


class Refused(Exception):
    """The server answered, and it is no. `again`: an earlier try of the same call may have got through."""

    def __init__(self, status: int, word: str, say: str, again: bool) -> None:
        super().__init__(f"{status} {word}: {say}")
        self.status, self.word, self.say, self.again = status, word, say, again


@dataclass(frozen=True)
class Said:
    """An answer, and the tries it took."""

    status: int
    json: dict[str, Any]
    tries: int
    etag: str = ""


class Line:
    """Calls under /care/v1. A broken connection, a time-out and a 5xx are tried again with the very same bytes."""

    def __init__(self, client: httpx.AsyncClient, patience: float = 20.0) -> None:
        self.client, self.patience = client, patience
        self.failed = 0  # tries that got no answer, for whoever wants to show "no connection"

    async def call(
        self, method: str, path: str, head: dict[str, str] | None = None, json: Any = None, body: bytes | None = None, wait: int = 0
    ) -> Said:
        """Raises Away, Gone or Refused."""
        headers = {**(head or {}), **({"X-Wait": str(wait)} if wait else {})}
        end = time.monotonic() + self.patience + wait
        tries = 0
        while True:
            tries += 1
            try:
                answer = await self.client.request(
                    method, f"/care/v1/{path}", headers=headers, json=json, content=body, timeout=10.0 + wait
                )
                if answer.status_code < 500:
                    return _said(answer, tries)
                why = f"status {answer.status_code}"
            except httpx.TransportError as problem:
                why = type(problem).__name__
            self.failed += 1
            if time.monotonic() >= end:
                raise Away(f"{method} {path}: {why}")
            await asyncio.sleep(PAUSES[min(tries, len(PAUSES)) - 1])


def _said(answer: httpx.Response, tries: int) -> Said:
    told = answer.json() if answer.content else {}
    if answer.status_code == 404:
        raise Gone
    if answer.status_code >= 400:
        raise Refused(answer.status_code, str(told.get("error", "")), str(told.get("say", "")), tries > 1)
    return Said(answer.status_code, told, tries, answer.headers.get("etag", ""))
