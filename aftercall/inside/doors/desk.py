"""The coordinator's one page: what waits for a human, and why. It never shows who asked for anything, nor who was there."""

import hmac
import logging
from urllib.parse import quote

from fastapi import APIRouter, Request
from sqlalchemy.engine import Connection
from starlette.responses import Response

from aftercall.inside import flow
from aftercall.inside.doors import hand, looked, signin
from aftercall.inside.doors.hand import Here, Paper
from aftercall.inside.doors.intake import LARGEST, all_refused, hear, parts_of, unfit
from aftercall.inside.doors.office import Office
from aftercall.inside.doors.reception import Reception, Seated
from aftercall.inside.doors.signin import Seat
from aftercall.inside.feeds.site import Site
from aftercall.inside.feeds.weights import read_rules
from aftercall.inside.half import weights_of
from aftercall.inside.pages import Pages, form_of, is_foreign, language_of, onwards
from aftercall.inside.road.loss import HELD, SUSPECTED
from aftercall.inside.road.weight import preview
from aftercall.inside.store import desk, reports
from aftercall.rota.rows import BadList
from aftercall.signin.seat import COORDINATOR, ROLES

router = APIRouter(prefix="/desk", include_in_schema=False, route_class=hand.Caught)
log = logging.getLogger("aftercall.inside")


async def _pressed(request: Request, seat: Reception, *wanted: str) -> tuple[Seated, dict[str, str]] | None:
    """Who pressed a button of this very desk, and what it sent; None for anybody else's."""
    typed = await form_of(request, ("csrf", *wanted))
    seated = await seat.pressing(request, typed["csrf"])
    return (seated, typed) if seated else None


def _back(request: Request, said: str = "") -> Response:
    return onwards(f"/desk?lang={language_of(request)}{said and '&said=' + said}")


def _no(request: Request, on: Pages, seat: Reception) -> Response:
    return signin.show(request, on, seat, 403, "session")


@router.get("")
async def see(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    seated = await seat.of(request, *ROLES)
    if seated is None:
        return signin.show(request, on, seat)
    if seated.person.role != COORDINATOR:
        return looked.how_it_stands(request, on, seated)
    site, _ = here.half.reader()
    given = await here.half.store.do(_all, here.org, site)
    said = request.query_params.get("said", "")
    return on.show(request, "desk.html", csrf=seated.csrf, said=said, now=here.now(), **given)


def _all(conn: Connection, org: str, site: Site) -> dict[str, object]:
    events, words, pairs = desk.undecided(conn, org), reports.waiting(conn, org), desk.together(conn, org)
    return {
        "held": [e for e in events if e.state == HELD],
        "suspected": [e for e in events if e.state == SUSPECTED],
        "unreleased": [e for e in events if e.state not in (HELD, SUSPECTED)],
        "pairs": [p for p in pairs if not p.word],
        "paired": [p for p in pairs if p.word],
        "words": [w for w in words if w.what == "loss"],
        "others": [(w, reports.role_of(conn, org, w.staff)) for w in words if w.what == "there"],
        "learning": [one for one in desk.learning(conn, org) if one[2] or not site.is_dead(one[1])],  # these the settings know
        "aside_count": desk.count_aside(conn, org),
        "names": dict(desk.units(conn, org)),
    }


# a human's word ------------------------------------------------------------------------------------------------------------


@router.post("/event")
async def decide(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    if (press := await _pressed(request, seat, "event", "say", "next")) is None:
        return _no(request, on, seat)
    seated, typed = press
    event = typed["event"]
    presses: dict[str, flow.Decide | flow.Release] = {
        "dead": flow.Decide(event, True),
        "alive": flow.Decide(event, False),
        "release": flow.Release(event),
    }
    word = presses.get(typed["say"])
    if word is None:
        return _back(request, "gone")
    await seat.note(seated.person, typed["say"])
    believed = await here.half.decide(word)
    if typed["next"] == "loss" and believed != "gone":
        return onwards(f"/desk/losses/{quote(event)}?lang={language_of(request)}&said=done")
    return _back(request, "gone" if believed == "gone" else "done")


@router.post("/report")
async def decide_on_a_word(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    if (press := await _pressed(request, seat, "report", "say")) is None:
        return _no(request, on, seat)
    seated, typed = press
    yes = typed["say"] == "yes"
    await seat.note(seated.person, "word yes" if yes else "word no")
    return _back(request, "done" if await here.decide(typed["report"], yes) else "none")


@router.post("/join")
async def join(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    """A run and a stay: one patient's, or not; or what was said of them is taken back."""
    if (press := await _pressed(request, seat, "run", "stay", "say")) is None:
        return _no(request, on, seat)
    seated, typed = press
    if typed["say"] not in ("yes", "no", "undo"):
        return _back(request, "gone")
    await seat.note(seated.person, f"join {typed['say']}")
    believed = await here.half.decide(flow.Join(typed["run"], typed["stay"], typed["say"]))
    return _back(request, "gone" if believed == "gone" else "done")


@router.post("/learn")
async def learn(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    if (press := await _pressed(request, seat, "field", "value", "means")) is None:
        return _no(request, on, seat)
    seated, typed = press
    if typed["means"] in ("dead", "other"):
        await seat.note(seated.person, "learn")
        await here.half.store.do(desk.means, here.org, typed["field"], typed["value"], typed["means"])
        await here.half.relearn()
    return _back(request, "done")


# files, and links to print -------------------------------------------------------------------------------------------------


@router.post("/intake")
async def upload(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    """A line list or an ePCR, from the clerk's own machine."""
    seated = await seat.of(request)
    if seated is None or is_foreign(request):
        return _no(request, on, seat)  # before a byte of it was read
    async with here.reading:
        parts = parts_of(await request.body(), request.headers.get("content-type", ""))
        if not hmac.compare_digest(parts.get("csrf", b""), seated.csrf.encode()):
            return _no(request, on, seat)
        await seat.note(seated.person, "file")
        try:
            heard = await hear(here, file := parts.get("file", b"")[:LARGEST])
        except Exception as problem:
            log.error("a report could not be kept: %s", type(problem).__name__)
            return on.show(request, "heard.html", 500, heard=None)
        fits = await unfit(here.half.settings, file)
    return on.show(request, "heard.html", 422 if all_refused(heard) else 200, heard=heard, unfit=fits)


@router.get("/weights")
async def weights(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    """The rules as they stand, to be tried with changes; what is tried here changes nothing."""
    seated = await seat.of(request)
    if seated is None:
        return _no(request, on, seat)
    text = weights_of(here.half.settings).read_text("utf-8")
    return await _tried(request, here, on, seated, text)


@router.post("/weights")
async def try_weights(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    parts = parts_of(await request.body(), request.headers.get("content-type", ""))
    seated = await seat.pressing(request, parts.get("csrf", b"").decode("utf-8", "replace"))
    if seated is None:
        return _no(request, on, seat)
    return await _tried(request, here, on, seated, parts.get("rules", b"").decode("utf-8", "replace").replace("\r\n", "\n"))


async def _tried(request: Request, here: Office, on: Pages, seated: Seated, text: str) -> Response:
    """What these rules would have done to the last 90 days (DECISIONS 39): losses and messages, never people."""
    given: dict[str, object] = {"csrf": seated.csrf, "text": text, "file": here.half.settings.weights.name}
    try:
        after = read_rules(text)
    except BadList as problem:
        return on.show(request, "weights.html", 400, wrong=str(problem), preview=None, rules=(), **given)
    before = here.half.rules.weights
    shown = preview(await here.half.store.do(desk.past, here.org), before, after)
    return on.show(request, "weights.html", wrong="", preview=shown, same=after == before, rules=after, **given)


@router.get("/units")
async def units(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    """To print and hang up in the staff rooms: the code stands behind # and reaches no log."""
    seated = await seat.of(request)
    if seated is None:
        return _no(request, on, seat)
    await seat.note(seated.person, "units")
    listed = await here.half.store.do(desk.units, here.org)
    address = here.contacts.address or f"{request.url.scheme}://{request.url.netloc}"
    posters = [(name or unit, hand.screen_of(unit), here.code(unit)) for unit, name in listed]
    return on.show(request, "units.html", posters=posters, address=address.rstrip("/"))
