"""The hospital's half as one thing: its verbs with their world around them, its lists, and its clock."""

import asyncio
import hmac
import logging
import tomllib
from datetime import time, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from aftercall.config import Inside
from aftercall.inside import flow
from aftercall.inside.feeds.answer import Code, Reading, acknowledge
from aftercall.inside.feeds.hl7 import Site, read
from aftercall.inside.feeds.lists import rota_in, staff_in, units_in
from aftercall.inside.joinkeys import JoinKeys, key_file
from aftercall.inside.road.notice import Notice, Unread, tells_something
from aftercall.inside.road.offer import Quiet
from aftercall.inside.road.weight import Rule
from aftercall.inside.store import ledger, outbox, people
from aftercall.locale import speak
from aftercall.send import Later, Never, Roads
from aftercall.send.flight import Flight
from aftercall.sql import Store
from aftercall.words import Clock, Message, Moment, Randomness, keep_time

log = logging.getLogger("aftercall.inside")

AT_ONCE = 16  # messages in flight
WEIGHTS = Path(__file__).parent / "weights.toml"


def _(text: str) -> str:
    """Marks a text for the catalogues; it is translated where it is sent."""
    return text


NOTE = _("You have a note. No need to answer: {link} (STOP: no more of these)")
SUBJECT = _("You have a note")
STOPPED = _("You will get no more of these notes.")
ELSEWHERE = _("Nobody reads this number. The note's link, or a colleague, is the way.")


class Half:
    """Everything the doors and the listener may call."""

    def __init__(self, settings: Inside, store: Store, clock: Clock, roads: Roads, rand: Randomness) -> None:
        self.settings, self.store, self.clock, self.wake = settings, store, clock, asyncio.Event()
        self._roads, self._zone = roads, ZoneInfo(settings.zone)
        quiet = Quiet(time.fromisoformat(settings.quiet_from), time.fromisoformat(settings.quiet_to), self._zone)
        rules = tuple(Rule(**rule) for rule in tomllib.loads(WEIGHTS.read_text("utf-8"))["rule"])
        self.rules = flow.Rules(settings.org, timedelta(seconds=settings.settle), quiet, rules, rand)
        lists = (settings.dead_dispositions, settings.mannequins, settings.expected_services)
        self._site = Site(self._zone, *map(frozenset, lists))
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._joinkeys = JoinKeys(settings.data / "joinkeys", rand)
        self._contact_key = key_file(settings.data / "quiet.key", rand)  # only what sends reads it
        self._lists: tuple[int, ...] = ()
        self.flight = Flight(AT_ONCE)

    # a feed spoke ----------------------------------------------------------------------------------------------------------

    async def hear(self, body: bytes) -> bytes:
        """One payload off a wire. The answer is made after the commit: AA means stored, or that it told us nothing to store."""
        now = self.clock.now()
        readings = read(body, self._site, self._joinkeys.on(now).mark, now)
        try:
            await asyncio.gather(*(self._keep(reading, now) for reading in readings))
        except Exception as problem:
            log.error("a message could not be stored: %s", type(problem).__name__)
            return acknowledge(readings[0], "AE", "It could not be stored. Please send it again.", now)
        return acknowledge(readings[0], _code(readings), "", now)

    async def refuse(self, why: Unread, head: bytes) -> bytes:
        """A frame that could not be taken: written down without its content, and answered."""
        now = self.clock.now()
        await self.store.do(ledger.put_aside, self.rules.org, why, now)
        header = next((r.header for r in read(head, self._site, self._joinkeys.on(now).mark, now)), None)
        return acknowledge(Reading(why, header) if header else Reading(why), "AR", "", now)

    async def _keep(self, reading: Reading, now: Moment) -> None:
        heard = reading.heard
        if isinstance(heard, Unread):
            await self.store.do(ledger.put_aside, self.rules.org, heard, now)
        elif tells_something(heard) and not _doubted(heard):
            believed = await self.store.do(flow.hear, heard, self.rules, now)
            if believed == "confirmed":
                self.wake.set()

    # a human answered ------------------------------------------------------------------------------------------------------

    async def stop(self, contact: str) -> str:
        """STOP from a number or address. Gives the text to answer with."""
        await self.store.do(flow.answer, flow.Stop(self._contact(contact)), self.rules)
        return STOPPED

    # time passed -----------------------------------------------------------------------------------------------------------

    async def tick(self) -> Moment | None:
        """One round of the clock. Returns when the next is due."""
        self._joinkeys.on(self.clock.now())  # also where no feed speaks, so that old keys go in their time
        if self._changed() != self._lists:
            await self.mirror()
        mine, due = await self.store.do(flow.tick, self.clock.now(), self.rules)
        for one in mine:
            self.flight.launch(one.key, partial(self._send, one))
        return due

    async def keep_time(self) -> None:
        await keep_time(self.clock, self.wake, self.tick)

    async def mirror(self) -> None:
        """Make the rows be what the hospital's lists say. Raises BadList, and then nothing has changed."""
        s = self.settings
        self._lists = self._changed()
        staff = staff_in(s.staff)
        shifts = rota_in(s.rota, self._zone, {person.staff for person in staff})
        await self.store.do(people.mirror, s.org, staff, units_in(s.units), shifts)

    def _changed(self) -> tuple[int, ...]:
        lists = (self.settings.staff, self.settings.units, self.settings.rota)
        return tuple(path.stat().st_mtime_ns for path in lists if path.exists())

    async def _send(self, due: outbox.Due) -> None:
        """Send, then mark: twice is kinder than never. Silence is decided here, at the moment of sending (DECISIONS 16)."""
        to = await self.store.do(flow.prepare, due, self.rules, self.clock.now())
        message = await self._worded(to, due.key) if to else None
        try:
            if message:
                await self._roads.send(message)
        except Later as problem:
            log.warning("a message waits for its next try: %s", problem)
            await self.store.do(outbox.later, self.rules.org, due, self.clock.now())
            return
        except Never as problem:
            log.error("a message can't go out: %s", problem)
        await self.store.do(flow.sent, due, self.rules, self.clock.now())

    async def _worded(self, to: tuple[str, str, str], key: str) -> Message | None:
        """The same words for everyone; None for who said STOP, or has no road."""
        phone, mail, language = to
        road, contact = ("sms", phone) if phone and "sms" in self._roads else ("mail", mail)
        if not contact or road not in self._roads or await self.store.do(outbox.silent, self.rules.org, self._contact(contact)):
            return None
        _ = speak(language)
        return Message(road, contact, _(NOTE).format(link=self.settings.care_link), key, _(SUBJECT))

    def _contact(self, address: str) -> str:
        return hmac.new(self._contact_key, address.strip().lower().encode(), "sha256").hexdigest()[:32]


def _doubted(heard: Notice) -> bool:
    """A doubt keeps us from believing a death; it never keeps us from hearing that somebody lives."""
    return bool(heard.doubt) and not any(s.value in ("no", "delete") for s in heard.signs)


def _code(readings: tuple[Reading, ...]) -> Code:
    unread = [r.heard for r in readings if isinstance(r.heard, Unread)]
    if len(unread) < len(readings):
        return "AA"
    return "AR" if all(u.code == "not-hl7" for u in unread) else "AE"
