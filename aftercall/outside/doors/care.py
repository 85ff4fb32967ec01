"""The box's door: a dozen calls, no account, no cookie, no address, and one answer for all that isn't yours."""

import hashlib
import json
import time
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from starlette.responses import Response

from aftercall.outside.bell import Ear
from aftercall.outside.doors.answers import Refused, gone, padded
from aftercall.outside.doors.shapes import AskForm, held, patience
from aftercall.outside.flow import Answer, Close, Fetch, Held, Letter, Look, Pass, Spoken, Take
from aftercall.outside.half import Half
from aftercall.outside.road.letter import NotALetter
from aftercall.outside.road.seal import LETTERS
from aftercall.outside.road.wave import shown
from aftercall.outside.road.work import holds
from aftercall.words import b64, utc

router = APIRouter(prefix="/care/v1")
Who = Annotated[Held, Depends(held)]
Wait = Annotated[float, Depends(patience)]


async def half(request: Request) -> Half:
    this: Half = request.app.state.half
    return this


Here = Annotated[Half, Depends(half)]


async def code(here: Here, x_code: Annotated[str, Header()] = "") -> None:
    if not await here.codes.right(x_code):
        raise Refused(403, "code", "These are not the four words of this programme. They stand on the poster. You can call, too.")


async def until_new(ear: Ear, wait: float, seen: str, look: Callable[[], Awaitable[tuple[str, Response]]]) -> Response:
    """Answer at once when there is something new; else hold the call, with no transaction open, until there is or time is up."""
    end = time.monotonic() + wait
    while True:
        tag, answer = await look()
        left = end - time.monotonic()
        if tag != seen or left <= 0:
            return answer
        await ear.wait(left)


@router.get("/directory", dependencies=[Depends(code)])
async def directory(here: Here, if_none_match: Annotated[str, Header()] = "") -> Response:
    """The signed list of peers: the same bytes for everyone."""
    listed = await here.listed()
    tag = f'"{hashlib.sha256(listed).hexdigest()[:32]}"'
    if if_none_match == tag:
        return Response(status_code=304, headers={"ETag": tag})
    return Response(listed, media_type="application/json", headers={"ETag": tag, "Cache-Control": "no-cache"})


@router.post("/box", dependencies=[Depends(code)], status_code=201)
async def ask(here: Here, form: AskForm, x_work: Annotated[str, Header()] = "") -> Response:
    """Somebody asks. The answer comes when the ask is on the disk and the first wave is due."""
    s = here.settings
    if s.work and not holds(s.programme, form.box, s.work, x_work):
        raise Refused(403, "work", "This phone could not do what keeps others from asking a thousand times. Call, please.")
    asked = await here.ask(form.ask(here.clock.now()))
    return gone() if asked is None else padded({"rung": asked.rung, "duty": int(asked.duty), "allied": int(asked.allied)}, 256, 201)


@router.get("/box/state")
async def state(here: Here, who: Who, wait: Wait, x_seen: Annotated[str, Header()] = "") -> Response:
    async def look() -> tuple[str, Response]:
        given = await here.answer(Look(who.box, who.cap))
        if given.box is None:
            return "", gone()
        b = given.box
        word = "lease" if b.leased else "later" if b.standing else b.state
        told = {"state": word, "wave": shown(b), "rung": list(given.rung), "taker": b.holder or None, "lapsed": b.lapsed}
        tag = hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]
        return tag, padded({**told, "tag": tag}, 2048)

    with here.bell.listen(who.box) as ear:
        return await until_new(ear, wait, x_seen or "-", look)


@router.post("/box/m", status_code=204)
async def post_letter(here: Here, who: Who, request: Request) -> Response:
    if not here.settings.chat:
        raise Refused(403, "chat", "Nothing is written here. The colleague who answers calls.")
    try:
        sealed = await body_of(request, max(LETTERS))
        given = await here.answer(Letter(who.box, who.cap, sealed))
    except NotALetter as problem:
        raise Refused(400, "letter", str(problem)) from None
    return plain(given)


@router.get("/box/m")
async def letters(
    here: Here, who: Who, wait: Wait, x_after: Annotated[str, Header()] = "0", x_seen: Annotated[str, Header()] = ""
) -> Response:
    """The other's letters past X-After; those up to it are deleted, for this phone has them."""
    if not x_after.isdecimal() or len(x_after) > 9:
        raise Refused(400, "after", "X-After is the number of the last letter you have; 0 when you have none.")

    known = x_seen

    async def look() -> tuple[str, Response]:
        nonlocal known
        given = await here.answer(Fetch(who.box, who.cap, int(x_after)))
        if given.box is None:
            return "gone", gone()
        word = "lease" if given.box.leased else given.box.state
        known = known or word
        tag = "wait" if not given.letters and word == known != "ended" else "new"
        return tag, padded({"state": word, "letters": [b64(sealed) for sealed in given.letters]}, 8192)

    with here.bell.listen(who.box) as ear:
        return await until_new(ear, wait, "wait", look)


@router.delete("/box", status_code=204)
async def close(here: Here, who: Who) -> Response:
    return plain(await here.answer(Close(who.box, who.cap)))


@router.post("/leave", status_code=204)
async def leave() -> Response:
    """A shared phone is left: its browser clears all that it keeps of this origin, also what our page knows nothing of.

    No GET: another site's picture would empty a phone, open talk and all.
    """
    return Response(status_code=204, headers={"Clear-Site-Data": '"cache", "cookies", "storage"'})


@router.post("/box/take")
async def take(here: Here, who: Who) -> Response:
    """First yes wins."""
    given = await here.answer(Take(who.box, who.cap))
    if given.word == "taken":
        raise Refused(409, "taken", "A colleague was quicker. Thank you for being there.")
    if given.box is None:
        return gone()
    until = "" if given.box.due is None else utc(given.box.due)
    return padded({"contact": b64(given.block) if given.block else "", "until": until}, 1024)


@router.post("/box/pass", status_code=204)
async def pass_on(here: Here, who: Who) -> Response:
    return plain(await here.answer(Pass(who.box, who.cap)))


@router.post("/box/spoken", status_code=204)
async def spoken(here: Here, who: Who) -> Response:
    return plain(await here.answer(Spoken(who.box, who.cap)))


def plain(given: Answer) -> Response:
    if given.word == "gone":
        return gone()
    if given.word == "seq":
        raise Refused(409, "seq", "A letter with this number was sent before.")
    if given.word == "full":
        raise Refused(429, "full", "Many letters wait to be read. Wait a little, or call.")
    return Response(status_code=204)


async def body_of(request: Request, most: int) -> bytes:
    """The body, read no further than it may be long."""
    data = b""
    async for piece in request.stream():
        data += piece
        if len(data) > most:
            raise Refused(413, "size", f"At most {most} bytes.")
    return data
