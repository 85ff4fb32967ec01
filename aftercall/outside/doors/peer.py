"""The peers' door: signed in by the key that only their phone has, on duty when they say so, rung when it is their turn."""

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Header
from starlette.responses import Response

from aftercall.outside.company import PAGES
from aftercall.outside.doors.answers import Refused, padded
from aftercall.outside.doors.care import Here, Wait, until_new
from aftercall.outside.doors.shapes import DutyForm, GatherForm, KeyForm, LoginForm, RestForm, TurnForm
from aftercall.outside.road.directory import expired, login_bytes
from aftercall.outside.road.duty import GATHER, LONGEST, Turn
from aftercall.outside.road.seal import Forged, check
from aftercall.outside.store import boxes, duty, peers, turns
from aftercall.words import Moment, b64, from_utc, unb64, utc

router = APIRouter(prefix="/care/v1/peer")
FRESH = 120  # seconds a challenge is good
MONTH = timedelta(days=32)


async def signed_in(here: Here, x_peer: Annotated[str, Header()] = "") -> str:
    pid = await here.store.do(peers.signed_in, here.settings.programme, x_peer, here.clock.now())
    if pid is None:
        raise Refused(401, "sign-in", "Unlock your page again.")
    return pid


Peer = Annotated[str, Depends(signed_in)]


@router.post("/challenge")
async def challenge(here: Here) -> Response:
    """A text to sign, good for two minutes and for this run of the server alone."""
    at = int(here.clock.now().timestamp())
    return padded({"challenge": f"{at}.{_mac(here.secret, at)}"}, 256)


@router.post("/login")
async def login(here: Here, form: LoginForm) -> Response:
    """A session for the phone that holds this peer's identity key."""
    at, _, mac = form.challenge.partition(".")
    now = here.clock.now()
    fresh = (
        at.isdecimal()
        and len(at) < 12
        and abs(now.timestamp() - int(at)) <= FRESH
        and hmac.compare_digest(mac.encode(), _mac(here.secret, int(at)).encode())
    )
    entry = await here.entry_of(form.pid) if fresh else None
    try:
        if entry is None:
            raise Forged("login")
        check(unb64(entry.idkey), form.sig, login_bytes(here.settings.programme, form.pid, form.challenge), "login")
    except Forged:
        raise Refused(401, "sign-in", "This phone is not certified here yet, or the call was too old. Try again.") from None
    token = b64(here.rand(24))
    ends = await here.store.do(peers.sign_in, here.settings.programme, form.pid, token, now)
    return padded({"token": token, "until": utc(ends)}, 256)


@router.post("/duty", status_code=204)
async def on_or_off(here: Here, pid: Peer, form: DutyForm) -> Response:
    """On duty until a time, or off. A sealing key that would run out before the end of the duty is refused."""
    now, programme = here.clock.now(), here.settings.programme
    if not form.on:
        await here.store.do(duty.end, programme, pid, now)
    else:
        until = _moment(form.until)
        if until is None or not now < until <= now + LONGEST:
            raise Refused(400, "until", "A duty ends within 16 hours from now; give the time as 2026-11-23T06:00:00Z.")
        entry = await here.store.do(peers.entry_of, programme, pid)
        if entry is None or expired(entry.kem_after, until):
            raise Refused(
                409, "key", "Your sealing key ends before this duty does; open your page once so that it makes a new one."
            )
        await here.store.do(duty.begin, programme, pid, until, here.rules.roads_of, now)
    here.duty_moved()
    return Response(status_code=204)


@router.post("/rest", status_code=204)
async def rest(here: Here, pid: Peer, form: RestForm) -> Response:
    """Others are rung first until that time; kept as a whole hour, without a reason. Nothing given: no longer."""
    now, until = here.clock.now(), _moment(form.until)
    if form.until and (until is None or not now < until <= now + MONTH):
        raise Refused(400, "until", "A rest ends within 32 days from now; give the time as 2026-12-01T00:00:00Z.")
    await here.store.do(duty.rest, here.settings.programme, pid, until)
    here.bell.ring(PAGES)
    return Response(status_code=204)


@router.post("/gather", status_code=204)
async def gather(here: Here, pid: Peer, form: GatherForm) -> Response:
    """Others may come to a talk for several until that time. Nothing given: no longer."""
    now, until = here.clock.now(), _moment(form.until)
    if form.until and (until is None or not now < until <= now + GATHER):
        raise Refused(400, "until", "Others may come for 90 minutes at most; give the time as 2026-11-23T06:00:00Z.")
    if not await here.store.do(duty.gather, here.settings.programme, pid, until, now):
        raise Refused(409, "duty", "Go on duty first: only then others can come to you.")
    here.bell.ring(PAGES)
    return Response(status_code=204)


@router.get("/turns")
async def standing(here: Here, pid: Peer) -> Response:
    """My standing duties that are not over."""
    mine = await here.store.do(turns.of, here.settings.programme, pid, here.clock.now())
    told = [{"begins": utc(t.begins), "ends": utc(t.ends), "own": int(t.own), "on": int(not t.off)} for t in mine]
    return padded({"turns": told}, 4096)


@router.post("/turn", status_code=204)
async def turn(here: Here, pid: Peer, form: TurnForm) -> Response:
    """One standing duty more, or one that I can't do."""
    now, begins, ends = here.clock.now(), _moment(form.begins), _moment(form.ends)
    if begins is None or not now - LONGEST < begins < now + MONTH:
        raise Refused(400, "begins", "A duty begins within 32 days from now; give the time as 2026-11-23T06:00:00Z.")
    if not form.on:
        await here.store.do(turns.cant, here.settings.programme, pid, begins)
    elif ends is None or not begins < ends <= begins + LONGEST or ends <= now:
        raise Refused(400, "ends", "A duty ends within 16 hours after it begins; give the time as 2026-11-23T14:00:00Z.")
    elif not await here.store.do(turns.put, here.settings.programme, Turn(pid, begins, ends), now):
        raise Refused(409, "many", f"There are {turns.MOST} already; take one away first.")
    here.duty_moved()
    return Response(status_code=204)


@router.get("/pages")
async def pages(
    here: Here, pid: Peer, wait: Wait, x_seen: Annotated[str, Header()] = "", x_mail: Annotated[str, Header()] = ""
) -> Response:
    """My sealed copies of boxes that ring for me and that nobody holds now. To ask for them answers this duty's test ring.

    With X-Mail also the boxes that I hold, and where letters wait: one held call in place of one for each of twelve.
    """

    async def look() -> tuple[str, Response]:
        now, programme = here.clock.now(), here.settings.programme
        if await here.store.do(duty.heard, programme, pid, now):
            here.duty_moved()
        said = await here.store.do(duty.said, programme, pid, now)
        mine = await here.store.do(boxes.for_peer, programme, pid, said.until is not None)
        told: dict[str, object] = {
            "duty": {
                "on": int(said.until is not None),
                "until": utc(said.until) if said.until else "",
                "rest": utc(said.rest) if said.rest else "",
                "turn": utc(said.turn.ends) if said.turn else "",
            },
            "pages": [{"box": page.box, "ct": b64(page.ct), "turn": int(page.in_turn)} for page in mine],
        }
        if x_mail:
            told["mail"] = await here.store.do(boxes.mail, programme, pid)
        tag = hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]
        return tag, padded({**told, "tag": tag}, 4096)

    with here.bell.listen(PAGES) as ear:
        return await until_new(ear, wait, x_seen or "-", look)


@router.put("/key", status_code=204)
async def key(here: Here, pid: Peer, form: KeyForm) -> Response:
    try:
        await here.renew(pid, form.kem, form.kem_after, form.kem_sig)
    except (Forged, ValueError) as problem:
        raise Refused(400, "key", str(problem)) from None
    return Response(status_code=204)


def _mac(secret: bytes, at: int) -> str:
    return hmac.new(secret, str(at).encode(), "sha256").hexdigest()[:32]


def _moment(text: str) -> Moment | None:
    try:
        return from_utc(text)
    except (ValueError, OverflowError):  # the first and the last day there is have no UTC in every zone
        return None
