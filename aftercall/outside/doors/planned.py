"""Duties to come and the hours that are missing, to be read; and how many peers a programme needs."""

from argparse import ArgumentTypeError

from fastapi import APIRouter, Request
from starlette.responses import Response

from aftercall.capacity import KNOWN, Load, positive, share
from aftercall.outside.doors.care import Here
from aftercall.outside.doors.desk import no
from aftercall.outside.road.duty import AHEAD, HOUR
from aftercall.outside.rota import rota_files
from aftercall.outside.store import duty, peers, turns
from aftercall.pages import number_of
from aftercall.signin.doors import Caught, Paper, Seat
from aftercall.signin.reception import PATH

router = APIRouter(prefix=PATH, include_in_schema=False, route_class=Caught)
ON_A_PAGE = 100
USUAL = {"deaths": "1", "team": "6", "accept": "10%", "contacts": "2", "minutes": "30", "hours": "3"}


@router.get("/rota")
async def rota(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    """The next fourteen days, as the rota's files and the peers' own pages have them."""
    if await seat.of(request) is None:
        return no(request, on, seat)
    s, now = here.settings, here.clock.now()
    coming = [one for one in await here.store.do(turns.to_come, s.programme, now) if one.begins < now + AHEAD]
    named = {one.pid: str(one.known().get("name") or one.pid) for one in await here.store.do(peers.all_of, s.programme)}
    sheet, sheets = number_of(request.query_params.get("page", "")), -(-len(coming) // ON_A_PAGE)
    first = (min(sheet, max(1, sheets)) - 1) * ON_A_PAGE
    return on.show(
        request,
        "duties.html",
        turns=sorted(coming, key=lambda one: (one.begins, one.pid))[first : first + ON_A_PAGE],
        names=named,
        page=first // ON_A_PAGE + 1,
        pages=sheets,
        gaps=[(begins, ends, (ends - begins) // HOUR) for begins, ends in await here.store.do(duty.gaps, s.programme, now)],
        problem=here.planning.problem,
        files=[file.name for file in rota_files(s.data / "rota")],
        folder=s.data / "rota",
        zone=s.zone,
    )


@router.get("/needed")
async def needed(request: Request, on: Paper, seat: Seat) -> Response:
    """A sum over what is typed; nothing is kept."""
    if await seat.of(request) is None:
        return no(request, on, seat)
    typed = {name: request.query_params.get(name, usual).strip()[:20] for name, usual in USUAL.items()}
    figures, wrong = dict[str, float](), dict[str, str]()
    for name, text in typed.items():
        try:
            figures[name] = (share if name == "accept" else positive)(text)
        except ArgumentTypeError as problem:
            wrong[name] = str(problem)
    load = None if wrong else Load(**figures)
    return on.show(
        request, "needed.html", 400 if wrong else 200, typed=typed, wrong=wrong, load=load, known=[Load(*one) for one in KNOWN]
    )
