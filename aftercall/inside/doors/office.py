"""What is done by hand: somebody tells of a loss and proves who they are, a second one or the desk confirms it."""

import asyncio
import base64
import hashlib
import hmac
import logging
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from aftercall.inside.half import PROMPT, Half
from aftercall.inside.joinkeys import key_file
from aftercall.inside.posting import SUBJECT
from aftercall.inside.road.crew import on_shift
from aftercall.inside.road.offer import when
from aftercall.inside.road.report import PROVE, WAITS, Report, body_of, call_of, mistaken, told, unit_code
from aftercall.inside.store import desk, outbox, people, prompts, reports
from aftercall.locale import speak
from aftercall.send import Later, Never, Roads
from aftercall.send.flight import insist
from aftercall.send.heard import Few
from aftercall.words import Message, Moment, Randomness, StaffId, keep_time
from aftercall.workers import patient

log = logging.getLogger("aftercall.inside")

READING = 2  # files handed in that stand in memory at once
ASKED = 30  # links asked for in a minute, by everybody together
MINUTE = timedelta(minutes=1)
UNIT_SCREEN, COLLEAGUES = "unit screen", "colleague's word"


@dataclass(frozen=True)
class Contacts:
    """What a hospital may say beside its feeds. All may be empty; a page says so rather than promise what can't be done."""

    address: str = ""  # of this half's pages, as https://hospital.example: without it no link can be sent
    duty_tel: str = ""  # the public duty number
    cover: str = ""  # the page on which a quarter of an hour's cover is asked for
    coordinator_phone: str = ""
    coordinator_mail: str = ""
    coordinator_language: str = "en"
    authority: str = ""  # whose numbers a patient's are, as the feeds name it; empty where they name none


class Office:
    def __init__(self, half: Half, roads: Roads, rand: Randomness, contacts: Contacts, uncounted: Roads) -> None:
        """`uncounted`: the same roads, for what answers one person alone: one more would be seen in the count."""
        self.half, self.contacts, self._uncounted = half, contacts, uncounted
        self._roads, self._rand, self._wake = roads, rand, asyncio.Event()
        folder = half.settings.data
        self._unit_key, self._teller_key = key_file(folder / "unit.key", rand), key_file(folder / "teller.key", rand)
        self.few = Few(rand)
        self.reading, self._asked = asyncio.Semaphore(READING), list[Moment]()

    @property
    def org(self) -> str:
        return self.half.rules.org

    @property
    def zone(self) -> ZoneInfo:
        return self.half.rules.quiet.zone

    def now(self) -> Moment:
        return self.half.clock.now()

    def code(self, unit: str) -> str:
        return unit_code(self._unit_key, unit)

    def fresh(self) -> str:
        """A name nobody can guess, for a form or a link."""
        return base64.b32encode(self._rand(20)).decode().lower()

    # the unit screen -------------------------------------------------------------------------------------------------------

    async def tell(self, form: str, unit: str, died: Moment, number: str, facts: str) -> str:
        """At once, and once: a second press of the same form changes nothing. What is believed after it."""
        if await self.noted(form):
            return "noted"
        patient = [f"{authority}|{number}" for authority in dict.fromkeys(("", self.contacts.authority)) if number]
        _, mark = self.half.reader()
        return (await self.half.take([told(mark, form, UNIT_SCREEN, unit, died, self.now(), patient, facts)]))[0]

    async def noted(self, form: str) -> desk.Noted | None:
        _, mark = self.half.reader()
        return await self.half.store.do(desk.noted, self.org, body_of(mark, form))

    async def take_back(self, form: str) -> bool:
        """ "That was a mistake"; twice is the same as once. False: that was never told, and there is nothing to take back."""
        if not await self.noted(form):
            return False
        _, mark = self.half.reader()
        await self.half.take([mistaken(mark, form, UNIT_SCREEN, self.now())])
        return True

    # a colleague's word ----------------------------------------------------------------------------------------------------

    def ask(self, badge: str, what: str, unit: str, died: Moment, them: str = "") -> bool:
        """Have a link sent to whose badge that is. Nothing here waits, or differs, for a badge that is nobody's.

        False when the whole house has asked for too many in this minute.
        """
        now = self.now()
        self._asked = [at for at in self._asked if now - at < MINUTE]
        if not self.contacts.address or len(self._asked) >= ASKED:
            return False
        self._asked.append(now)
        token = self.fresh()
        self.half.flight.launch(f"link {token}", partial(self._send_link, token, badge, what, unit, died, them))
        return True

    async def _send_link(self, token: str, badge: str, what: str, unit: str, died: Moment, them: str) -> None:
        to = await self.half.store.do(self._begin, _named(token), badge, what, unit, died, them)
        if to is None:
            return
        phone, mail, language = to
        road, address = ("sms", phone) if phone and "sms" in self._roads else ("mail", mail)
        silent = await self.half.store.do(outbox.silent, self.org, {self.half.posting.mark(address)})
        if not address or road not in self._roads or silent:
            return
        _ = speak(language)
        link = f"{self.contacts.address.rstrip('/')}/tell/{token}"
        await insist(self._roads, Message(road, address, _(PROVE).format(link=link), _named("key" + token), _(SUBJECT)), "a link")

    def _begin(
        self, conn: Connection, name: str, badge: str, what: str, unit: str, died: Moment, them: str
    ) -> tuple[str, str, str] | None:
        who = reports.enrolled(conn, self.org, badge)
        if not who:
            return None
        other = {"there": reports.enrolled(conn, self.org, them), "me": who}.get(what, "")
        sender = hmac.digest(self._teller_key, who.encode(), "sha256").hex()[:32]
        new = Report(name, unit, died, sender, what, "sent", self.now(), staff=other)
        return people.reach(conn, self.org, [who]).get(who) if reports.ask(conn, self.org, new) else None

    async def link(self, token: str) -> Report | None:
        """The report whose link that is."""
        await self.half.store.do(reports.forget, self.org, self.now())
        return await self.half.store.do(reports.find, self.org, _named(token))

    async def prove(self, token: str) -> tuple[Report | None, bool]:
        """The link was pressed: the report (None: it is not kept), and whether the team is looked after now."""
        one, other = await self.half.store.do(reports.prove, self.org, _named(token), self.now())
        self._wake.set()
        if one is None:
            return None, False
        if one.what == "me":
            await self._was_there(one)
        elif one.what == "there" and not one.staff:
            await self.half.store.do(reports.end, self.org, [one.name])  # a badge that is nobody's here
        elif other is not None:
            await self._confirm(other, one)
        return one, other is not None

    async def _was_there(self, one: Report) -> None:
        """ "I was there too": nobody needs to confirm it, and whoever asked wants it now."""
        await self.half.store.do(_add, self.org, one, "said so", self.now(), self.now())
        self.half.wake.set()

    async def _confirm(self, *words: Report) -> None:
        """The earliest word becomes a loss. Kept before the words go: after a crash in between it is told again, as the same."""
        first = words[0]
        _, mark = self.half.reader()
        await self.half.take([told(mark, first.name, COLLEAGUES, first.unit, first.died, self.now())])
        await self.half.store.do(reports.end, self.org, [one.name for one in words])

    # the desk --------------------------------------------------------------------------------------------------------------

    async def decide(self, name: str, yes: bool) -> bool:
        """The desk confirms a colleague's word, or doesn't. False where nothing could be done: there is no such loss yet."""
        one = await self.half.store.do(reports.find, self.org, name)
        if one is None or one.state not in reports.OPEN or one.what not in ("loss", "there"):
            return False
        if not yes:
            await self.half.store.do(reports.say_no, self.org, name)
        elif one.what == "loss":
            await self._confirm(one)
        else:
            now, staff = self.now(), StaffId(one.staff)
            shifts = await self.half.store.do(people.shifts_around, self.org, now, staff)
            due = when(now, on_shift(shifts, staff, now), self.half.rules.quiet)
            if not await self.half.store.do(_add, self.org, one, "a colleague said so", due, now):
                return False
            self.half.wake.set()
        return True

    # time passed -----------------------------------------------------------------------------------------------------------

    async def tick(self) -> Moment | None:
        """What waited for the desk too long: the coordinator is called, and again while it waits. When the next call is due."""
        calls = bool(self.contacts.address and (self.contacts.coordinator_phone or self.contacts.coordinator_mail))
        mine, units, due = await self.half.store.do(_round, self.org, self.now(), calls)
        for one in units:
            await self._prompt(one)
        if mine and await self._call(mine):
            await self.half.store.do(reports.called, self.org, mine, self.now())
        return due

    async def _prompt(self, one: prompts.Prompt) -> None:
        """To the unit's own number or address, whoever leads the shift; send, then mark."""
        say = speak(one.language)
        text = say(PROMPT).format(link=self.contacts.cover or self.contacts.address).strip()
        ways = [Message(road, at, text, one.key, say(SUBJECT)) for road, at in self.half.posting.ways(one.phone, one.mail)]
        if await self.half.posting.deliver(ways):
            await self.half.store.do(prompts.done, self.org, one)
        else:
            await self.half.store.do(prompts.later, self.org, one, self.now())

    async def to_own(self, message: Message, what: str) -> None:
        """To somebody who opens their own page: in no count (decision 29), and tried again while that helps."""
        await insist(self._uncounted, message, what)

    def answer(self, to: str, text: str) -> None:
        """A text of its own, for a provider whose answer carries none."""
        self.half.flight.launch(
            f"answer {self.fresh()}", partial(insist, self._uncounted, Message("sms", to, text, _named(self.fresh())), "an answer")
        )

    async def keep_time(self) -> None:
        await keep_time(self.half.clock, self._wake, patient(self.tick, self.half.clock))

    async def _call(self, these: list[Report]) -> bool:
        """By every road the coordinator has, in their language. False when trying again may help."""
        _ = speak(self.contacts.coordinator_language)
        text = _(WAITS).format(link=f"{self.contacts.address.rstrip('/')}/desk")
        names = " ".join(sorted(f"{one.name} {call_of(one, self.now())[0]}" for one in these))
        ways = (("sms", self.contacts.coordinator_phone), ("mail", self.contacts.coordinator_mail))
        done = []
        for road, address in ways:
            if not address or road not in self._roads:
                continue
            try:
                await self._roads.send(Message(road, address, text, _named(f"{road} {names}"), _(SUBJECT)))
                done.append(True)
            except Later as problem:
                log.warning("the coordinator could not be called: %s", problem)
                done.append(False)
            except Never as problem:
                log.error("the coordinator can't be called: %s", problem)
        return any(done) or not done


def _named(token: str) -> str:
    """What a row knows of a link: enough to find it, and not the link."""
    return hashlib.sha256(token.encode()).hexdigest()[:32]


def _add(conn: Connection, org: str, one: Report, why: str, due: Moment, now: Moment) -> bool:
    event = reports.nearest(conn, org, one.unit, one.died)
    if event:
        reports.add(conn, org, event, one.staff, why, due, now)
    if event or one.what == "me":
        reports.end(conn, org, [one.name])
    return bool(event)


def _round(conn: Connection, org: str, now: Moment, calls: bool) -> tuple[list[Report], list[prompts.Prompt], Moment | None]:
    reports.watch(conn, org, desk.urgent(conn, org), now)
    reports.forget(conn, org, now)
    mine = reports.claim(conn, org, now) if calls else []
    units = prompts.claim(conn, org, now)
    # nobody to call: then a call that is overdue must not wake this round again at once, and again
    due = [at for at in (reports.next_call(conn, org) if calls else None, prompts.next_due(conn, org)) if at]
    return mine, units, min(due, default=None)
