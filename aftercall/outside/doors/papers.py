"""The door to what is to be read in peace: the sheet. It takes no question, only a language."""

import json
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from aftercall.config import Outside
from aftercall.outside.confirmed import stands_apart
from aftercall.outside.doors.answers import Refused
from aftercall.outside.doors.care import Here
from aftercall.outside.half import Half
from aftercall.outside.papers import Papers, packed
from aftercall.outside.road.sheet import EPSILON, FIGURES, Sheet, read, within
from aftercall.places import pack
from aftercall.words import b64, print_of

router = APIRouter()
WIDE = 320  # of the drawing


def papers_of(s: Outside, root: bytes) -> Papers:
    """Raises NoPlace."""
    same = {"legal_name": s.legal_name or s.run_by, "neutral": s.neutral, "chat": s.chat}
    return Papers(programme=s.name, host_name=s.run_by, root_print=print_of(root), law=pack(s.place) if s.place else None, **same)


def about_of(s: Outside, root: bytes) -> dict[str, object]:
    """The settings that stand on the pages, so that a page can be made anew elsewhere and compared byte for byte."""
    names = ("programme", "name", "run_by", "legal_name", "neutral", "place", "chat", "duty_tel", "lines", "cover", "rest", "hours")
    number = s.care_number if s.inbound_token else ""
    return {name: getattr(s, name) for name in names} | {"care_number": number, "root": b64(root)}


def papers(request: Request) -> Papers:
    this: Papers = request.app.state.papers
    return this


def no_question(request: Request) -> None:
    """No unit, day, period or filter: an address with a question to it is no address here."""
    if set(request.query_params) - {"lang"}:
        raise Refused(404, "gone", "")


On = Annotated[Papers, Depends(papers)]


@dataclass(frozen=True)
class Bar:
    """One figure as it is drawn. `value` None: fewer than 10, of which the band alone is drawn."""

    name: str
    value: int | None
    low: int
    at: int
    high: int


def _drawn(sheet: Sheet) -> dict[str, object]:
    values = {name: getattr(sheet, name) for name in FIGURES}
    top = -(-max((v or 10) + sheet.within for v in values.values()) // 10) * 10

    def x(n: int) -> int:
        return WIDE * max(0, min(n, top)) // top

    bars = [Bar(n, v, x((v or 0) - sheet.within), x(v or 0), x((v or 10) + sheet.within)) for n, v in values.items()]
    return {"begins": sheet.begins, "ends": sheet.ends, "peers": sheet.peers, "top": top, "bars": bars}


@router.get("/honest", include_in_schema=False, dependencies=[Depends(no_question)])
async def honest(here: Here, on: On, request: Request) -> Response:
    """Who runs this, what they could do, and what nobody can promise."""
    return on.show(request, "honest.html", apart=_apart(here))


def _apart(here: Half) -> bool:
    return stands_apart(here.settings.data, here.clock.now().date())


@router.get("/sheet", include_in_schema=False, dependencies=[Depends(no_question)])
async def sheet(here: Here, on: On, request: Request) -> Response:
    """The quarterly sheet, all that were published, the newest first."""
    sheets = [_drawn(read(signed)) for signed in await here.sheets()]
    period = here.rules.counting.period(here.clock.now().date())
    return on.show(
        request, "sheet.html", sheets=sheets, counts=period is not None, ends=period and period.ends, within=within(),
        epsilon="{}/{}".format(*EPSILON),
    )  # fmt: skip


@router.get("/care/v1/sheet", dependencies=[Depends(no_question)])
async def signed_sheets(here: Here, request: Request) -> Response:
    """The same as data: each sheet's text, and the steward's signature over it."""
    sheets = [json.loads(signed) for signed in await here.sheets()]
    return packed(request, json.dumps({"sheets": sheets}).encode(), "application/json")


@router.get("/care/v1/about", dependencies=[Depends(no_question)])
async def about(here: Here, request: Request) -> Response:
    """What the pages say of this server, as data: for `aftercall verify`."""
    return packed(request, json.dumps(about_of(here.settings, here.root) | {"apart": _apart(here)}).encode(), "application/json")


@router.get("/paper/paper.css", include_in_schema=False)
async def style(on: On, request: Request) -> Response:
    return on.style(request)
