"""The coordinator's one page: what waits for a human, and why. It never shows who asked for anything, nor who was there."""

import hmac
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlalchemy.engine import Connection
from starlette.responses import Response

from aftercall.inside import flow
from aftercall.inside.doors import hand
from aftercall.inside.doors.hand import Here, Paper
from aftercall.inside.doors.intake import LARGEST, all_refused, hear, parts_of, unfit
from aftercall.inside.doors.office import Office
from aftercall.inside.feeds.site import Site
from aftercall.inside.feeds.weights import read_rules
from aftercall.inside.half import weights_of
from aftercall.inside.pages import Pages, form_of, is_foreign, language_of, onwards
from aftercall.inside.road.loss import HELD, SUSPECTED
from aftercall.inside.road.weight import preview
from aftercall.inside.store import desk, reports
from aftercall.rota.rows import BadList
from aftercall.words import Moment

router = APIRouter(prefix="/desk", include_in_schema=False, route_class=hand.Caught)
log = logging.getLogger("aftercall.inside")
COOKIE, LASTS = "desk", timedelta(hours=12)
TRIES, MINUTE = 5, timedelta(minutes=1)


@dataclass(frozen=True)
class Session:
    csrf: str
    ends: Moment


class Reception:
    """Who has signed in, in memory alone: a restart signs everybody out."""

    def __init__(self, office: Office) -> None:
        self._office, self._sessions, self._tries = office, dict[str, Session](), list[Moment]()

    def sign_in(self, typed: str) -> str:
        """A new session's name; "" for a wrong key, "slow" after five tries in a minute, by everybody together."""
        now, key = self._office.now(), self._office.half.settings.desk_key
        self._tries = [at for at in self._tries if now - at < MINUTE]
        if len(self._tries) >= TRIES:
            return "slow"
        self._tries.append(now)
        if not key or not hmac.compare_digest(typed.encode(), key.open().encode()):
            return ""
        self._tries.clear()
        name = self._office.fresh() + self._office.fresh()
        self._sessions = {n: s for n, s in self._sessions.items() if s.ends > now}
        self._sessions[name] = Session(self._office.fresh(), now + LASTS)
        return name

    def of(self, request: Request) -> Session | None:
        session = self._sessions.get(request.cookies.get(COOKIE, ""))
        return session if session and session.ends > self._office.now() else None

    def sign_out(self, request: Request) -> None:
        self._sessions.pop(request.cookies.get(COOKIE, ""), None)


def reception(request: Request) -> Reception:
    this: Reception = request.app.state.reception
    return this


Seat = Annotated[Reception, Depends(reception)]


def _cookie(request: Request, here: Office, name: str) -> str:
    secure = "; Secure" if "https" in (request.url.scheme, here.contacts.address.partition(":")[0]) else ""
    age = int(LASTS.total_seconds()) if name else 0
    return f"{COOKIE}={name}; Path=/desk; Max-Age={age}; HttpOnly; SameSite=Strict{secure}"


async def _pressed(request: Request, seat: Reception, *wanted: str) -> dict[str, str] | None:
    """What a button of this very desk sent; None for anybody else's."""
    typed, session = await form_of(request, ("csrf", *wanted)), seat.of(request)
    if session is None or is_foreign(request) or not hmac.compare_digest(typed["csrf"].encode(), session.csrf.encode()):
        return None
    return typed


def _back(request: Request, said: str = "") -> Response:
    return onwards(f"/desk?lang={language_of(request)}{said and '&said=' + said}")


def _no(request: Request, on: Pages) -> Response:
    return on.show(request, "signin.html", 403, "", wrong="session")


# in and out ----------------------------------------------------------------------------------------------------------------


@router.get("")
async def see(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    if not here.half.settings.desk_key:
        return hand.gone(request, on)
    session = seat.of(request)
    if session is None:
        return on.show(request, "signin.html", wrong="")
    site, _ = here.half.reader()
    given = await here.half.store.do(_all, here.org, site)
    said = request.query_params.get("said", "")
    return on.show(request, "desk.html", csrf=session.csrf, said=said, now=here.now(), **given)


def _all(conn: Connection, org: str, site: Site) -> dict[str, object]:
    events, words, pairs = desk.undecided(conn, org), reports.waiting(conn, org), desk.together(conn, org)
    count, newest = desk.aside(conn, org)
    return {
        "held": [e for e in events if e.state == HELD],
        "suspected": [e for e in events if e.state == SUSPECTED],
        "unreleased": [e for e in events if e.state not in (HELD, SUSPECTED)],
        "pairs": [p for p in pairs if not p.word],
        "paired": [p for p in pairs if p.word],
        "words": [w for w in words if w.what == "loss"],
        "others": [(w, reports.role_of(conn, org, w.staff)) for w in words if w.what == "there"],
        "learning": [one for one in desk.learning(conn, org) if one[2] or not site.is_dead(one[1])],  # these the settings know
        "aside": newest,
        "aside_count": count,
        "names": dict(desk.units(conn, org)),
    }


@router.post("")
async def sign_in(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    if not here.half.settings.desk_key or is_foreign(request):
        return hand.gone(request, on)
    name = seat.sign_in((await form_of(request, ("key",)))["key"])
    if name == "slow":
        log.warning("the desk: more than %d tries in a minute", TRIES)
        return on.show(request, "signin.html", 429, wrong="slow")
    if not name:
        return on.show(request, "signin.html", 403, wrong="key")
    return onwards(f"/desk?lang={language_of(request)}", _cookie(request, here, name))


@router.post("/out")
async def sign_out(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    if await _pressed(request, seat) is None:
        return _no(request, on)
    seat.sign_out(request)
    return onwards("/desk", _cookie(request, here, ""))


# a human's word ------------------------------------------------------------------------------------------------------------


@router.post("/event")
async def decide(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    typed = await _pressed(request, seat, "event", "say")
    if typed is None:
        return _no(request, on)
    presses = {"dead": flow.Decide(typed["event"], True), "alive": flow.Decide(typed["event"], False)}
    press = flow.Release(typed["event"]) if typed["say"] == "release" else presses.get(typed["say"])
    believed = "gone" if press is None else await here.half.decide(press)
    return _back(request, "gone" if believed == "gone" else "done")


@router.post("/report")
async def decide_on_a_word(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    typed = await _pressed(request, seat, "report", "say")
    if typed is None:
        return _no(request, on)
    return _back(request, "done" if await here.decide(typed["report"], typed["say"] == "yes") else "none")


@router.post("/join")
async def join(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    """A run and a stay: one patient's, or not; or what was said of them is taken back."""
    typed = await _pressed(request, seat, "run", "stay", "say")
    if typed is None:
        return _no(request, on)
    known = typed["say"] in ("yes", "no", "undo")
    believed = await here.half.decide(flow.Join(typed["run"], typed["stay"], typed["say"])) if known else "gone"
    return _back(request, "gone" if believed == "gone" else "done")


@router.post("/learn")
async def learn(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    typed = await _pressed(request, seat, "field", "value", "means")
    if typed is None:
        return _no(request, on)
    if typed["means"] in ("dead", "other"):
        await here.half.store.do(desk.means, here.org, typed["field"], typed["value"], typed["means"])
        await here.half.relearn()
    return _back(request, "done")


# files, and links to print -------------------------------------------------------------------------------------------------


@router.post("/intake")
async def upload(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    """A line list or an ePCR, from the clerk's own machine."""
    session = seat.of(request)
    if session is None or is_foreign(request):
        return _no(request, on)  # before a byte of it was read
    async with here.reading:
        parts = parts_of(await request.body(), request.headers.get("content-type", ""))
        if not hmac.compare_digest(parts.get("csrf", b""), session.csrf.encode()):
            return _no(request, on)
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
    session = seat.of(request)
    if session is None:
        return _no(request, on)
    text = weights_of(here.half.settings).read_text("utf-8")
    return await _tried(request, here, on, session, text)


@router.post("/weights")
async def try_weights(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    session, parts = seat.of(request), parts_of(await request.body(), request.headers.get("content-type", ""))
    if session is None or is_foreign(request) or not hmac.compare_digest(parts.get("csrf", b""), session.csrf.encode()):
        return _no(request, on)
    return await _tried(request, here, on, session, parts.get("rules", b"").decode("utf-8", "replace").replace("\r\n", "\n"))


async def _tried(request: Request, here: Office, on: Pages, session: Session, text: str) -> Response:
    """What these rules would have done to the last 90 days (DECISIONS 39): losses and messages, never people."""
    given: dict[str, object] = {"csrf": session.csrf, "text": text, "file": here.half.settings.weights.name}
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
    if seat.of(request) is None:
        return _no(request, on)
    listed = await here.half.store.do(desk.units, here.org)
    address = here.contacts.address or f"{request.url.scheme}://{request.url.netloc}"
    posters = [(name or unit, hand.screen_of(unit), here.code(unit)) for unit, name in listed]
    return on.show(request, "units.html", posters=posters, address=address.rstrip("/"))
