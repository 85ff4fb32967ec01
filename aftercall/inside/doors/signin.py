"""In and out of the desk, and who else may come in: passkeys, one-time links shown face to face, one's own sessions."""

import json
import logging
from typing import Annotated

import segno
from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from aftercall.inside.doors import hand
from aftercall.inside.doors.hand import Here, Paper
from aftercall.inside.doors.office import Office
from aftercall.inside.doors.reception import ADD, COOKIE, PATH, REPLACE, Reception, Seated, cookie
from aftercall.inside.pages import Pages, form_of, is_foreign, language_of, onwards
from aftercall.inside.store import seats
from aftercall.signin.passkey import LONGEST
from aftercall.signin.seat import COORDINATOR, ROLES, Person
from aftercall.words import from_day

router = APIRouter(prefix=PATH, include_in_schema=False, route_class=hand.Caught)
log = logging.getLogger("aftercall.inside")
LASTS = seats.LASTS[seats.DESK].total_seconds()
NAME = 60  # letters of a person's name
AGAIN = ("people", "there")
"""Pages that ask for a fresh touch of the passkey, and come back after it."""


def reception(request: Request) -> Reception:
    this: Reception = request.app.state.reception
    return this


Seat = Annotated[Reception, Depends(reception)]


def show(request: Request, on: Pages, seat: Reception, status: int = 200, wrong: str = "") -> Response:
    """The way in. It says nothing of who has a passkey, nor whether anybody has."""
    return on.show(request, "signin.html", status, wrong=wrong, options=json.dumps(seat.to_show("in")))


@router.post("")
async def sign_in(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    if is_foreign(request):
        return hand.gone(request, on)
    if not seat.pace.may(here.now()):
        log.warning("the desk: too many tries in a minute")
        return show(request, on, seat, 429, "slow")
    token = await seat.sign_in((await form_of(request, ("said",), LONGEST))["said"])
    return _seated(request, here, token) if token else show(request, on, seat, 403, "key")


def _seated(request: Request, here: Office, token: str) -> Response:
    return onwards(f"{PATH}?lang={language_of(request)}", cookie(request, here, COOKIE, token, PATH, LASTS))


@router.post("/out")
async def sign_out(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    typed = await form_of(request, ("csrf",))
    if (seated := await seat.pressing(request, typed["csrf"], *ROLES)) is None:
        return show(request, on, seat, 403, "session")
    await seat.note(seated.person, "out")
    await here.half.store.do(seats.end, here.org, seated.session.name)
    return onwards(PATH, cookie(request, here, COOKIE, "", PATH, LASTS))


@router.post("/touch")
async def touch(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    """The passkey once more, for what must not be done by whoever finds the desk open."""
    typed = await form_of(request, ("csrf", "said", "next"), LONGEST)
    seated = await seat.pressing(request, typed["csrf"], *ROLES)
    if seated is None or typed["next"] not in AGAIN:
        return show(request, on, seat, 403, "session")
    done = seat.pace.may(here.now()) and await seat.touch(seated, typed["said"])
    return onwards(f"{PATH}/{typed['next']}?lang={language_of(request)}{'' if done else '&said=key'}")


# a link, once ----------------------------------------------------------------------------------------------------------------


@router.get("/enrol")
async def whose_link(request: Request, on: Paper) -> Response:
    """The link's secret stands behind #: the page puts it into the form. Opening it uses nothing up."""
    return on.show(request, "enrol.html", link=None, wrong="", code="", options="")


@router.post("/enrol")
async def is_it_you(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    if is_foreign(request):
        return hand.gone(request, on)
    return await _offer(request, here, on, seat, (await form_of(request, ("code",)))["code"])


@router.post("/enrol/made")
async def make(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    if is_foreign(request):
        return hand.gone(request, on)
    typed = await form_of(request, ("code", "said"), LONGEST)
    token = await seat.enrol(typed["code"], typed["said"]) if seat.pace.may(here.now()) else ""
    return _seated(request, here, token) if token else await _offer(request, here, on, seat, typed["code"], "key")


async def _offer(request: Request, here: Office, on: Pages, seat: Reception, code: str, wrong: str = "") -> Response:
    link = await seat.invited(code) if code else None
    if link is None:
        return on.show(request, "enrol.html", 404, link=None, wrong="gone", code="", options="")
    options = json.dumps(await seat.to_make(link))
    return on.show(request, "enrol.html", 403 if wrong else 200, link=link, wrong=wrong, code=code, options=options)


def from_the_machine(seat: Reception) -> Route:
    """For the half's own socket: a link for a coordinator, who is named there."""

    async def link(request: Request) -> Response:
        name = str((await request.json()).get("name", "")).strip()[:NAME]
        return JSONResponse({"link": await seat.link_from_the_machine(name)}) if name else JSONResponse({}, 400)

    return Route("/coordinator", link, methods=["POST"])


# who may come in -------------------------------------------------------------------------------------------------------------


@router.get("/people")
async def people(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    seated = await seat.of(request, *ROLES)
    if seated is None:
        return show(request, on, seat, 403, "session")
    mine = await here.half.store.do(seats.of, here.org, seats.DESK, seated.person.who, here.now())
    everybody = await here.half.store.do(seats.people, here.org) if seated.person.role == COORDINATOR else []
    return on.show(
        request,
        "people.html",
        me=seated,
        csrf=seated.csrf,
        sessions=mine,
        people=[(person, many, from_day(used)) for person, many, used in everybody],
        fresh=seated.session.is_fresh(here.now()),
        options=json.dumps(seat.to_show(f"touch {seated.session.name}")),
        said=request.query_params.get("said", ""),
    )


@router.post("/people/end")
async def end(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    """One of one's own sessions, elsewhere or this one."""
    typed = await form_of(request, ("csrf", "session"))
    if (seated := await seat.pressing(request, typed["csrf"], *ROLES)) is None:
        return show(request, on, seat, 403, "session")
    await seat.note(seated.person, "end")
    await here.half.store.do(seats.end, here.org, typed["session"], seated.person.who)
    return _back(request)


@router.post("/people/invite")
async def invite(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    """Somebody new. They stand beside whoever presses this, and scan what it shows."""
    typed = await form_of(request, ("csrf", "name", "role"))
    if (seated := await seat.pressing(request, typed["csrf"])) is None:
        return show(request, on, seat, 403, "session")
    if not seated.session.is_fresh(here.now()):
        return _back(request, "key")
    if not typed["name"] or typed["role"] not in ROLES:
        return _back(request, "name")
    return await _shown(request, on, seat, Person(here.fresh()[:16], typed["name"][:NAME], typed["role"]), ADD, seated)


@router.post("/people/renew")
async def renew(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    """A new phone: the new passkey takes the place of all that person had. For oneself, one more beside them."""
    typed = await form_of(request, ("csrf", "who"))
    if (seated := await seat.pressing(request, typed["csrf"])) is None:
        return show(request, on, seat, 403, "session")
    everybody = await here.half.store.do(seats.people, here.org)
    whose = next((person for person, *_ in everybody if person.who == typed["who"]), None)
    if whose is None or not seated.session.is_fresh(here.now()):
        return _back(request, "gone" if whose is None else "key")
    return await _shown(request, on, seat, whose, ADD if whose == seated.person else REPLACE, seated)


@router.post("/people/remove")
async def remove(request: Request, here: Here, on: Paper, seat: Seat) -> Response:
    typed = await form_of(request, ("csrf", "who"))
    if (seated := await seat.pressing(request, typed["csrf"])) is None:
        return show(request, on, seat, 403, "session")
    if not seated.session.is_fresh(here.now()):
        return _back(request, "key")
    return _back(request, "done" if await seat.remove(typed["who"], seated.person) else "last")


async def _shown(request: Request, on: Pages, seat: Reception, person: Person, why: str, by: Seated) -> Response:
    link = await seat.link(person, why, by.person)
    square = segno.make(link, error="m", micro=False).svg_data_uri(scale=6, border=4, dark="#000", light="#fff")
    return on.show(request, "invited.html", link=link, square=square, person=person, why=why)


def _back(request: Request, said: str = "") -> Response:
    return onwards(f"{PATH}/people?lang={language_of(request)}{said and '&said=' + said}")
