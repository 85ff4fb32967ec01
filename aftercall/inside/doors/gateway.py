"""The one word this side knows: STOP. Any other is dropped unread, unlogged, and answered with one fixed text."""

import hmac
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.responses import JSONResponse, Response

from aftercall.inside.half import ELSEWHERE, Half

router = APIRouter(prefix="/inside/v1")
STOP = frozenset({"stop", "acha", "simama", "arret", "arrêt", "alto"})
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
async def inbound(here: Here, token: str, reply: Reply) -> Response:
    wanted = here.settings.inbound_token
    if not wanted or not hmac.compare_digest(token.encode(), wanted.open().encode()):
        return JSONResponse({"error": "gone"}, 404)
    if reply.text.strip().lower().rstrip(".!") in STOP:
        return JSONResponse({"reply": await here.stop(reply.sender)})
    return JSONResponse({"reply": ELSEWHERE})


@router.get("/health")
async def health(here: Here) -> Response:
    """Does the database answer?"""
    await here.store.do(lambda conn: conn.exec_driver_sql("SELECT 1"))
    return JSONResponse({"ok": True})
