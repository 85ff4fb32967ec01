"""What the desk shows of people, and what it shows of whoever looks: who was at a loss, the audit; and whether all is well."""

import asyncio
import json
from itertools import islice

from fastapi import APIRouter, Request
from starlette.responses import Response

from aftercall.inside import acts
from aftercall.inside.doors import hand, signin
from aftercall.inside.doors.hand import Here, Paper
from aftercall.inside.doors.office import Office
from aftercall.inside.doors.reception import PATH, Reception, Seated
from aftercall.inside.doors.signin import Seat
from aftercall.inside.pages import Pages, form_of, language_of, onwards
from aftercall.inside.store import desk
from aftercall.signin import chain
from aftercall.signin.seat import ROLES
from aftercall.watch.watched import Watched

router = APIRouter(prefix=PATH, include_in_schema=False, route_class=hand.Caught)
SHOWN, WEEKS = 200, 53


@router.get("/there")
async def losses(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    """The losses of three days, by unit and time. Names come one loss at a time, after a touch of the passkey."""
    seated = await seat.of(request)
    if seated is None:
        return signin.show(request, on, seat, 403, "session")
    return await _losses(request, here, on, seat, seated)


@router.post("/there")
async def look(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    """Who was at one of them. Each of those sees on their own page who looked, and when."""
    typed = await form_of(request, ("csrf", "event"))
    seated = await seat.pressing(request, typed["csrf"])
    if seated is None:
        return signin.show(request, on, seat, 403, "session")
    if not seated.session.is_fresh(here.now()):
        return onwards(f"{PATH}/there?lang={language_of(request)}")
    this = next((one for one in await here.half.store.do(desk.lately, here.org) if one.event == typed["event"]), None)
    if this is None:
        return onwards(f"{PATH}/there?lang={language_of(request)}&said=gone")
    return await _losses(request, here, on, seat, seated, this, await seat.look(seated.person, this.event))


async def _losses(
    request: Request,
    here: Office,
    on: Pages,
    seat: Reception,
    me: Seated,
    this: desk.Lately | None = None,
    found: list[tuple[str, str, str]] | None = None,
) -> Response:
    listed = await here.half.store.do(desk.lately, here.org)
    return on.show(
        request,
        "there.html",
        me=me,
        csrf=me.csrf,
        losses=listed,
        names=await hand.names(here),
        this=this,
        there=found or [],
        fresh=me.session.is_fresh(here.now()),
        options=json.dumps(seat.to_show(f"touch {me.session.name}")),
        said=request.query_params.get("said", ""),
    )


@router.get("/audit")
async def see_audit(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    """Who did what, and six words a week for paper: printed, they show later whether somebody has rewritten it."""
    seated = await seat.of(request)
    if seated is None:
        return signin.show(request, on, seat, 403, "session")
    await seat.note(seated.person, "audit")
    rows, wrong = await asyncio.to_thread(acts.looked_over, here.half.store.engine, here.org, here.half.settings.data)
    newest = list(islice((one for one in reversed(rows) if one.n), SHOWN))
    weeks = list(islice(chain.weekly(rows), WEEKS))
    return on.show(request, "audit.html", acts=newest, weeks=weeks, words=acts.WORDS, wrong=wrong, now=here.now())


@router.get("/health")
async def health(request: Request, on: Paper, seat: Seat) -> Response:
    """In English: it is for whoever keeps this half running, and names nobody."""
    seated = await seat.of(request, *ROLES)
    if seated is None:
        return signin.show(request, on, seat, 403, "session")
    return how_it_stands(request, on, seated)


def how_it_stands(request: Request, on: Pages, seated: Seated) -> Response:
    watch: Watched = request.app.state.watch
    well, told = watch.health()
    return on.show(request, "health.html", csrf=seated.csrf, me=seated, well=well, told=told)
