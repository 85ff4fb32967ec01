"""Everybody's calls to the halves: who is at which one now, for how many tries, and every answer that says that a half failed."""

import asyncio
from collections.abc import Callable

import httpx

FAILED = 500  # and above: the half says that it is to blame


class Calls(httpx.AsyncBaseTransport):
    """A person is their task's name. `failed` hears of the first such answer to a call that is then said again and again."""

    def __init__(self, failed: Callable[[str, str, int], None], wire: httpx.AsyncBaseTransport | None = None) -> None:
        self._failed, self._wire = failed, wire or httpx.AsyncHTTPTransport(trust_env=False)
        self._at: dict[str, tuple[str, int, str]] = {}  # the call, tries, what the last one came to

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        task = asyncio.current_task()
        who, call = task.get_name() if task else "", f"{request.method} {request.url.path}"
        before, tries, came_to = self._at.get(who, ("", 0, ""))
        tries, came_to = (tries + 1, came_to) if before == call else (1, "")
        self._at[who] = call, tries, came_to or "no answer yet"
        try:
            answer = await self._wire.handle_async_request(request)
        except httpx.TransportError as problem:
            self._at[who] = call, tries, type(problem).__name__
            raise
        if answer.status_code < FAILED:
            del self._at[who]
            return answer
        if came_to != (status := f"status {answer.status_code}"):
            self._failed(who, call, answer.status_code)
        self._at[who] = call, tries, status
        return answer

    async def aclose(self) -> None:
        await self._wire.aclose()

    def of(self, who: str) -> str:
        """What this one is at, as a person reads it. "" when it is no call."""
        call, tries, came_to = self._at.get(who, ("", 0, ""))
        return f"{call}, {tries} {'try' if tries == 1 else 'tries'}, {came_to}" if call else ""
