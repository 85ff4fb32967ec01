"""A heartbeat to wherever the operator chose: a GET with nothing in it, only while all is well. Its absence is the alarm."""

import asyncio
import logging
from collections.abc import Callable

import httpx

from aftercall.words import Sealed

log = logging.getLogger("aftercall.watch")

EVERY = 60.0  # seconds, always the same: a beat that moved would tell something
AGAIN = 5.0  # until it is looked at again, while it is silent


async def keep_beating(url: Sealed, problems: Callable[[], tuple[str, ...]], every: float = EVERY) -> None:
    """For ever. Why it is silent, and that it can't be heard, is said once."""
    said = ""
    async with httpx.AsyncClient(timeout=10, follow_redirects=False, trust_env=False, headers={"User-Agent": ""}) as line:
        while True:
            now = "; ".join(problems()) or await _beat(line, url)
            if now and now != said:
                log.error("no heartbeat: %s", now)
            elif said and not now:
                log.warning("the heartbeat goes out again")
            said = now
            await asyncio.sleep(min(AGAIN, every) if now else every)


async def _beat(line: httpx.AsyncClient, url: Sealed) -> str:
    try:
        answer = await line.get(url.open())
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        return f"the address of heartbeat_url does not answer ({type(problem).__name__})"
    return "" if answer.status_code < 400 else f"the address of heartbeat_url answers {answer.status_code}"
