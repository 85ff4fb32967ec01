"""By which roads a peer wants to be rung, and how long after the first: read and written by their own phone alone."""

from fastapi import APIRouter
from sqlalchemy.engine import Connection
from starlette.responses import Response

from aftercall.outside.doors.answers import Refused, padded
from aftercall.outside.doors.care import Here
from aftercall.outside.doors.peer import Peer
from aftercall.outside.doors.shapes import ReachForm, TestForm
from aftercall.outside.store import duty, reach

router = APIRouter(prefix="/care/v1/peer")


@router.get("/roads")
async def read(here: Here, pid: Peer) -> Response:
    """What this phone has set (nothing: the card's number, at once), and which roads this programme can go."""
    mine = (await here.store.do(reach.of, here.settings.programme, (pid,))).get(pid, ())
    agreed = await here.store.do(duty.agreed, here.settings.programme, pid)
    told = {
        "roads": [way.__dict__ for way in mine],
        "can": sorted(here.rules.roads),
        "call": here.rules.call,
        "reserve": int(agreed),
    }
    return padded({**told, "push": here.push_key}, 4096)


@router.put("/roads", status_code=204)
async def write(here: Here, pid: Peer, form: ReachForm) -> Response:
    """In place of all that was set before. An empty list: the card's number, at once."""
    await here.store.do(_set, here.settings.programme, pid, form)
    return Response(status_code=204)


@router.post("/test", status_code=204)
async def test(here: Here, pid: Peer, form: TestForm) -> Response:
    """A ring that says "test" goes by this road, now. Its owner says by hand whether it arrived."""
    if not await here.test_by(pid, form.road):
        raise Refused(409, "road", "This road is not set, or its last test was less than a minute ago.")
    return Response(status_code=204)


def _set(conn: Connection, programme: str, pid: str, form: ReachForm) -> None:
    reach.put(conn, programme, pid, form.ways())
    duty.may_come(conn, programme, pid, form.reserve)
