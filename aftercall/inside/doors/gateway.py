"""The one word this side knows: STOP. Any other is dropped unread, unlogged, and answered with one fixed text."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.responses import JSONResponse, Response

from aftercall.inside.doors.intake import gone
from aftercall.inside.doors.office import Office
from aftercall.inside.half import ELSEWHERE, Half
from aftercall.send.heard import MOST, STOP, Text, Unheard, bare, is_ours, number_of, text_in
from aftercall.send.heard import reply as reply_by
from aftercall.words import day

router = APIRouter(prefix="/inside/v1")
Short = Annotated[str, StringConstraints(max_length=500)]


class Reply(BaseModel):
    """A text message that came back: from whom, and its text."""

    model_config = ConfigDict(populate_by_name=True, hide_input_in_errors=True)
    sender: Short
    text: Short


def half(request: Request) -> Half:
    this: Half = request.app.state.half
    return this


Here = Annotated[Half, Depends(half)]


@router.post("/inbound/{token}")
async def inbound(here: Here, token: str, reply: Reply, request: Request) -> Response:
    """From a gateway of one's own; the others, each in its own form, under its own name below."""
    if not is_ours(here.settings, token):
        return gone()
    return JSONResponse({"reply": await _said(here, _office(request), Text(reply.sender, reply.text))})


@router.post("/inbound/{token}/{provider}")
async def inbound_from(here: Here, token: str, provider: str, request: Request) -> Response:
    body = await request.body() if is_ours(here.settings, token) else b""
    try:
        if not body or len(body) > MOST:
            raise Unheard
        came = text_in(provider, here.settings, request.url.path, request.headers, body)
    except Unheard:
        return gone()
    said = await _said(here, _office(request), came)
    answer = reply_by(provider, said)
    if answer is None:
        _office(request).answer(came.sender, said)
        return Response("")
    return Response(answer[0], media_type=answer[1])


async def _said(here: Half, office: Office, came: Text) -> str:
    """STOP from a number, however it is written, or from an address; any other word is dropped here."""
    sender = number_of(came.sender, here.settings.country) or came.sender
    if "".join(bare(came.text)) in STOP:
        return await here.stop(sender)
    return ELSEWHERE if office.few.may(sender, day(here.clock.now())) else ""


def _office(request: Request) -> Office:
    this: Office = request.app.state.office
    return this
