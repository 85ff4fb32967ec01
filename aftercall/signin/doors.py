"""In and out of a desk, and who else may come in: passkeys, one-time links shown face to face, one's own sessions. Of no half."""

import json
import logging
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

import segno
from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.routing import APIRoute
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from aftercall.pages import Pages, form_of, is_foreign, language_of, onwards
from aftercall.signin.passkey import LONGEST
from aftercall.signin.reception import ADD, PATH, REPLACE, Reception, Seated, cookie
from aftercall.signin.seat import Person
from aftercall.signin.seats import DESK
from aftercall.words import from_day

log = logging.getLogger("aftercall")
NAME = 60  # letters of a person's name


class Caught(APIRoute):
    """Whatever fails here, the page says so and shows whom to call; nothing looks as if it had been told."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def caught(request: Request) -> Response:
            try:
                return await answer(request)
            except HTTPException:
                raise
            except Exception as problem:
                log.error("a page failed: %s", type(problem).__name__)
                return pages(request).show(request, "failed.html", 503)

        return caught


def pages(request: Request) -> Pages:
    this: Pages = request.app.state.pages
    return this


router = APIRouter(prefix=PATH, include_in_schema=False, route_class=Caught)


def reception(request: Request) -> Reception:
    this: Reception = request.app.state.reception
    return this


Seat = Annotated[Reception, Depends(reception)]
Paper = Annotated[Pages, Depends(pages)]


def show(request: Request, on: Pages, seat: Reception, status: int = 200, wrong: str = "") -> Response:
    """The way in. It says nothing of who has a passkey, nor whether anybody has."""
    return on.show(request, "signin.html", status, wrong=wrong, options=json.dumps(seat.to_show("in")))


def gone(request: Request, on: Pages) -> Response:
    return on.show(request, "gone.html", 404)


@router.post("")
async def sign_in(request: Request, on: Paper, seat: Seat) -> Response:
    if is_foreign(request):
        return gone(request, on)
    if not seat.pace.may(seat.now()):
        log.warning("a desk: too many tries in a minute")
        return show(request, on, seat, 429, "slow")
    token = await seat.sign_in((await form_of(request, ("said",), LONGEST))["said"])
    return _seated(request, seat, token) if token else show(request, on, seat, 403, "key")


def _seated(request: Request, seat: Reception, token: str) -> Response:
    """ "" for `token`: not any more."""
    room = seat.room
    held = cookie(request, room.address(), room.cookie, token, PATH, room.seats.lasts[DESK].total_seconds())
    return onwards(f"{PATH}?lang={language_of(request)}", held)


@router.post("/out")
async def sign_out(request: Request, on: Paper, seat: Seat) -> Response:
    typed = await form_of(request, ("csrf",))
    if (seated := await seat.pressing(request, typed["csrf"], *seat.room.roles)) is None:
        return show(request, on, seat, 403, "session")
    await seat.note(seated.person, "out")
    await seat.end(seated.session.name, seated.person.who)
    return _seated(request, seat, "")


@router.post("/touch")
async def touch(request: Request, on: Paper, seat: Seat) -> Response:
    """The passkey once more, for what must not be done by whoever finds the desk open."""
    typed = await form_of(request, ("csrf", "said", "next"), LONGEST)
    seated = await seat.pressing(request, typed["csrf"], *seat.room.roles)
    if seated is None or typed["next"] not in seat.room.again:
        return show(request, on, seat, 403, "session")
    done = seat.pace.may(seat.now()) and await seat.touch(seated, typed["said"])
    return onwards(f"{PATH}/{typed['next']}?lang={language_of(request)}{'' if done else '&said=key'}")


# a link, once ----------------------------------------------------------------------------------------------------------------


@router.get("/enrol")
async def whose_link(request: Request, on: Paper) -> Response:
    """The link's secret stands behind #: the page puts it into the form. Opening it uses nothing up."""
    return on.show(request, "enrol.html", link=None, wrong="", code="", options="")


@router.post("/enrol")
async def is_it_you(request: Request, on: Paper, seat: Seat) -> Response:
    if is_foreign(request):
        return gone(request, on)
    return await _offer(request, on, seat, (await form_of(request, ("code",)))["code"])


@router.post("/enrol/made")
async def make(request: Request, on: Paper, seat: Seat) -> Response:
    if is_foreign(request):
        return gone(request, on)
    typed = await form_of(request, ("code", "said"), LONGEST)
    token = await seat.enrol(typed["code"], typed["said"]) if seat.pace.may(seat.now()) else ""
    return _seated(request, seat, token) if token else await _offer(request, on, seat, typed["code"], "key")


async def _offer(request: Request, on: Pages, seat: Reception, code: str, wrong: str = "") -> Response:
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
async def people(request: Request, on: Paper, seat: Seat) -> Response:
    seated = await seat.of(request, *seat.room.roles)
    if seated is None:
        return show(request, on, seat, 403, "session")
    roles = seat.room.roles
    everybody = await seat.people() if seated.person.role == roles[0] else []
    return on.show(
        request,
        "people.html",
        me=seated,
        csrf=seated.csrf,
        roles=roles,
        sessions=await seat.sessions(seated),
        people=[(person, many, from_day(used)) for person, many, used in everybody],
        fresh=seat.is_fresh(seated),
        options=json.dumps(seat.to_show(f"touch {seated.session.name}")),
        said=request.query_params.get("said", ""),
    )


@router.post("/people/end")
async def end(request: Request, on: Paper, seat: Seat) -> Response:
    """One of one's own sessions, elsewhere or this one."""
    typed = await form_of(request, ("csrf", "session"))
    if (seated := await seat.pressing(request, typed["csrf"], *seat.room.roles)) is None:
        return show(request, on, seat, 403, "session")
    await seat.note(seated.person, "end")
    await seat.end(typed["session"], seated.person.who)
    return _back(request)


@router.post("/people/invite")
async def invite(request: Request, on: Paper, seat: Seat) -> Response:
    """Somebody new. They stand beside whoever presses this, and scan what it shows."""
    typed = await form_of(request, ("csrf", "name", "role"))
    if (seated := await seat.pressing(request, typed["csrf"])) is None:
        return show(request, on, seat, 403, "session")
    if not seat.is_fresh(seated):
        return _back(request, "key")
    if not typed["name"] or typed["role"] not in seat.room.roles:
        return _back(request, "name")
    return await _shown(request, on, seat, seat.somebody(typed["name"][:NAME], typed["role"]), ADD, seated)


@router.post("/people/renew")
async def renew(request: Request, on: Paper, seat: Seat) -> Response:
    """A new phone: the new passkey takes the place of all that person had. For oneself, one more beside them."""
    typed = await form_of(request, ("csrf", "who"))
    if (seated := await seat.pressing(request, typed["csrf"])) is None:
        return show(request, on, seat, 403, "session")
    everybody = await seat.people()
    whose = next((person for person, *_ in everybody if person.who == typed["who"]), None)
    if whose is None or not seat.is_fresh(seated):
        return _back(request, "gone" if whose is None else "key")
    return await _shown(request, on, seat, whose, ADD if whose == seated.person else REPLACE, seated)


@router.post("/people/remove")
async def remove(request: Request, on: Paper, seat: Seat) -> Response:
    typed = await form_of(request, ("csrf", "who"))
    if (seated := await seat.pressing(request, typed["csrf"])) is None:
        return show(request, on, seat, 403, "session")
    if not seat.is_fresh(seated):
        return _back(request, "key")
    return _back(request, "done" if await seat.remove(typed["who"], seated.person) else "last")


async def _shown(request: Request, on: Pages, seat: Reception, person: Person, why: str, by: Seated) -> Response:
    link = await seat.link(person, why, by.person)
    square = segno.make(link, error="m", micro=False).svg_data_uri(scale=6, border=4, dark="#000", light="#fff")
    return on.show(request, "invited.html", link=link, square=square, person=person, why=why)


def _back(request: Request, said: str = "") -> Response:
    return onwards(f"{PATH}/people?lang={language_of(request)}{said and '&said=' + said}")
