"""What is held about me: one page for one person, opened by a code to the number HR gave, shut after a quarter of an hour.

Nothing done here changes a row that anybody else is shown.
"""

import hmac
from datetime import date
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlalchemy.engine import Connection
from starlette.responses import Response

from aftercall.inside.doors import hand
from aftercall.inside.doors.hand import Here, Paper
from aftercall.inside.doors.office import Office
from aftercall.inside.doors.reception import Reception, Seated, cookie, csrf_of, named
from aftercall.inside.pages import Pages, form_of, is_foreign, language_of, onwards
from aftercall.inside.road import hush
from aftercall.inside.road.report import time_told
from aftercall.inside.store import desk, held, outbox, people, reports, seats
from aftercall.inside.store.held import Held
from aftercall.locale import marked as _
from aftercall.locale import speak
from aftercall.send.heard import Few, number_of
from aftercall.signin.pace import Pace
from aftercall.signin.seat import Person
from aftercall.words import Message, Moment, Randomness, day

router = APIRouter(prefix="/mine", include_in_schema=False, route_class=hand.Caught)
COOKIE, PATH, STAFF = "mine", "/mine", "staff"
LASTS = seats.LASTS[seats.MINE].total_seconds()
ASKED = 30  # codes a minute, to everybody together; and five a day to one person (send/heard.py)
DIGITS = 8
CODE, SUBJECT = _("Your code: {code}. It is good for ten minutes, where you asked for it."), _("Your code")


class Wicket:
    """Codes, and what they open."""

    def __init__(self, office: Office, reception: Reception, rand: Randomness) -> None:
        self._office, self._reception, self._rand = office, reception, rand
        self.pace, self._few = Pace(ASKED), Few(rand)

    def ask(self, typed: str) -> str:
        """The form's own name. Nothing here waits, or differs, for what is nobody's."""
        form = self._office.fresh()
        self._office.half.flight.launch(f"code {form}", partial(self._send, form, typed))
        return form

    async def _send(self, form: str, typed: str) -> None:
        office, code = self._office, f"{int.from_bytes(self._rand(8), 'big') % 10**DIGITS:0{DIGITS}}"
        to = await office.half.store.do(self._begin, form, typed, self._reception.proof(form, code))
        ways = office.half.posting.ways(to[0], to[1]) if to else []
        if to and ways:
            (road, address), say = ways[0], speak(to[2])
            text = say(CODE).format(code=code)
            await office.to_own(Message(road, address, text, named(f"code{form}"), say(SUBJECT)), "a code")

    def _begin(self, conn: Connection, form: str, typed: str, proof: str) -> tuple[str, str, str] | None:
        office, now = self._office, self._office.now()
        who = held.whose(conn, office.org, typed, number_of(typed, office.half.settings.country))
        if not self._few.may(who, day(now)):
            who = ""
        seats.begin(conn, office.org, seats.CODE, named(form), Person(who, "", STAFF), now, proof)  # also nobody's: see `open`
        return people.reach(conn, office.org, [who]).get(who)

    async def open(self, form: str, code: str) -> str:
        """A session, as the browser is to hold it; "" for a wrong code, a used one, and for nobody's.

        A form that is nobody's has a row as well, whose code nobody got: typing into it takes the same way and the same time.
        """
        token, digits = self._office.fresh(), "".join(filter(str.isdigit, code))
        proof = self._reception.proof(form, digits)
        return token if await self._office.half.store.do(self._opened, form, proof, token) else ""

    def _opened(self, conn: Connection, form: str, proof: str, token: str) -> bool:
        org, now = self._office.org, self._office.now()
        found = seats.type_code(conn, org, named(form), proof, now)
        return found is not None and found.person.who != "" and seats.begin(conn, org, seats.MINE, named(token), found.person, now)

    async def of(self, request: Request) -> Seated | None:
        token, office = request.cookies.get(COOKIE, ""), self._office
        if not token:
            return None
        found = await office.half.store.do(seats.find, office.org, seats.MINE, named(token), office.now())
        return Seated(found, csrf_of(token)) if found else None

    async def pressing(self, request: Request, csrf: str) -> Seated | None:
        seated = await self.of(request)
        right = seated is not None and hmac.compare_digest(csrf.encode(), seated.csrf.encode())
        return seated if right and not is_foreign(request) else None


def wicket(request: Request) -> Wicket:
    this: Wicket = request.app.state.wicket
    return this


Gate = Annotated[Wicket, Depends(wicket)]


@router.get("")
async def see(request: Request, here: Here, on: Paper, at: Gate) -> Response:
    seated = await at.of(request)
    return await _show(request, here, on, seated) if seated else on.show(request, "mine_ask.html", wrong="")


async def _show(request: Request, here: Office, on: Pages, me: Seated, wrong: str = "", **typed: str) -> Response:
    mine = await here.half.store.do(held.about, here.org, me.person.who)
    if mine is None:
        return on.show(request, "mine_ask.html", 404, wrong="left")
    marks = [here.half.posting.mark(one) for one in mine.contacts]
    good, now = await here.half.store.do(_silent, here.org, marks, mine, _today(here))
    return on.show(
        request,
        "mine.html",
        400 if wrong else 200,
        me=me,
        csrf=me.csrf,
        mine=mine,
        days=[date.fromordinal(one) for one in mine.days],
        names=await hand.names(here),
        units=await here.half.store.do(desk.units, here.org),
        stopped=good,
        hushed=now,
        wrong=wrong,
        typed=typed,
        said=request.query_params.get("said", ""),
    )


def _silent(conn: Connection, org: str, marks: list[str], mine: Held, today: int) -> tuple[bool, bool]:
    """Has this person said STOP for good, and for this time?"""
    events = [one.event for one in mine.losses]
    return bool(outbox.silent(conn, org, marks)), bool(outbox.silent(conn, org, hush.all_of(marks, events, today)))


@router.post("/code")
async def ask(request: Request, here: Here, on: Paper, at: Gate) -> Response:
    """The same answer whoever that is, and whether it is anybody."""
    if is_foreign(request):
        return hand.gone(request, on)
    typed = await form_of(request, ("who",))
    if not typed["who"]:
        return on.show(request, "mine_ask.html", 400, wrong="who")
    if not at.pace.may(here.now()):
        return on.show(request, "mine_ask.html", 429, wrong="slow")
    return on.show(request, "mine_code.html", form=at.ask(typed["who"]), wrong="")


@router.post("/in")
async def come_in(request: Request, here: Here, on: Paper, at: Gate) -> Response:
    if is_foreign(request):
        return hand.gone(request, on)
    typed = await form_of(request, ("form", "code"))
    if token := await at.open(typed["form"], typed["code"]):
        return onwards(f"{PATH}?lang={language_of(request)}", cookie(request, here, COOKIE, token, PATH, LASTS))
    return on.show(request, "mine_code.html", 403, form=typed["form"], wrong="code")


@router.post("/out")
async def go(request: Request, here: Here, on: Paper, at: Gate) -> Response:
    if (me := await at.pressing(request, (await form_of(request, ("csrf",)))["csrf"])) is None:
        return on.show(request, "mine_ask.html", 403, wrong="session")
    await here.half.store.do(seats.end, here.org, me.session.name)
    return onwards(PATH, cookie(request, here, COOKIE, "", PATH, LASTS))


@router.post("/stop")
async def stop(request: Request, here: Here, on: Paper, at: Gate) -> Response:
    """STOP for good, for what has happened up to now, or not any more. Only who sends can read what is written (DECISIONS 16)."""
    typed = await form_of(request, ("csrf", "say"))
    me = await at.pressing(request, typed["csrf"])
    mine = await here.half.store.do(held.about, here.org, me.person.who) if me else None
    if mine is None:
        return on.show(request, "mine_ask.html", 403, wrong="session")
    marks, today = [here.half.posting.mark(one) for one in mine.contacts], _today(here)
    if typed["say"] == "good":
        await here.half.store.do(_stopped, here.org, marks)
    elif typed["say"] == "now":
        losses = [(one.event, _day(here, one.died)) for one in mine.losses]
        await here.half.store.do(outbox.hush, here.org, hush.this_time(marks, losses, mine.days, today))
    elif typed["say"] == "undo":
        events = [one.event for one in mine.losses]
        await here.half.store.do(outbox.unhush, here.org, {*marks, *hush.all_of(marks, events, today)})
    return onwards(f"{PATH}?lang={language_of(request)}&said=done")


@router.post("/there")
async def i_was_there(request: Request, here: Here, on: Paper, at: Gate) -> Response:
    """And no list has me there. Nobody needs to confirm it."""
    typed = await form_of(request, ("csrf", "unit", "when", "time"))
    if (me := await at.pressing(request, typed.pop("csrf"))) is None:
        return on.show(request, "mine_ask.html", 403, wrong="session")
    died = time_told(typed["time"] if typed["when"] == "earlier" else "", here.now(), here.zone)
    if isinstance(died, str):
        return await _show(request, here, on, me, died, **typed)
    if typed["unit"] not in await hand.names(here):
        return await _show(request, here, on, me, "unit", **typed)
    await here.half.store.do(_add, here.org, me.person.who, typed["unit"], died, here.now())
    here.half.wake.set()
    return onwards(f"{PATH}?lang={language_of(request)}&said=there")


def _add(conn: Connection, org: str, who: str, unit: str, died: Moment, now: Moment) -> None:
    if event := reports.nearest(conn, org, unit, died):
        reports.add(conn, org, event, who, "said so", now, now)


def _stopped(conn: Connection, org: str, marks: list[str]) -> None:
    for one in marks:
        outbox.silence(conn, org, one)


def _day(here: Office, at: Moment) -> int:
    return at.astimezone(here.zone).date().toordinal()


def _today(here: Office) -> int:
    return _day(here, here.now())
