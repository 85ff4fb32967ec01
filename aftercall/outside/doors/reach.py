"""By which roads a peer wants to be rung, and how long after the first: read and written by their own phone alone."""

from fastapi import APIRouter
from starlette.responses import Response

from aftercall.outside.doors.answers import padded
from aftercall.outside.doors.care import Here
from aftercall.outside.doors.peer import Peer
from aftercall.outside.doors.shapes import ReachForm
from aftercall.outside.store import reach

router = APIRouter(prefix="/care/v1/peer")


@router.get("/roads")
async def read(here: Here, pid: Peer) -> Response:
    """What this phone has set (nothing: the card's number, at once), and which roads this programme can go."""
    mine = (await here.store.do(reach.of, here.settings.programme, (pid,))).get(pid, ())
    return padded({"roads": [way.__dict__ for way in mine], "can": sorted(here.rules.roads)}, 4096)


@router.put("/roads", status_code=204)
async def write(here: Here, pid: Peer, form: ReachForm) -> Response:
    """In place of all that was set before. An empty list: the card's number, at once."""
    await here.store.do(reach.put, here.settings.programme, pid, form.ways())
    return Response(status_code=204)
