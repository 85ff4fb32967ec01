"""New lists of staff, units and rota: looked through before anything changes, put in place together, taken back within a day."""

import asyncio
import contextlib
import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Connection

from aftercall import whole
from aftercall.inside.feeds.lists import staff_in, units_in
from aftercall.inside.feeds.rotas.rota import rota_in
from aftercall.inside.half import Half
from aftercall.inside.road.crew import Person, Place, Shift
from aftercall.inside.store import people, roster
from aftercall.retention import BEFORE, HANDED_IN
from aftercall.rota.rows import BadList, Tell
from aftercall.words import Clock, Moment, Randomness, keep_time
from aftercall.workers import patient

STAFF, UNITS, ROTA = "staff", "units", "rota"
SHOWN = 20  # rows of what a list would change
NOTE, LAST = "note.json", "before"


class Changed(Exception):
    """The lists are not any more those that were looked at, or put in place: nothing was done."""


@dataclass(frozen=True)
class Line:
    """One row that differs: "added", "changed" or "gone"; who; and of a person the columns, of a shift where and when."""

    how: str
    name: str
    columns: tuple[str, ...] = ()
    shift: Shift | None = None


@dataclass(frozen=True)
class Difference:
    """What one list would change. Of a rota the days around now alone are compared, but all rows are checked."""

    which: str
    before: int
    after: int
    counts: Mapping[str, int]
    first: tuple[Line, ...]

    @property
    def loses_half(self) -> bool:
        return self.before > 1 and self.counts["gone"] * 2 > self.before


@dataclass(frozen=True)
class Put:
    """Lists that were put in place, and may be taken back."""

    at: Moment
    who: str
    lists: tuple[str, ...]

    @property
    def until(self) -> Moment:
        return self.at + BEFORE


@dataclass
class Looking:
    """Lists that are being read, or were. `far`: which part of the rota, from 0 to 1. `found` raises BadList."""

    name: str
    at: Moment
    far: float = 0.0
    found: asyncio.Future[list[Difference]] = field(default_factory=asyncio.Future)

    def heard(self, far: float) -> None:
        self.far = far

    async def done(self, within: float) -> bool:
        """Is it, after so many seconds at most?"""
        await asyncio.wait([self.found], timeout=within)
        return self.found.done()


class Incoming:
    """Files that were handed in lie in the data folder, readable by this half alone, until they are put in place or an hour old."""

    def __init__(self, half: Half, clock: Clock, rand: Randomness) -> None:
        self._half, self._clock, self._rand = half, clock, rand
        self._folder, self._one = half.settings.data / "incoming", asyncio.Lock()
        self._looking, self._tasks = dict[str, Looking](), set[asyncio.Task[None]]()
        self._read: tuple[Path, tuple[list[Person], list[Shift]]] | None = None  # what was looked at last

    def takes(self) -> tuple[str, ...]:
        """Which lists can be handed in: the others come from a directory, or are a folder of several files."""
        s = self._half.settings
        may = {STAFF: not s.scim_token, UNITS: True, ROTA: not s.rota.is_dir()}
        return tuple(which for which, there in may.items() if there)

    def look(self, given: Mapping[str, bytes]) -> Looking:
        """Under which name they lie, and what they would change, once that is known. When they can't be used nothing is kept."""
        looking = Looking(self._rand(10).hex(), self._clock.now())
        self._looking[looking.name] = looking
        looking.found.add_done_callback(
            lambda found: found.cancelled() or found.exception()
        )  # whoever asks hears of it; nobody need ask
        task = asyncio.create_task(self._look(looking, given))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return looking

    def looking(self, name: str) -> Looking | None:
        return self._looking.get(name)

    async def _look(self, looking: Looking, given: Mapping[str, bytes]) -> None:
        mine = self._folder / looking.name
        try:
            looking.found.set_result(await self._looked(mine, given, looking.heard))
        except BaseException as problem:
            shutil.rmtree(mine, ignore_errors=True)
            if not isinstance(problem, Exception):
                looking.found.cancel()
                raise
            said = BadList(str(problem).replace(f"{mine}/", "")) if isinstance(problem, BadList) else problem
            looking.found.set_exception(said)

    async def _looked(self, mine: Path, given: Mapping[str, bytes], tell: Tell) -> list[Difference]:
        half, s = self._half, self._half.settings
        async with self._one:
            await asyncio.to_thread(self._keep, mine, given)
        had, there, worked = await half.store.do(_rows, s.org)
        units = await asyncio.to_thread(units_in, mine / self._name(UNITS) if UNITS in given else s.units, plain=UNITS in given)
        staff = await asyncio.to_thread(staff_in, mine / self._name(STAFF), s.country, plain=True) if STAFF in given else had
        rota = mine / self._name(ROTA) if ROTA in given else s.rota
        read = asyncio.to_thread(
            rota_in, rota, half.rules.quiet.zone, staff, half.clock.now(), units,
            leavers=bool(s.scim_token), strict=ROTA in given, tell=tell,
        )  # fmt: skip
        shifts = await read  # also of a rota that stays: it must go with the new staff
        self._read = mine, (staff, shifts)
        found = [_of_staff(had, staff)] if STAFF in given else []
        found += [_of_units(there, units)] if UNITS in given else []
        names = {str(person.staff): person.name for person in (*had, *staff)}
        return found + ([_of_rota(worked, shifts, names)] if ROTA in given else [])

    def _keep(self, mine: Path, given: Mapping[str, bytes]) -> None:
        mine.mkdir(parents=True, mode=0o700)
        for which, content in given.items():
            whole.new(mine / self._name(which), content)
        prints = {which: hashlib.sha256(content).hexdigest() for which, content in given.items()}
        note = {"at": self._clock.now().isoformat(), "lists": list(given), "basis": self._prints(given), "prints": prints}
        whole.new(mine / NOTE, json.dumps(note).encode())

    async def put(self, name: str, who: str) -> None:
        """In place, both or none. Raises Changed when these are not there, or the lists are others by now; BadList when they can't
        be put there.
        """
        mine = self._folder / name
        async with self._one:
            note = _note(mine) if name.isalnum() and name != LAST else None
            if note is None or note["basis"] != await asyncio.to_thread(self._prints, note["lists"]):
                raise Changed
            before = self._folder / LAST
            told = {"at": self._clock.now().isoformat(), "who": who, "lists": note["lists"], "basis": note["prints"]}
            await asyncio.to_thread(self._copy, before, note["lists"], json.dumps(told))  # first: a crash must leave the way back
            try:
                await self._swap(mine, note["lists"], before)
            except BadList:
                shutil.rmtree(before, ignore_errors=True)
                raise
            shutil.rmtree(mine, ignore_errors=True)
            self._read = None

    async def take_back(self) -> None:
        """The lists of before, again. Raises Changed when that is over, or somebody has changed them since; BadList as `put`."""
        before = self._folder / LAST
        async with self._one:
            note = _note(before)
            if note is None or self.last() is None or note["basis"] != await asyncio.to_thread(self._prints, note["lists"]):
                raise Changed
            spare = self._folder / f"{LAST}.spare"
            await asyncio.to_thread(self._copy, spare, note["lists"], "")
            try:
                await self._swap(before, note["lists"], spare)
                shutil.rmtree(before, ignore_errors=True)
            finally:
                shutil.rmtree(spare, ignore_errors=True)

    def last(self) -> Put | None:
        """What may still be taken back."""
        note = _note(self._folder / LAST)
        if note is None:
            return None
        put = Put(datetime.fromisoformat(note["at"]), note["who"], tuple(note["lists"]))
        return put if self._clock.now() < put.until else None

    async def _swap(self, mine: Path, which: Iterable[str], before: Path) -> None:
        """These files into their places; where they can't be read there, those of before again."""
        try:
            await asyncio.to_thread(self._into_place, mine, which)
            await self._half.mirror(self._read[1] if self._read and self._read[0] == mine else None)
        except (BadList, OSError) as problem:
            with contextlib.suppress(OSError):
                await asyncio.to_thread(self._into_place, before, which)
                await self._half.mirror()
            if isinstance(problem, BadList):
                raise
            raise BadList(
                f"{problem.filename} can't be written ({problem.strerror}); let this half's user write in its folder"
            ) from None

    def _into_place(self, mine: Path, which: Iterable[str]) -> None:
        for one in which:
            target, source = self._target(one), mine / self._name(one)
            if not source.exists():
                target.unlink(missing_ok=True)  # there was none before
                continue
            mode = target.stat().st_mode & 0o777 if target.exists() else whole.OURS
            whole.write(target, source.read_bytes())
            target.chmod(mode)

    def _copy(self, folder: Path, which: Iterable[str], note: str) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)
        for one in which:
            if self._target(one).exists():
                whole.new(folder / self._name(one), self._target(one).read_bytes())
        whole.new(folder / NOTE, note.encode())

    def _target(self, which: str) -> Path:
        s = self._half.settings
        return {STAFF: s.staff, UNITS: s.units, ROTA: s.rota}[which]

    def _name(self, which: str) -> str:
        return _rota_name(self._half.settings.rota) if which == ROTA else f"{which}.csv"

    def _prints(self, which: Iterable[str]) -> dict[str, str]:
        """What the lists in place are, so that others are known."""
        paths = {one: self._target(one) for one in which}
        return {one: hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "" for one, path in paths.items()}

    # time passed -------------------------------------------------------------------------------------------------------------

    async def keep_time(self) -> None:
        await keep_time(self._clock, asyncio.Event(), patient(self.forget, self._clock))

    async def forget(self) -> None:
        """What was looked at goes after an hour, the lists of before after a day; also those of a run that ended."""
        old = [name for name, one in self._looking.items() if self._clock.now() - one.at >= HANDED_IN and one.found.done()]
        for name in old:
            del self._looking[name]
        async with self._one:
            for folder in self._folder.iterdir() if self._folder.exists() else ():
                note, lasts = _note(folder), BEFORE if folder.name == LAST else HANDED_IN
                if note is None or self._clock.now() - datetime.fromisoformat(note["at"]) >= lasts:
                    shutil.rmtree(folder, ignore_errors=True)


def _rota_name(path: Path) -> str:
    """Read as the one whose place it takes."""
    return f"rota{path.suffix.lower() or '.csv'}"


def _note(folder: Path) -> dict[str, Any] | None:
    try:
        told: dict[str, Any] = json.loads((folder / NOTE).read_bytes())
        return told
    except (OSError, ValueError):
        return None


def _rows(conn: Connection, org: str) -> tuple[list[Person], list[Place], list[Shift]]:
    return roster.everybody(conn, org), people.all_units(conn, org), people.all_shifts(conn, org)


def _of_staff(had: list[Person], now: list[Person]) -> Difference:
    before, after = {p.staff: p for p in had}, {p.staff: p for p in now}
    lines = [
        *(Line("gone", f"{p.name} ({p.staff})") for who, p in before.items() if who not in after),
        *(Line("changed", f"{p.name} ({p.staff})", _unlike(before[who], p)) for who, p in after.items() if who in before),
        *(Line("added", f"{p.name} ({p.staff})") for who, p in after.items() if who not in before),
    ]
    return _difference(STAFF, len(before), len(after), [one for one in lines if one.how != "changed" or one.columns])


def _unlike(before: Person, after: Person) -> tuple[str, ...]:
    """The columns that differ. What stands in them is not shown: a number is nobody's business who only hands in a list."""
    plain = _columns(before, after, "name", "phone", "mail", "language", "unit", "role")
    return (*plain, *(["ids"] if set(before.ids) != set(after.ids) else []))


def _columns(before: object, after: object, *names: str) -> list[str]:
    return [name for name in names if getattr(before, name) != getattr(after, name)]


def _of_units(had: list[Place], now: list[Place]) -> Difference:
    before, after = {p.unit: p for p in had}, {p.unit: p for p in now}
    names = ("name", "site", "phone", "mail", "language")
    changed = {unit: tuple(_columns(before[unit], p, *names)) for unit, p in after.items() if unit in before}
    lines = [
        *(Line("gone", f"{p.name} ({unit})") for unit, p in before.items() if unit not in after),
        *(Line("changed", f"{after[unit].name} ({unit})", columns) for unit, columns in changed.items() if columns),
        *(Line("added", f"{p.name} ({unit})") for unit, p in after.items() if unit not in before),
    ]
    return _difference(UNITS, len(before), len(after), lines)


def _of_rota(had: list[Shift], now: list[Shift], names: Mapping[str, str]) -> Difference:
    before, after = ({(s.unit, s.staff, s.begins): s for s in some} for some in (had, now))
    lines = [
        *(Line("gone", names.get(s.staff, s.staff), shift=s) for key, s in before.items() if key not in after),
        *(Line("changed", names.get(s.staff, s.staff), shift=s) for key, s in after.items() if before.get(key, s).ends != s.ends),
        *(Line("added", names.get(s.staff, s.staff), shift=s) for key, s in after.items() if key not in before),
    ]
    return _difference(ROTA, len(before), len(after), lines)


def _difference(which: str, before: int, after: int, lines: list[Line]) -> Difference:
    return Difference(which, before, after, Counter(one.how for one in lines), tuple(lines[:SHOWN]))
