"""A report of any feed as a file: read, kept without its content, and answered after the commit."""

import asyncio
import hmac
import logging
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from aftercall.config import Inside
from aftercall.inside.doors.hand import Here
from aftercall.inside.doors.office import Office
from aftercall.inside.feeds import nemsis, schema
from aftercall.inside.road.notice import Listed, Unread
from aftercall.pages import parts_of as parts_of

router = APIRouter(prefix="/inside/v1")
log = logging.getLogger("aftercall.inside")

LARGEST = 16 * 1024 * 1024  # bytes of a report
LARGER = {"/inside/v1/intake/": LARGEST + 4096, "/desk/intake": LARGEST + 4096}  # for the door, which else takes 128 kB
OURS = "It could not be kept. Nothing was lost if you send it again."


@dataclass(frozen=True)
class Heard:
    """What became of one message of a report: nothing in it is the patient's."""

    state: str  # "none" | "suspected" | "confirmed" | "held" | "withdrawn" | "refused" | "listed"
    kind: str
    problem: Unread | None = None
    listed: Listed | None = None

    def plain(self) -> dict[str, object]:
        p, crew = self.problem, self.listed
        said = {"state": self.state, "kind": self.kind, "problem": p and {"code": p.code, "where": p.where, "say": p.text}}
        return said | ({"people": crew.people, "known": crew.known} if crew else {})


async def hear(office: Office, body: bytes) -> list[Heard]:
    """Read and keep it. A large one does not keep the others waiting."""
    heard, believed = await office.half.take_in(body)
    return [
        Heard(state, one.kind, one if isinstance(one, Unread) else None, one if isinstance(one, Listed) else None)
        for state, one in zip(believed, heard, strict=True)
    ]


async def unfit(settings: Inside, body: bytes) -> tuple[str, ...] | None:
    """What in an ambulance file isn't as the schema has it: no gate, and no value. None where nothing was looked for."""
    if not settings.xsd or not (nemsis.is_report(body) or nemsis.is_crew_list(body)):
        return None
    return await asyncio.to_thread(schema.report, body, Path(settings.xsd))


def gone() -> Response:
    """What this half's doors for machines say to whoever may not: the same as where there is no door."""
    return JSONResponse({"error": "gone"}, 404)


@router.post("/intake/{token}")
async def intake(request: Request, here: Here, token: str) -> Response:
    """The body is the file as it is. 200 when at least one message in it was heard, 422 when all were refused."""
    wanted = here.half.settings.intake_token
    if not wanted or not hmac.compare_digest(token.encode(), wanted.open().encode()):
        return gone()  # before a byte of it was read
    async with here.reading:
        try:
            heard = await hear(here, await request.body())
        except Exception as problem:
            log.error("a report could not be kept: %s", type(problem).__name__)
            return JSONResponse({"error": "ours", "say": OURS}, 500)
    return JSONResponse([one.plain() for one in heard], 422 if all_refused(heard) else 200)


def all_refused(heard: list[Heard]) -> bool:
    return bool(heard) and all(one.state == "refused" for one in heard)
