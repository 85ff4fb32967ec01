"""The peers, as the coordinator keeps them: who is certified, until when, and on duty; a test ring; in by a card that the root has
signed elsewhere, and out again. What peers do in their talks stands on no page."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import segno
from fastapi import APIRouter, Request
from sqlalchemy.engine import Connection
from starlette.responses import Response

from aftercall.outside.doors.care import Here
from aftercall.outside.doors.desk import back, no, pressed
from aftercall.outside.ladder import Rules
from aftercall.outside.road.directory import Entry, entry_from
from aftercall.outside.road.reach import Way
from aftercall.outside.road.seal import Forged
from aftercall.outside.store import duty, peers
from aftercall.pages import Pages, parts_of
from aftercall.signin.doors import Caught, Paper, Seat
from aftercall.signin.reception import PATH, Reception, Seated
from aftercall.words import Moment, print_of, unb64

router = APIRouter(prefix=PATH, include_in_schema=False, route_class=Caught)
CARD = 6000  # bytes; a card with every field full has 2,000
ENROLS = "/peer"


@dataclass(frozen=True)
class Member:
    """`on`: on duty, this duty's test ring answered. It is the same whether they talk, rest or slept (DECISIONS 13)."""

    entry: Entry
    on: bool
    ways: tuple[Way, ...]  # those they are rung by, without the spare

    @property
    def name(self) -> str:
        return str(self.entry.known().get("name") or self.entry.pid)


def _team(conn: Connection, rules: Rules, now: Moment) -> list[Member]:
    entries, there = peers.all_of(conn, rules.programme), duty.there(conn, rules.programme, now)
    ways = rules.ways_of(conn, [one.pid for one in entries])
    team = [Member(one, one.pid in there, tuple(w for w in ways[one.pid] if w.after is not None)) for one in entries]
    return sorted(team, key=lambda one: (one.entry.allied, one.name.casefold(), one.entry.pid))


@router.get("/peers")
async def see(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    seated = await seat.of(request)
    if seated is None:
        return no(request, on, seat)
    return await _shown(request, here, on, seat, seated)


async def _shown(request: Request, here: Here, on: Pages, seat: Reception, seated: Seated, wrong: str = "") -> Response:
    team = await here.store.do(_team, here.rules, here.clock.now())
    return on.show(
        request,
        "peers.html",
        400 if wrong else 200,
        me=seated,
        csrf=seated.csrf,
        fresh=seat.is_fresh(seated),
        options=json.dumps(seat.to_show(f"touch {seated.session.name}")),
        said=request.query_params.get("said", ""),
        wrong=wrong,
        team=team,
        ending={(one.who, one.what) for one in here.planning.ending},
        tests=_of_roads(here.ringing.tests, team),
    )


def _of_roads(tests: Mapping[str, str], team: list[Member]) -> dict[str, str | None]:
    """Of each road that somebody has: what became of the last test ring by it. "" went out, None was not tried since the start."""
    return {road: tests.get(road) for road in sorted({way.road for one in team for way in one.ways})}


@router.get("/peers/invite")
async def invite(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    """To be shown face to face: the address is everybody's, and nothing is let in by it."""
    if await seat.of(request) is None:
        return no(request, on, seat)
    where = f"{seat.site.origin}{ENROLS}"
    square = segno.make(where, error="m", micro=False).svg_data_uri(scale=6, border=4, dark="#000", light="#fff")
    return on.show(request, "invite.html", where=where, square=square, programme=here.settings.programme)


@router.post("/peers/test")
async def ring(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    """A ring that says "test" goes by a road that the peer has set; at most one a minute."""
    if (press := await pressed(request, seat, "who", "road")) is None:
        return no(request, on, seat)
    _, typed = press
    return back(request, "/peers", "rung" if await here.test_by(typed["who"], typed["road"]) else "quiet")


@router.post("/peers/card")
async def look(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    """Whose card that is. Nothing has changed yet."""
    parts = parts_of(await request.body(), request.headers.get("content-type", ""))
    seated = await seat.pressing(request, parts.get("csrf", b"").decode("utf-8", "replace"))
    if seated is None:
        return no(request, on, seat)
    if not seat.is_fresh(seated):
        return back(request, "/peers", "key")
    try:
        entry = _read(parts.get("file", b""), here)
        before = await _newest(entry, here)
    except Forged as problem:
        return await _shown(request, here, on, seat, seated, str(problem))
    return on.show(
        request,
        "card.html",
        csrf=seated.csrf,
        card=json.dumps(asdict(entry), ensure_ascii=False, separators=(",", ":")),
        entry=entry,
        known=entry.known(),
        words=print_of(unb64(entry.idkey)),
        before=before,
    )


@router.post("/peers/admit")
async def admit(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    """In place, after the signature was looked at again: what a form carries can be anything."""
    if (press := await pressed(request, seat, "card", most=CARD)) is None:
        return no(request, on, seat)
    seated, typed = press
    if not seat.is_fresh(seated):
        return back(request, "/peers", "key")
    try:
        entry = _read(typed["card"].encode(), here)
        await _newest(entry, here)
    except Forged as problem:
        return await _shown(request, here, on, seat, seated, str(problem))
    await here.certify(entry, seated.person)
    return back(request, "/peers", "in")


def _read(content: bytes, here: Here) -> Entry:
    """Raises Forged: what is wrong with it, and what to do."""
    if not content:
        raise Forged("no file was chosen: take the one that `aftercall keys certify` wrote, as 1a2b3c4d.json")
    if len(content) > CARD:
        raise Forged(f"a card has at most {CARD} bytes, and this file {len(content)}: that is something else")
    try:
        entry = entry_from(content.decode("utf-8"))
        entry.certified(here.settings.programme, here.root, here.clock.now())
    except ValueError:  # no text, or no base64 in it
        raise Forged("not a peer's file as `aftercall keys certify` writes it") from None
    return entry


async def _newest(entry: Entry, here: Here) -> Entry | None:
    """The card that it takes the place of. Raises Forged where that one is good for longer: an old copy must not win."""
    have = await here.store.do(peers.entry_of, here.settings.programme, entry.pid)
    if have and have.cert_after > entry.cert_after:
        raise Forged(f"this card ends on {entry.cert_after}, and the one in place on {have.cert_after}: this is an old copy of it")
    return have


@router.post("/peers/revoke")
async def revoke(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    """Out of the list, and the phone signed out, at once."""
    if (press := await pressed(request, seat, "who")) is None:
        return no(request, on, seat)
    seated, typed = press
    if not seat.is_fresh(seated):
        return back(request, "/peers", "key")
    return back(request, "/peers", "out" if await here.revoke(typed["who"], seated.person) else "gone")
