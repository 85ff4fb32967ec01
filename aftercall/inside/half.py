"""The hospital's half as one thing: its verbs with their world around them, its lists, and its clock."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from aftercall.config import Inside
from aftercall.inside import flow
from aftercall.inside.canary import Canary
from aftercall.inside.company import Company, telling
from aftercall.inside.ears import Ears
from aftercall.inside.feeds import sniff
from aftercall.inside.feeds.answer import Reading, acknowledge, code_of
from aftercall.inside.feeds.hl7 import read
from aftercall.inside.feeds.lists import staff_in, units_in
from aftercall.inside.feeds.mllp import Call
from aftercall.inside.feeds.nemsis import Member, crew_ids, is_crew_list
from aftercall.inside.feeds.rotas.rota import rota_files, rota_in
from aftercall.inside.feeds.site import Mark, Site
from aftercall.inside.feeds.weights import read_rules
from aftercall.inside.joinkeys import JoinKeys, key_file
from aftercall.inside.posting import Posting
from aftercall.inside.road.crew import Person, Shift
from aftercall.inside.road.loss import CONFIRMED, NONE
from aftercall.inside.road.notice import Listed, Notice, Unread, worth_keeping
from aftercall.inside.road.offer import Quiet
from aftercall.inside.silence import rules_in
from aftercall.inside.store import desk, ledger, people, roster
from aftercall.locale import marked as _
from aftercall.rota.rows import BadList
from aftercall.send import Roads
from aftercall.sql import Store
from aftercall.words import SWEEP, Clock, Moment, Randomness, keep_time
from aftercall.work import Together
from aftercall.workers import patient, several

log = logging.getLogger("aftercall.inside")

FORGET = timedelta(minutes=10)  # between two looks for rows that have had their time: each reads whole tables
WEIGHTS = Path(__file__).parent / "weights.toml"


TWO = Unread(
    "DEMDataSet", "not-ours", "dPersonnel.23", "The numbers of one person are two people's on the staff list. Mend their ids there."
)


PROMPT = _("For the shift's lead: cover for who was there, a pause together, a talk before home. {link}")
STOPPED = _("You will get no more of these notes.")
ELSEWHERE = _("Nobody reads this number. The note's link, or a colleague, is the way.")


def weights_of(settings: Inside) -> Path:
    return settings.weights if settings.weights.exists() else WEIGHTS


def rules_of(settings: Inside, rand: Randomness) -> flow.Rules:
    """What the verbs have to know of the settings. Raises BadList when the weights can't be read."""
    quiet = Quiet(time.fromisoformat(settings.quiet_from), time.fromisoformat(settings.quiet_to), ZoneInfo(settings.zone))
    weights = weights_of(settings)
    rules = read_rules(weights.read_text("utf-8"), str(weights))
    return flow.Rules(settings.org, timedelta(seconds=settings.settle), quiet, rules, rand)


def words_of(settings: Inside) -> Site:
    """What only this hospital can say of its feeds."""
    s = settings
    lists = (s.dead_dispositions, s.mannequins, s.expected_services, s.mortuaries, s.destinations)
    dead, mannequins, expected, mortuaries, destinations = map(frozenset, lists)
    return Site(ZoneInfo(s.zone), dead, mannequins, expected, mortuaries, destinations, s.authority)


class Half:
    """Everything the doors and the listener may call."""

    def __init__(self, settings: Inside, store: Store, clock: Clock, roads: Roads, rand: Randomness) -> None:
        self.settings, self.store, self.clock, self.wake = settings, store, clock, asyncio.Event()
        self._zone = ZoneInfo(settings.zone)
        self.rules, self._site = rules_of(settings, rand), words_of(settings)
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._joinkeys = JoinKeys(settings.data / "joinkeys", rand)
        key = key_file(settings.data / "quiet.key", rand)
        self.posting = Posting(settings, store, clock, roads, self.rules, key, self.wake)
        self.canary = Canary(settings, store, clock, self.rules, rand, key, self.wake)
        self.ears = Ears(self._zone, rules_in(settings.silence), clock.now())
        self.ticked = clock.now()  # when the clock last came round
        self._together = Together(self._hear_all)
        self._tasks = set[asyncio.Task[None]]()
        self._lists: tuple[int, ...] = ()
        self._seen = set[tuple[str, str]]()  # words that stand in the learning list already
        self.bad_list = ""  # what is wrong with the hospital's lists, for the desk
        self._forgot = self._swept = datetime.min.replace(tzinfo=UTC)
        self._news = False  # a death was just heard
        self.flight = self.posting.flight
        self.company = Company(store, clock, self.wake, settings.org, rand(8).hex())
        self._learnt = datetime.min.replace(tzinfo=UTC)

    # a feed spoke ----------------------------------------------------------------------------------------------------------

    def reader(self) -> tuple[Site, Mark]:
        """What a reader of feeds needs: the hospital's own words, and today's keys."""
        return self._site, self._joinkeys.on(self.clock.now()).mark

    def listen(self, call: Call) -> None:
        """One payload off a wire. It is answered after the commit: AA means stored, or that it told us nothing to store."""
        now = self.clock.now()
        readings = read(call.body, *self.reader(), now)
        self._note(readings, now)
        if kept := self._alone(readings):
            self._together.add(kept, partial(self._kept, call, readings[0], kept, now))
        else:
            self._tasks.add(task := asyncio.create_task(self._answer(call, readings, now)))
            task.add_done_callback(self._tasks.discard)

    def _alone(self, readings: Sequence[Reading]) -> Notice | None:
        """One notice that is worth keeping, with nothing beside it: nearly every message."""
        heard = readings[0].heard
        if len(readings) > 1 or isinstance(heard, Unread) or not self._seen.issuperset(readings[0].learned):
            return None
        return worth_keeping(heard)

    def _kept(self, call: Call, reading: Reading, kept: Notice, now: Moment, believed: str | Exception) -> None:
        try:
            if isinstance(believed, Exception):
                call.answer(self._not_stored(reading, believed, now))
                return
            self._wake_for(kept, believed)
            call.answer(acknowledge(reading, "AA", "", now))
        except Exception as problem:  # that this one can't be answered must not keep the others of its group waiting
            call.fail(type(problem).__name__)

    async def _answer(self, call: Call, readings: Sequence[Reading], now: Moment) -> None:
        try:
            call.answer(await self._hear(readings, now))
        except Exception as problem:
            call.fail(type(problem).__name__)

    async def hear(self, body: bytes) -> bytes:
        """The same, waited for."""
        now = self.clock.now()
        readings = read(body, *self.reader(), now)
        self._note(readings, now)
        return await self._hear(readings, now)

    def _note(self, readings: Sequence[Reading], now: Moment) -> None:
        for one in readings:
            if isinstance(one.heard, Unread) or not self.canary.is_its(one.heard):
                self.ears.note("mllp", one.heard, now, one.header)

    async def _hear(self, readings: Sequence[Reading], now: Moment) -> bytes:
        try:
            await self._learn({value for reading in readings for value in reading.learned})
            await self.take([reading.heard for reading in readings if _is_ours(reading)])
        except Exception as problem:
            return self._not_stored(readings[0], problem, now)
        return acknowledge(readings[0], code_of(readings), "", now)

    def _not_stored(self, reading: Reading, problem: Exception, now: Moment) -> bytes:
        log.error("a message could not be stored: %s", type(problem).__name__)
        return acknowledge(reading, "AE", "It could not be stored. Please send it again.", now)

    async def take_in(self, body: bytes, feed: str = "intake") -> tuple[tuple[Notice | Unread | Listed, ...], list[str]]:
        """A report of any feed, as a file: what stands in it, and what is believed of each part after the commit."""
        heard, believed = await (self._enrol(body) if is_crew_list(body) else self._report(body))
        for one in heard:
            self.ears.note(feed, one, self.clock.now())
        return heard, believed

    async def _report(self, body: bytes) -> tuple[tuple[Notice | Unread | Listed, ...], list[str]]:
        heard = await asyncio.to_thread(sniff.kind_of(body).read, body, *self.reader(), self.clock.now())
        return heard, await self.take(heard)

    async def _enrol(self, body: bytes) -> tuple[tuple[Notice | Unread | Listed, ...], list[str]]:
        """A list of crew: the numbers of those who are staff here, and nothing of anybody else."""
        read = await asyncio.to_thread(crew_ids, body)
        members = [one.ids for one in read if isinstance(one, Member)]
        counts = await self.store.do(people.add_crew, self.rules.org, members)
        bad = [one for one in read if isinstance(one, Unread)] + [TWO] * sum(count > 1 for count in counts)
        await self.take(bad)
        listed = [Listed("DEMDataSet", len(members), sum(count == 1 for count in counts))] if members else []
        return (*listed, *bad), ["listed" for _ in listed] + ["refused" for _ in bad]

    async def refuse(self, why: Unread, head: bytes) -> bytes:
        """A frame that could not be taken: written down without its content, and answered."""
        now = self.clock.now()
        self.ears.note("mllp", why, now)
        await self.store.do(ledger.put_aside, self.rules.org, why, now)
        header = next((r.header for r in read(head, *self.reader(), now)), None)
        return acknowledge(Reading(why, header) if header else Reading(why), "AR", "", now)

    async def take(self, heard: Sequence[Notice | Unread]) -> list[str]:
        """Keep what a reader made of a report; returns after the commit, with what is believed of each ("refused" where unread)."""
        if len(heard) == 1:
            return [await self._keep(heard[0])]
        return await asyncio.gather(*(self._keep(one) for one in heard))

    async def _learn(self, values: set[tuple[str, str]]) -> None:
        """Which words this hospital uses for a discharge, each once: the desk asks which of them mean that somebody died."""
        if fresh := values - self._seen:
            await self.store.do(desk.seen, self.rules.org, fresh)
            self._seen |= fresh

    async def relearn(self) -> None:
        """Which words mean that somebody died: those of the settings, and those that a human decided at the desk."""
        words = await self.store.do(desk.dead_words, self.rules.org, "PV1-36")
        own = words_of(self.settings)
        self._site = replace(own, dead_dispositions=own.dead_dispositions | words, clocks=self._site.clocks)

    async def _keep(self, heard: Notice | Unread) -> str:
        if isinstance(heard, Unread):
            await self.store.do(ledger.put_aside, self.rules.org, heard, self.clock.now())
            return "refused"
        if (kept := worth_keeping(heard)) is None:
            return NONE
        believed = await self._together.do(kept)
        self._wake_for(kept, believed)
        return believed

    def _wake_for(self, kept: Notice, believed: str) -> None:
        if believed == CONFIRMED or kept.call:
            self._news = True
            self.wake.set()

    async def _hear_all(self, new: Sequence[Notice]) -> list[str]:
        ours = [not self.canary.is_its(one) for one in new]
        if all(ours):
            return await self._believe(new, self.rules)
        told = {
            mine: iter(await self._believe([one for one, is_ours in zip(new, ours, strict=True) if is_ours is mine], rules))
            for mine, rules in ((True, self.rules), (False, self.canary.rules))
        }
        return [next(told[mine]) for mine in ours]

    async def _believe(self, new: Sequence[Notice], rules: flow.Rules) -> list[str]:
        return await self.store.do(telling(flow.hear), new, rules, self.clock.now()) if new else []

    # a human answered ------------------------------------------------------------------------------------------------------

    async def stop(self, contact: str) -> str:
        """STOP from a number or address. Gives the text to answer with."""
        await self.store.do(flow.answer, flow.Stop(self.posting.mark(contact)), self.rules, self.clock.now())
        return STOPPED

    async def decide(self, press: flow.Decide | flow.Release | flow.Join) -> str:
        """The desk pressed. What is believed after it, or "gone"."""
        believed = await self.store.do(telling(flow.answer), press, self.rules, self.clock.now())
        self.wake.set()
        return believed

    # time passed -----------------------------------------------------------------------------------------------------------

    async def tick(self) -> Moment | None:
        """One round of the clock. Returns when the next is due."""
        self._joinkeys.on(self.clock.now())  # also where no feed speaks, so that old keys go in their time
        await self._mirror_again()
        await self._relearn_again()
        now = self.clock.now()
        in_haste = self._news or self.flight.crowded  # a message that is due at once doesn't wait for the housekeeping
        if not in_haste or now - self._swept >= SWEEP:
            self._swept = now
            if forget := now - self._forgot >= FORGET:
                self._forgot = now
            await self.store.do(flow.tick, now, self.rules, forget)
        self._news = False
        due = [await self.posting.leave(now), await self.canary.tick(now)]
        self.ticked = self.clock.now()
        return min((at for at in due if at), default=None)

    async def keep_time(self) -> None:
        await keep_time(self.clock, self.wake, patient(self.tick, self.clock))

    # other workers ---------------------------------------------------------------------------------------------------------

    async def keep_up(self) -> None:
        """A worker that keeps no time learns every ten seconds what others have changed: keys, words, lists."""
        await keep_time(self.clock, asyncio.Event(), patient(self._look_around, self.clock))

    async def _look_around(self) -> Moment | None:
        self._joinkeys.on(self.clock.now())
        await self._mirror_again()
        await self._relearn_again()
        return None

    async def _relearn_again(self) -> None:
        """What a human decided at the desk may have been decided at another worker's."""
        now = self.clock.now()
        if several(self.store.engine) and not timedelta(0) <= now - self._learnt < SWEEP:
            self._learnt = now
            await self.relearn()

    async def _mirror_again(self) -> None:
        """When the lists have changed. One that can't be read changes nothing; what is wrong with it is said until it's mended."""
        try:
            if self._changed() != self._lists:
                await self.mirror()
            self.bad_list = ""
        except (BadList, OSError) as problem:
            if str(problem) != self.bad_list:
                log.error("the lists of staff, units and rota stay as they were: %s", problem)
            self.bad_list = str(problem)

    async def mirror(self, read: tuple[list[Person], list[Shift]] | None = None) -> None:
        """Make the rows be what the hospital's lists say. Raises BadList, and then nothing has changed.

        `read`: staff and shifts of these very files, where somebody has just read them: a year of shifts takes seconds.
        """
        s, now = self.settings, self.clock.now()
        self._lists = self._changed()
        units = units_in(s.units)
        if read is None:
            staff = await self.store.do(roster.everybody, s.org) if s.scim_token else staff_in(s.staff, s.country)
            shifts = await asyncio.to_thread(rota_in, s.rota, self._zone, staff, now, units, leavers=bool(s.scim_token))
        else:
            staff, shifts = read
        await self.store.do(people.mirror, s.org, staff, units, shifts)
        await self.relearn()

    def _changed(self) -> tuple[int, ...]:
        """What the lists look like from outside; a rota that repeats is unrolled anew each day."""
        rotas = rota_files(self.settings.rota) if self.settings.rota.exists() else []
        lists = (self.settings.staff, self.settings.units, *rotas)
        return (self.clock.now().toordinal(), *(path.stat().st_mtime_ns for path in lists if path.exists()))


def _is_ours(reading: Reading) -> bool:
    """Master files and the like speak of no patient: they are answered and leave nothing."""
    return not (isinstance(reading.heard, Unread) and reading.heard.code == "not-ours")
