"""Which feeds speak, which have fallen silent, and what could not be read: kinds, places and counts, never what a message said."""

import asyncio
from datetime import timedelta

from fastapi import APIRouter, Request
from sqlalchemy.engine import Engine
from starlette.responses import Response

from aftercall.inside.doors import hand, signin
from aftercall.inside.doors.hand import Here, Paper
from aftercall.inside.doors.reception import PATH
from aftercall.inside.doors.signin import Seat
from aftercall.inside.ears import expected
from aftercall.inside.pages import address, number_of
from aftercall.inside.store import desk
from aftercall.signin.seat import ROLES
from aftercall.sql import reading

router = APIRouter(prefix=f"{PATH}/feeds", include_in_schema=False, route_class=hand.Caught)
PAGE = 50
DAY = timedelta(days=1)


@router.get("")
async def feeds(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    """For the coordinator and for IT: whoever can mend a feed sees what is wrong with it, and nothing else."""
    if await seat.of(request, *ROLES) is None:
        return signin.show(request, on, seat, 403, "session")
    half, now = here.half, here.now()
    heard = [(one, *half.ears.of_a_day(one.feed, now)) for one in half.ears.silences(expected(half.settings), now)]
    page = number_of(request.query_params.get("page", ""))
    found, count = await asyncio.to_thread(_aside, half.store.engine, here.org, (page - 1) * PAGE)
    others = (("back", page - 1, page > 1), ("on", page + 1, len(found) > PAGE))
    ways = {name: address(request, request.url.path, page=number) + "#aside" for name, number, there in others if there}
    since = half.ears.began if now - half.ears.began < DAY else None
    given = {"heard": heard, "since": since, "ways": ways, "page": page, "aside": found[:PAGE], "count": count}
    nothing = not any(one.last for one, *_ in heard)
    return on.show(request, "feeds.html", now=now, nothing=nothing, **given)


def _aside(engine: Engine, org: str, start: int) -> tuple[list[desk.Aside], int]:
    """One more than a page has, and how many there are; not in the writer's line, for thirty days are grouped."""
    apart = reading(engine)
    try:
        with apart.connect() as conn:
            return desk.aside(conn, org, start, PAGE + 1), desk.count_aside(conn, org)
    finally:
        apart.dispose()
