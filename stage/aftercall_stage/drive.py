"""Let the inside half live through a simulated world, with a clock moved by hand, and write down what it did."""

import asyncio
import hashlib
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy.engine import Connection

from aftercall.config import Inside
from aftercall.inside import run
from aftercall.send import Roads
from aftercall.sql import INSIDE, Store, open_engine, upgrade
from aftercall.words import Message, Moment, moment
from aftercall.work import Job
from aftercall_stage.handclock import HandClock
from aftercall_stage.simulate import World
from aftercall_stage.simulate.score import Did, Event, Reached, Sent
from aftercall_stage.simulate.truth import ZONE_NAME, Told

P = ParamSpec("P")
T = TypeVar("T")

LINK = "https://care.example/#amber-river-lamp-wind"
DEAD = ["20", "40", "41", "42"]
SWEEP = timedelta(hours=1)  # a round of the clock where nothing is due
AFTER = timedelta(days=4)  # the last rows die three days after the last message
CHARTS = frozenset({"hl7-lab", "hl7-pharm", "hl7-orders"})
AT_ONCE, CLOSE = 32, timedelta(minutes=10)
ROUNDS = 200  # of the clock at one instant; more is a loop that never ends
FAST = tuple(p for p in INSIDE if not p.startswith(("synchronous", "wal_autocheckpoint", "secure_delete")))


class StuckClock(Exception):
    """The half says for ever that something is due now."""


class AtOnce(Store):
    """The same jobs in the same transactions, without the writer's thread: this run has one thing to do at a time, and on a busy
    machine would wait for two threads to take turns, message by message."""

    async def do(self, job: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        done: Future[T] = Future()

        def work(conn: Connection) -> T:
            return job(conn, *args, **kwargs)

        for again in self._together([Job(work, done)]):
            self._by_itself(again)
        return done.result()


class Here(ThreadPoolExecutor):
    """What would be read in another thread is read in this one."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        done: Future[T] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as problem:
            done.set_exception(problem)
        return done


class Post:
    """A gateway that takes everything and knows when."""

    def __init__(self, clock: HandClock) -> None:
        self._clock, self.new = clock, list[tuple[Moment, Message]]()

    async def send(self, message: Message) -> None:
        self.new.append((self._clock.now(), message))


class Window:
    """Looks at the half's rows through a connection of its own, and writes down what changed.

    The half keeps no patient, so a loss is known by the message after which it appeared.
    """

    def __init__(self, file: Path, addresses: dict[str, str]) -> None:
        self._db, self._addresses, self._version = sqlite3.connect(file), addresses, -1
        self.did = Did()
        self._seen = list[tuple[str, ...]]()  # the lists as they stood when last looked at
        self._states: dict[str, tuple[str, int]] = {}
        self._reached: dict[tuple[str, str], Reached] = {}
        self._live, self._wrote = set[tuple[str, str]](), set[tuple[str, str]]()  # who is on a list; to whom a message went
        self._keys: dict[str, tuple[str, str]] = {}  # a message's key -> event and step

    def look(self, now: Moment, about: tuple[str, ...]) -> None:
        (version,) = self._db.execute("PRAGMA data_version").fetchone()
        if version == self._version:
            return
        self._version = version
        self._events(now, about)
        rows = self._db.execute("SELECT event, staff, why, ref FROM attendance").fetchall()
        if rows == self._seen:
            return
        self._seen, listed = rows, set[tuple[str, str]]()
        for event, staff, why, ref in rows:
            listed.add((event, staff))
            if (event, staff) not in self._reached:
                self._reached[event, staff] = Reached(event, staff, why)
                self._keys |= {_key(ref, staff, step): (event, step) for step in ("first", "day")}
        self._struck_off(listed)

    def _struck_off(self, listed: set[tuple[str, str]]) -> None:
        """Who was on a list and isn't any more was not reached, unless a message went or the list has had its three days."""
        gone, self._live = self._live - listed - self._wrote, listed
        if gone:
            aged = {name for (name,) in self._db.execute("SELECT event FROM event WHERE died_at IS NULL")}
            self._reached = {one: reached for one, reached in self._reached.items() if one not in gone or one[0] in aged}

    def _events(self, now: Moment, about: tuple[str, ...]) -> None:
        lately = int(now.timestamp()) // 604800 - 1
        rows = self._db.execute("SELECT event, state, weight, died_at, unit FROM event WHERE week >= ?", (lately,))
        for name, state, weight, died, unit in rows:
            if self._states.get(name) != (state, weight):
                self._states[name] = state, weight
                died_at = moment(died) if died else None
                self.did.events.append(Event(name, now, state, weight, died_at, unit or "", about))

    def done(self) -> Did:
        self.did.reached = list(self._reached.values())
        return self.did

    def post(self, at: Moment, message: Message) -> None:
        """A message that fits no row is written down as one of no event: the marker calls it false."""
        staff = self._addresses.get(message.to, "")
        event, step = self._keys.get(message.key, ("", ""))
        later = {_key("", staff, str(at.toordinal() + by)) for by in range(-6, 3)}
        step = step or ("later" if message.key in later else "unknown")
        self._wrote.add((event, staff))
        self.did.sent.append(Sent(staff, at, step, event))

    def close(self) -> None:
        self._db.close()


def _key(ref: str, staff: str, step: str) -> str:
    """As the product names a message, so that a provider can drop the second of two."""
    return hashlib.sha256(f"{ref}|{staff}|{step}".encode()).hexdigest()[:32]


class Drive:
    """One half, one world, one run."""

    def __init__(self, world: World, folder: Path, settle: int = 300) -> None:
        self._world, self._clock = world, HandClock(world.stream[0].at - timedelta(minutes=1))
        self._settings = _settings(world, folder, settle)
        self._store = _open(self._settings)
        self._post = Post(self._clock)
        roads = Roads(sms=self._post, mail=self._post)
        self._running = run.build(self._settings, self._clock, roads, self._store, secrets.token_bytes)
        self._half: Any = self._running.half  # take_in may not be there yet
        self._window = Window(self._settings.data / "event.db", world.addresses)
        self._due: Moment | None = None
        self.unfed = 0  # messages of formats that the half has no way in for

    async def through(self) -> Did:
        """The whole stream, and the days after it."""
        await self._running.start()
        for told in together(self._world.stream):
            await self._until(told[-1].at)
            await self._feed(told)
        await self._until(self._clock.now() + AFTER)
        return self._window.done()

    def close(self) -> None:
        self._window.close()
        self._store.close()

    async def _until(self, at: Moment) -> None:
        """Everything that falls due before that moment happens when it is due."""
        while True:
            nearest = min(self._due or at, self._clock.now() + SWEEP)
            if nearest >= at:
                self._clock.set(at)
                return
            self._clock.set(nearest)
            await self._tick()

    async def _feed(self, told: list[Told]) -> None:
        await asyncio.gather(*(self._one(one) for one in told))
        self._window.look(self._clock.now(), spoken_of(told))
        if self._half.wake.is_set():
            self._half.wake.clear()
            await self._tick()

    async def _one(self, told: Told) -> None:
        if told.format == "hl7v2":
            await self._half.hear(told.body)
        elif hasattr(self._half, "take_in"):
            await self._half.take_in(told.body)
        else:
            self.unfed += 1

    async def _tick(self) -> None:
        for _ in range(ROUNDS):
            self._due = await self._half.tick()
            await self._half.flight.landed()
            self._window.look(self._clock.now(), ())
            for at, message in self._post.new:
                self._window.post(at, message)
            self._post.new.clear()
            if self._due is None or self._due > self._clock.now():
                return
        raise StuckClock(f"after {ROUNDS} rounds something is still due at {self._clock.now():%Y-%m-%d %H:%M:%S}")


def spoken_of(told: list[Told]) -> tuple[str, ...]:
    """Of whom these messages speak: those whose death or life they tell, when they tell any."""
    said = [(key, tells) for one in told for key, tells in zip(one.about, one.tells, strict=True)]
    return tuple(dict.fromkeys(key for key, tells in said if tells)) or tuple(dict.fromkeys(key for key, _ in said))


def together(stream: Iterable[Told]) -> Iterator[list[Told]]:
    """The stream in its order; charts, medicines and orders that follow each other closely go in at once, and share a commit.

    Whatever may tell of a death goes in alone, so that it is known what a loss came from, and at its own minute.
    """
    group: list[Told] = []
    for told in stream:
        alone = told.source not in CHARTS or any(told.tells)
        if group and (alone or len(group) >= AT_ONCE or told.at - group[0].at > CLOSE):
            yield group
            group = []
        if alone:
            yield [told]
        else:
            group.append(told)
    if group:
        yield group


def _settings(world: World, folder: Path, settle: int) -> Inside:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in world.lists.items():
        (folder / name).write_text(text, "utf-8")
    staff, units, rota = (folder / f"{name}.csv" for name in ("staff", "units", "rota"))
    return Inside(
        data=folder / "hospital", zone=ZONE_NAME, care_link=LINK, sms_url="x", settle=settle, staff=staff, units=units, rota=rota,
        dead_dispositions=DEAD, mannequins=list(world.mannequins), expected_services=["PAL"],
    )  # fmt: skip


def _open(settings: Inside) -> Store:
    """The half's own database, without waiting for the disk: this run's power is never cut."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = open_engine(f"sqlite:///{settings.data / 'event.db'}", (*FAST, "synchronous=OFF"))
    upgrade(engine, run.MIGRATIONS)
    return AtOnce(engine)


async def drive(world: World, folder: Path, settle: int = 300) -> tuple[Did, int]:
    """What the half did in this world, and how many messages it had no way in for."""
    asyncio.get_running_loop().set_default_executor(Here())
    one = Drive(world, folder, settle)
    try:
        return await one.through(), one.unfed
    finally:
        one.close()
