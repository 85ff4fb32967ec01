"""A loss told without any feed: the unit's screen, and a colleague's word. The pages ask for a unit and a time, and for no name."""

import logging
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from aftercall.inside.doors.office import Office
from aftercall.inside.pages import Pages, form_of, is_foreign, language_of, onwards
from aftercall.inside.road.report import is_code, time_told
from aftercall.inside.store import desk
from aftercall.signin.doors import Caught as Caught
from aftercall.signin.doors import Paper as Paper
from aftercall.signin.doors import gone as gone
from aftercall.signin.doors import pages as pages
from aftercall.words import Moment

log = logging.getLogger("aftercall.inside")
FACTS = {"yes": "expected"}
WORDS = {"/tell": "loss", "/tell/there": "there", "/tell/me": "me"}
DIGITS = 40  # no patient's number is longer


router = APIRouter(include_in_schema=False, route_class=Caught)


def office(request: Request) -> Office:
    this: Office = request.app.state.office
    return this


Here = Annotated[Office, Depends(office)]


@router.get("/hand/{name}")
async def file(request: Request, on: Paper, name: str) -> Response:
    return on.file(request, name) or gone(request, on)


# the unit's screen ---------------------------------------------------------------------------------------------------------


@router.get("/unit/{unit:path}")
async def unit_screen(request: Request, here: Here, on: Paper, unit: str) -> Response:
    name = (await names(here)).get(unit)
    return gone(request, on) if name is None else _screen(request, here, on, name)


def _screen(request: Request, here: Office, on: Pages, name: str, wrong: str = "", **typed: str) -> Response:
    status = {"": 200, "code": 403}.get(wrong, 400)
    return on.show(request, "unit.html", status, name=name, wrong=wrong, typed={"form": here.fresh(), **typed})


@router.post("/unit/{unit:path}")
async def tell_at_once(request: Request, here: Here, on: Paper, unit: str) -> Response:
    name = (await names(here)).get(unit)
    if name is None or is_foreign(request):
        return gone(request, on)
    typed = await form_of(request, ("form", "code", "when", "time", "number", "expected"))
    died = _died(here, typed)
    wrong = died if isinstance(died, str) else ""
    if not is_code(typed.pop("code"), here.code(unit)):
        wrong = "code"
    if wrong or isinstance(died, str):
        return _screen(request, here, on, name, wrong, **typed)
    form = typed["form"] if _is_form(typed["form"]) else here.fresh()
    await here.tell(form, unit, died, typed["number"][:DIGITS], FACTS.get(typed["expected"], ""))
    return onwards(f"/told/{form}?lang={language_of(request)}")


@router.get("/told/{form}")
async def what_became_of_it(request: Request, here: Here, on: Paper, form: str) -> Response:
    """Whoever has this address pressed the button, or stands before the same screen."""
    noted = await here.noted(form)
    if noted is None:
        return gone(request, on)
    name = (await names(here)).get(noted.unit, noted.unit)
    return on.show(request, "told.html", noted=noted, name=name, again=screen_of(noted.unit), form=form)


@router.post("/told/{form}")
async def that_was_a_mistake(request: Request, here: Here, on: Paper, form: str) -> Response:
    if is_foreign(request) or not await here.take_back(form):
        return gone(request, on)
    return onwards(f"/told/{quote(form)}?lang={language_of(request)}")


# a colleague's word --------------------------------------------------------------------------------------------------------


@router.get("/tell")
async def word(request: Request, here: Here, on: Paper) -> Response:
    return await _word(request, here, on)


@router.post("/tell")
@router.post("/tell/there")
@router.post("/tell/me")
async def ask_who_it_is(request: Request, here: Here, on: Paper) -> Response:
    """The same answer whoever's badge that is, and whether it is anybody's."""
    if is_foreign(request):
        return gone(request, on)
    typed = await form_of(request, ("unit", "when", "time", "badge", "them"))
    what, died = WORDS[request.url.path], _died(here, typed)
    if isinstance(died, str):
        return await _word(request, here, on, died, what, typed)
    if typed["unit"] not in await names(here):
        return await _word(request, here, on, "unit", what, typed)
    if not typed["badge"] or (what == "there" and not typed["them"]):
        return await _word(request, here, on, "badge", what, typed)
    if not here.ask(typed["badge"], what, typed["unit"], died, typed["them"]):
        return on.show(request, "asked.html", 503, full=True)
    return on.show(request, "asked.html", full=False)


async def _word(
    request: Request, here: Office, on: Pages, wrong: str = "", what: str = "loss", typed: dict[str, str] | None = None
) -> Response:
    listed = await here.half.store.do(desk.units, here.org)
    given = {"units": listed, "wrong": wrong, "what": what, "typed": typed or {}, "links": bool(here.contacts.address)}
    return on.show(request, "tell.html", 400 if wrong else 200, **given)


@router.get("/tell/{token}")
async def is_it_you(request: Request, here: Here, on: Paper, token: str) -> Response:
    """Opening the link confirms nothing: a phone's preview, or a mail scanner, opens links too."""
    one = await here.link(token)
    if one is None or one.state == "no":
        return gone(request, on)
    name = (await names(here)).get(one.unit, one.unit)
    return on.show(request, "proof.html", report=one, name=name)


@router.post("/tell/{token}")
async def it_is_me(request: Request, here: Here, on: Paper, token: str) -> Response:
    if is_foreign(request) or await here.link(token) is None:
        return gone(request, on)
    one, cared = await here.prove(token)
    return on.show(request, "proved.html", what=one.what if one else "", cared=cared)


def screen_of(unit: str) -> str:
    """The path of that unit's screen."""
    return f"/unit/{quote(unit)}"


async def names(here: Office) -> dict[str, str]:
    return {unit: name or unit for unit, name in await here.half.store.do(desk.units, here.org)}


def _died(here: Office, typed: dict[str, str]) -> Moment | str:
    return time_told(typed["time"] if typed["when"] == "earlier" else "", here.now(), here.zone)


def _is_form(text: str) -> bool:
    return len(text) == 32 and text.isascii() and text.isalnum()
