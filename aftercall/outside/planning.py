"""What is missing from the rota: read from its files, shown in the signed directory, and told to the coordinator in time."""

import hashlib
import json
import logging
from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from aftercall import whole
from aftercall.config import Outside
from aftercall.locale import marked as _
from aftercall.locale import speak
from aftercall.outside.road.directory import Ending, Entry
from aftercall.outside.road.duty import HOUR, Gaps, opened, within
from aftercall.outside.rota import rota_files, turns_in
from aftercall.outside.store import duty, reminders, turns
from aftercall.rota.rows import BadList
from aftercall.send import Later, Never, Roads
from aftercall.send.flight import Flight
from aftercall.sql import Store
from aftercall.words import Clock, Message, Moment, from_utc, utc

log = logging.getLogger("aftercall.outside")


WEEK = _("Duty list, next 14 days, fewer than two: {n} x, first from {begins} to {ends}.")
PHONE = _("Duty phone: today's test was not answered. Is it charged, and does somebody have it?")
DAY = _("Duty list: fewer than two from {begins} to {ends}.")
SUBJECT = _("Duty list")
KEYS = _("Key list: {n} to renew, the first ends on {day}.")
KEYS_SUBJECT = _("Key list")

LOOK = timedelta(minutes=1)
MONDAY = timedelta(hours=8)  # of a Monday, in the site's zone: when a new week is told
DAY_AHEAD = timedelta(hours=24)
KEPT = "gaps.json"  # beside the database, for `aftercall duty`
ENDING = "ending.json"  # the same, for `aftercall keys dates`


class Planning:
    def __init__(self, settings: Outside, store: Store, clock: Clock, roads: Roads) -> None:
        self._settings, self._store, self._clock, self._roads = settings, store, clock, roads
        self._zone, self._folder = ZoneInfo(settings.zone), settings.data / "rota"
        self._flight = Flight(1)
        self._looked: Moment | None = None
        self._kept = dict[str, str]()  # what stands in each file
        self.gaps: Gaps = ()
        self.ending: tuple[Ending, ...] = ()  # keys and certificates, soon
        self.problem = ""  # with the rota's files, as the coordinator should read it

    def files(self) -> tuple[object, ...]:
        """What the rota looks like from outside. What repeats is unrolled anew each day."""
        there = [(file.name, file.stat().st_mtime_ns) for file in rota_files(self._folder)]
        return (self._clock.now().toordinal() if there else 0, *there)

    def moved(self) -> None:
        """Somebody's duty has changed: look again, and don't wait for the minute."""
        self._looked = None

    async def mirror(self, peers: Iterable[Entry]) -> None:
        """Make the rows be what the rota's files say. What can't be read changes nothing, and is said until it is mended."""
        now = self._clock.now()
        try:
            wanted = turns_in(self._folder, self._zone, peers, now)
        except (BadList, OSError) as problem:
            if str(problem) != self.problem:
                log.error("the rota stays as it was: %s", problem)
            self.problem = str(problem)
            return
        self.problem = ""
        await self._store.do(turns.mirror, self._settings.programme, wanted, now)

    async def look(self) -> bool:
        """Once a minute. True when the gaps are other than before."""
        now = self._clock.now()
        if self._looked is not None and now - self._looked < LOOK:
            return False
        self._looked = now
        before, self.gaps = self.gaps, await self._store.do(duty.gaps, self._settings.programme, now)
        self._keep(KEPT, {"gaps": self.public(), "problem": self.problem})
        self._flight.launch("remind", self._remind)
        return before != self.gaps

    async def landed(self) -> None:
        await self._flight.landed()

    def public(self) -> list[tuple[str, str]]:
        """As it stands in the directory, the same for everyone."""
        return [(utc(begins), utc(ends)) for begins, ends in self.gaps]

    def ends(self, ending: tuple[Ending, ...]) -> None:
        """These keys and certificates end soon: kept for `aftercall keys dates`, and said with the next look."""
        if ending != self.ending and ending:
            log.warning("keys or certificates end soon: %d; `aftercall keys dates` names them", len(ending))
        self.ending = ending
        self._keep(ENDING, [asdict(one) for one in ending])

    def _keep(self, name: str, what: object) -> None:
        self.keep(name, json.dumps(what))

    def keep(self, name: str, told: str) -> None:
        """A file beside the database, for the commands: they may not read the database of a running half."""
        path = self._settings.data / name
        if told == self._kept.get(name) and path.exists():
            return
        whole.write(path, told.encode())
        self._kept[name] = told

    # the coordinator -------------------------------------------------------------------------------------------------------

    async def _remind(self) -> None:
        """Once a week, and when a gap opens within a day. Sent, then marked: what did not go out goes with the next look."""
        now = self._clock.now()
        local = now.astimezone(self._zone) - MONDAY
        await self._tell("week", "{}-{:02}".format(*local.isocalendar()), bool(self.gaps), *self._of_gaps(self.gaps, WEEK))
        soon = within(self.gaps, now.replace(minute=0, second=0, microsecond=0), now + DAY_AHEAD)
        before = _gaps(await self._store.do(reminders.told, self._settings.programme, "day"))
        new = opened(before, soon)
        await self._tell("day", json.dumps([[utc(b), utc(e)] for b, e in soon]), bool(new), *self._of_gaps(new, DAY))
        await self._tell("keys", json.dumps([[e.last, e.what, e.who] for e in self.ending]), bool(self.ending), *self._of_keys())
        late = await self._store.do(duty.phone_late, self._settings.programme, now)
        if late and self._settings.inbound_token and self._settings.care_number:  # else it has nothing to answer by
            log.error("the duty phone has not answered its test")
            say = speak(self._settings.duty_language)
            await self._tell("phone late", utc(late), True, say(SUBJECT), say(PHONE))

    def _of_gaps(self, gaps: Gaps, text: str) -> tuple[str, str]:
        say, (begins, ends) = speak(self._settings.duty_language), gaps[0] if gaps else (self._clock.now(),) * 2
        at = {"begins": begins.astimezone(self._zone), "ends": ends.astimezone(self._zone)}
        return say(SUBJECT), say(text).format(n=len(gaps), **{name: f"{t:%Y-%m-%d %H:%M}" for name, t in at.items()})

    def _of_keys(self) -> tuple[str, str]:
        say = speak(self._settings.duty_language)
        return say(KEYS_SUBJECT), say(KEYS).format(n=len(self.ending), day=self.ending[0].last if self.ending else "")

    async def _tell(self, what: str, news: str, due: bool, subject: str, text: str) -> None:
        programme = self._settings.programme
        if not self._ways() or await self._store.do(reminders.told, programme, what) == news:
            return
        try:
            for road, to in self._ways() if due else ():
                await self._roads.send(self._message(road, to, subject, text, f"{what}|{news}"))
        except Later as problem:
            log.warning("the coordinator's note waits for its next try: %s", problem)
            return
        except Never as problem:
            log.error("the coordinator's note can't go out: %s", problem)
        await self._store.do(reminders.claim, programme, what, news)

    def _ways(self) -> list[tuple[str, str]]:
        s = self._settings
        return [(r, to) for r, to in (("sms", s.coordinator_phone), ("mail", s.coordinator_mail)) if to and r in self._roads]

    def _message(self, road: str, to: str, subject: str, text: str, key: str) -> Message:
        key = hashlib.sha256(f"{self._settings.programme}|{key}|{road}".encode()).hexdigest()[:32]
        return Message(road, to, text, key, subject)


def kept(data: Path) -> tuple[Gaps, str]:
    """What the running half found last, and what is wrong with the rota's files. Raises OSError when there is nothing."""
    there = json.loads((data / KEPT).read_text("utf-8"))
    return tuple((from_utc(begins), from_utc(ends)) for begins, ends in there["gaps"]), str(there["problem"])


def ending(data: Path) -> str:
    """What the running half found last of keys and certificates that end soon, for a person to read. Raises OSError."""
    found = [Ending(**one) for one in json.loads((data / ENDING).read_text("utf-8"))]
    lines = [
        f"{one.last}  {one.what:12} {one.who:9} {one.name or 'of the server: `aftercall keys steward` makes the next'}"
        for one in found
    ]
    return "\n".join(["ends        what         whose", *lines]) if found else "No key and no certificate ends soon."


def table(gaps: Gaps, zone: ZoneInfo) -> str:
    """For a person to read, in the site's zone."""
    lines = ["begins                  ends                    hours"]
    for begins, ends in gaps:
        a, b = (f"{at.astimezone(zone):%a %Y-%m-%d %H:%M}" for at in (begins, ends))
        lines.append(f"{a}    {b}    {(ends - begins) // HOUR:5}")
    return "\n".join(lines)


def _gaps(text: str) -> Gaps:
    return tuple((from_utc(begins), from_utc(ends)) for begins, ends in json.loads(text or "[]"))
