"""A half that can be looked at, and the loops that keep looking."""

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from aftercall.watch.findings import Finding
from aftercall.words import Sealed

log = logging.getLogger("aftercall.watch")

LOOK = 10.0  # seconds between two looks (MEASURED section 1: the auditor)


class Watched(Protocol):
    def health(self) -> tuple[bool, str]:
        """Is it well, and a few lines that say so. From memory, so that neither its bytes nor its time tell of any load."""

    def metrics(self) -> str: ...

    async def doctor(self) -> list[Finding]: ...


def may(token: Sealed, authorization: str) -> bool:
    """Does this caller show the token that opens this and nothing else? Without one in the settings nobody may."""
    kind, _, shown = authorization.partition(" ")
    return bool(token) and kind.lower() == "bearer" and hmac.compare_digest(shown.strip().encode(), token.open().encode())


async def keep_looking(look: Callable[[], Awaitable[None]], every: float = LOOK) -> None:
    """For ever. A look that fails is said once, and shows in its age; it stops no half."""
    failed = False
    while True:
        try:
            await look()
            failed = False
        except Exception as problem:
            if not failed:
                log.error("this half can't look at itself: %s", type(problem).__name__)
            failed = True
        await asyncio.sleep(every)
