"""The care coordinator's desk: is somebody there, now and in the next days, and is all well. Of an ask only that somebody waits,
when the last wave has gone by unanswered: never how many, who, or who took it (DECISIONS 14)."""

from dataclasses import dataclass, replace
from datetime import date
from itertools import islice

from fastapi import APIRouter, Request
from sqlalchemy.engine import Connection
from starlette.responses import Response

from aftercall.config import Set, listed
from aftercall.outside import acts, confirmed
from aftercall.outside.doors.care import Here
from aftercall.outside.half import Half
from aftercall.outside.road.duty import Gaps
from aftercall.outside.store import boxes, duty, peers
from aftercall.outside.store.standing import Standing, standing
from aftercall.pages import Pages, form_of, language_of, onwards
from aftercall.signin import chain
from aftercall.signin.doors import Caught, Paper, Seat, gone, show
from aftercall.signin.reception import PATH, Reception, Seated
from aftercall.watch.findings import OK, STATES, Finding
from aftercall.watch.watched import Watched
from aftercall.words import Moment

SHOWN, WEEKS = 200, 26  # acts, and weeks, on one page
router = APIRouter(prefix=PATH, include_in_schema=False, route_class=Caught)


@router.get("/file/{name}")
async def file(request: Request, on: Paper, name: str) -> Response:
    return on.file(request, name) or gone(request, on)


def no(request: Request, on: Pages, seat: Reception) -> Response:
    """Whoever is not signed in, or pressed on an old page."""
    return show(request, on, seat, 403, "session")


def back(request: Request, page: str = "", said: str = "") -> Response:
    return onwards(f"{PATH}{page}?lang={language_of(request)}{said and '&said=' + said}")


async def pressed(request: Request, seat: Reception, *wanted: str, most: int = 200) -> tuple[Seated, dict[str, str]] | None:
    """Who pressed a button of this very desk, and what it sent; None for anybody else's."""
    typed = await form_of(request, ("csrf", *wanted), most)
    seated = await seat.pressing(request, typed["csrf"])
    return (seated, typed) if seated else None


@dataclass(frozen=True)
class Line:
    """A number that a page shows to somebody in need. `state`: as doctor says it. `on`: when it was last dialled; None: never."""

    tel: str
    shown: str
    state: str
    on: date | None


@router.get("")
async def see(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    seated = await seat.of(request)
    if seated is None:
        return show(request, on, seat)
    now = here.clock.now()
    stands, gaps, waits = await here.store.do(_stands, here.settings.programme, now)
    found = sorted(await _doctor(request), key=lambda one: -STATES.index(one.state))
    return on.show(
        request,
        "home.html",
        csrf=seated.csrf,
        said=request.query_params.get("said", ""),
        waits=waits,
        duty_tel=here.settings.duty_tel,
        there=min(stands.here, 2),
        next=stands.next,
        gaps=gaps,
        problem=here.planning.problem,
        lines=_lines(here),
        ending=here.planning.ending,
        backup=last.at.date() if (last := await here.store.do(acts.last, here.settings.programme, "backup")) else None,
        worst=found[0] if found and found[0].state != OK else None,
        more=sum(one.state != OK for one in found) - 1,
    )


def _stands(conn: Connection, programme: str, now: Moment) -> tuple[Standing, Gaps, bool]:
    """Found anew: a worker that has no clock keeps no gaps."""
    return standing(conn, programme, now), duty.gaps(conn, programme, now), boxes.unanswered(conn, programme)


async def _doctor(request: Request) -> list[Finding]:
    watch: Watched = request.app.state.watch
    return await watch.doctor()


def _lines(here: Half) -> list[Line]:
    today, have = here.clock.now().date(), confirmed.read(here.settings.data).dialled
    found = confirmed.dialled(here.settings, today)
    return [Line(tel, shown, found[tel].state, _day(have.get(tel, ""))) for tel, shown in confirmed.numbers(here.settings).items()]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@router.post("/dialled")
async def dialled(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    """Somebody has dialled it today, and heard whom the page promises."""
    if (press := await pressed(request, seat, "tel")) is None:
        return no(request, on, seat)
    seated, typed = press
    tel = confirmed.bare(typed["tel"])
    if tel not in confirmed.numbers(here.settings):
        return back(request, said="tel")
    await seat.note(seated.person, "dialled", tel)
    confirmed.dial(here.settings, tel, here.clock.now().date())
    return back(request, said="dialled")


@router.get("/health")
async def health(request: Request, on: Paper, seat: Seat) -> Response:
    """All that the doctor says, the worst first; in English, as at the machine."""
    if await seat.of(request) is None:
        return no(request, on, seat)
    return on.show(request, "well.html", found=sorted(await _doctor(request), key=lambda one: -STATES.index(one.state)))


@router.get("/acts")
async def done(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    """Who did what, and six words a week for paper: printed, they show later whether somebody has rewritten it."""
    if await seat.of(request) is None:
        return no(request, on, seat)
    rows, wrong = await here.acts()
    named = {one.pid: str(one.known().get("name", "")) for one in await here.store.do(peers.all_of, here.settings.programme)}
    return on.show(
        request,
        "acts.html",
        acts=list(islice((one for one in reversed(rows) if one.n), SHOWN)),
        weeks=list(islice(chain.weekly(rows), WEEKS)),
        words=acts.WORDS,
        wrong=wrong,
        named_peers=named,
    )


@router.get("/settings")
async def settings(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    """Meaning and reason are the documentation's own words, and in English as they are."""
    if await seat.of(request) is None:
        return no(request, on, seat)
    found = listed(here.settings)
    return on.show(request, "settings.html", **{of: [_unread(one) for one in these] for of, these in found.items()})


def _unread(one: Set) -> Set:
    """Four words can be found again from their hash by whoever tries all there are."""
    return replace(one, value="(set)") if one.name == "codes" else one
