"""The coordinator hands in lists of staff, units and rota: first what they would change, then the press, and a day to go back."""

import hmac

from fastapi import APIRouter, Request
from starlette.responses import Response

from aftercall.inside.doors import hand, signin
from aftercall.inside.doors.hand import Here, Paper
from aftercall.inside.doors.intake import parts_of
from aftercall.inside.doors.office import Office
from aftercall.inside.doors.reception import PATH, Seated
from aftercall.inside.doors.signin import Seat
from aftercall.inside.incoming import Changed, Incoming, Looking
from aftercall.inside.pages import Pages, address, form_of, is_foreign, onwards
from aftercall.inside.store import desk
from aftercall.rota.rows import MOST, BadList

router = APIRouter(prefix=f"{PATH}/lists", include_in_schema=False, route_class=hand.Caught)
BOTH = MOST + MOST // 8  # bytes of a form with all lists
READ = 128 * 1024 * 1024  # of a longer one so much is let go by, so that the browser shows what is wrong
SOON = 1.0  # seconds in which most lists are read; a longer one has a page that says how far it is
LARGER = {f"{PATH}/lists/look": READ}


def _incoming(request: Request) -> Incoming:
    this: Incoming = request.app.state.incoming
    return this


@router.get("")
async def lists(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    seated = await seat.of(request)
    if seated is None:
        return signin.show(request, on, seat, 403, "session")
    return await _shown(request, here, on, seated)


async def _shown(request: Request, here: Office, on: Pages, me: Seated, status: int = 200, **given: object) -> Response:
    incoming, s = _incoming(request), here.half.settings
    count = await here.half.store.do(desk.listed, here.org)
    more = {"name": "", "found": (), "wrong": "", **given}
    files = {"staff": s.staff, "units": s.units, "rota": s.rota}
    return on.show(
        request, "lists.html", status, csrf=me.csrf, takes=incoming.takes(), count=count, last=incoming.last(), files=files,
        said=request.query_params.get("said", ""), names=await hand.names(here), bad=here.half.bad_list, **more,
    )  # fmt: skip


@router.post("/look")
async def look(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    """What these files would change; nothing changes by it."""
    seated = await seat.of(request)
    if seated is None or is_foreign(request):
        return signin.show(request, on, seat, 403, "session")  # before a byte of it was read
    async with here.reading:
        body = await _body(request)
        if body is None:
            return await _shown(request, here, on, seated, 413, wrong=f"more than {MOST >> 20} MB; leave out what is over")
        parts = parts_of(body, request.headers.get("content-type", ""))
        if not hmac.compare_digest(parts.get("csrf", b""), seated.csrf.encode()):
            return signin.show(request, on, seat, 403, "session")
        incoming = _incoming(request)
        given = {which: parts[which] for which in incoming.takes() if parts.get(which)}
        if not given:
            return await _shown(request, here, on, seated, 400, wrong="no file came; choose a list of staff, of units, or a rota")
        looking = incoming.look(given)
    if await looking.done(SOON):
        return await _found(request, here, on, seated, looking)
    return onwards(address(request, f"{PATH}/lists/looked/{looking.name}"))


@router.get("/looked/{name}")
async def looked(request: Request, here: Here, on: Paper, seat: Seat, name: str) -> Response:
    """How far the reading of a long list is; then what it would change. A browser asks again by itself."""
    seated = await seat.of(request)
    if seated is None:
        return signin.show(request, on, seat, 403, "session")
    looking = _incoming(request).looking(name)
    if looking is None:
        return onwards(address(request, f"{PATH}/lists", said="gone"))
    if await looking.done(0):
        return await _found(request, here, on, seated, looking)
    answer = on.show(request, "reading.html", far=round(looking.far * 100))
    answer.headers["Refresh"] = "1"
    return answer


async def _found(request: Request, here: Office, on: Pages, me: Seated, looking: Looking) -> Response:
    try:
        return await _shown(request, here, on, me, name=looking.name, found=looking.found.result())
    except BadList as problem:
        return await _shown(request, here, on, me, 422, wrong=str(problem))


async def _body(request: Request) -> bytes | None:
    """None where it is longer than the lists may be; then nothing of it is kept."""
    kept, read = list[bytes](), 0
    async for piece in request.stream():
        read += len(piece)
        if read <= BOTH:
            kept.append(piece)
        else:
            kept.clear()
    return b"".join(kept) if read <= BOTH else None


@router.post("/put")
async def put(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    typed = await form_of(request, ("csrf", "name"))
    if (seated := await seat.pressing(request, typed["csrf"])) is None:
        return signin.show(request, on, seat, 403, "session")
    await seat.note(seated.person, "lists")
    try:
        await _incoming(request).put(typed["name"], seated.person.name)
    except Changed:
        return onwards(address(request, f"{PATH}/lists", said="gone"))
    except BadList as problem:
        return await _shown(request, here, on, seated, 422, wrong=str(problem))
    return onwards(address(request, f"{PATH}/lists", said="put"))


@router.post("/back")
async def back(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    typed = await form_of(request, ("csrf",))
    if (seated := await seat.pressing(request, typed["csrf"])) is None:
        return signin.show(request, on, seat, 403, "session")
    await seat.note(seated.person, "lists back")
    try:
        await _incoming(request).take_back()
    except Changed:
        return onwards(address(request, f"{PATH}/lists", said="over"))
    except BadList as problem:
        return await _shown(request, here, on, seated, 422, wrong=str(problem))
    return onwards(address(request, f"{PATH}/lists", said="back"))
