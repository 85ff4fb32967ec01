"""The care half at work: its door and its clock in one event loop."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import State
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp

from aftercall.apart import check_apart
from aftercall.config import Outside, Wrong, check_parts
from aftercall.door import leave_no_core, open_to, until_told, where
from aftercall.openapi import describe
from aftercall.outside.doors import acts, answers, care, described, desk, page, papers, peer, planned, reach, sms, team, ussd, voice
from aftercall.outside.doors.basic import Basic
from aftercall.outside.doors.cover import Cover
from aftercall.outside.doors.reception import reception_of
from aftercall.outside.doors.shelf import Shelf
from aftercall.outside.half import Half
from aftercall.outside.keys import read_steward
from aftercall.outside.pages import pages_of
from aftercall.outside.planning import kept
from aftercall.outside.road.duty import Gaps
from aftercall.outside.road.work import HARDEST
from aftercall.outside.watch import Watch
from aftercall.places import pack
from aftercall.send import Roads
from aftercall.send.heard import Unheard
from aftercall.send.ways import care_ways_of
from aftercall.signin import doors as signin
from aftercall.signin.reception import Reception
from aftercall.sql import OUTSIDE, Lock, Store, Taken, expect_one_org, open_engine, upgrade
from aftercall.sql import Refused as SqlRefused
from aftercall.tls import check_door
from aftercall.watch import hatch
from aftercall.watch.running import looking
from aftercall.watch.window import window
from aftercall.words import Clock, Randomness, SteadyClock

PARTS = ("web", "clock")
MIGRATIONS = Path(__file__).parent / "store" / "migrations"
log = logging.getLogger("aftercall.outside")


@dataclass(frozen=True)
class Running:
    """A built half: the application for the door, the half for its clock."""

    app: ASGIApp
    half: Half
    reception: Reception
    state: State

    async def start(self) -> None:
        await self.half.begin()

    def watch(self, parts: Collection[str]) -> Watch:
        """Who looks whether it is well, where these parts of it run."""
        self.state.watch = watch = Watch(self.half, self.app, "web" in parts, "clock" in parts)
        return watch


def build(settings: Outside, clock: Clock, network: Roads, store: Store, randomness: Randomness) -> Running:
    """The half from its parts; nothing has begun yet. Raises NoKey, or ValueError when a setting can't be used."""
    half = Half(settings, store, clock, network, randomness)
    app = FastAPI(title="Aftercall, care half", version="1", docs_url=None, redoc_url=None, openapi_url="/care/v1/openapi.json")
    app.state.half = half
    root = read_steward(settings.data).root
    app.state.shelf, app.state.papers = Shelf(settings, root), papers.papers_of(settings, root)
    app.state.reception = reception = reception_of(half, randomness)
    app.state.pages = pages_of(ZoneInfo(settings.zone))
    app.state.basic = Basic(half, network, randomness)
    app.state.watch_token, app.state.watch = settings.watch_token, Watch(half, app, over_the_wire=False, clock=True)
    for router in (
        care.router,
        peer.router,
        reach.router,
        window("/care/v1", answers.gone),
        page.router,
        papers.router,
        sms.router,
        voice.router,
        ussd.router,
        signin.router,
        desk.router,
        team.router,
        planned.router,
    ):
        app.include_router(router)
    describe(app, described.CALLS)
    app.add_exception_handler(answers.Refused, answers.refused)
    app.add_exception_handler(Unheard, _elsewhere)
    app.add_exception_handler(RequestValidationError, answers.unreadable)
    app.add_exception_handler(HTTPException, _elsewhere)
    app.add_exception_handler(SqlRefused, answers.ours)  # said without a trace: a database that is away would fill the log
    app.add_exception_handler(Exception, answers.ours)
    return Running(Cover(app), half, reception, app.state)


async def _elsewhere(_: object, problem: Exception) -> Response:
    """No such address here: the same answer as for a box that isn't yours. A body that is not even text has an address."""
    if isinstance(problem, HTTPException) and problem.status_code == 400:
        return answers.padded({"error": "form", "say": "body: this is no JSON."}, 256, 400)
    return answers.gone()


def check_settings(s: Outside) -> None:
    """Refuse what would break a promise. Raises Wrong, with what to do."""
    check_door(s)
    if not all(isinstance(line, dict) and line.get("name") and line.get("tel") for line in s.lines):
        raise Wrong('lines: write each as {name = "Somebody to call", tel = "+254...", hours = "day and night"}')
    if not 0 <= s.work <= HARDEST:
        raise Wrong(f"work: from 0 to {HARDEST}; 13 is about a second of a cheap phone, and each one more twice as long")
    if not s.codes:
        raise Wrong("codes: make the staff code with `aftercall keys code` and put the line it prints here")
    if s.place and s.chat and pack(s.place).chat == "no":
        raise Wrong(f"chat: letters may not be written in {s.place}; set chat = false, and colleagues call")
    care_ways_of(s)
    check_apart(s)


roads_of = care_ways_of


def open_store(s: Outside, kind: type[Store] = Store) -> Store:
    s.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = open_engine(s.url or f"sqlite:///{s.data / 'care.db'}", OUTSIDE)
    upgrade(engine, MIGRATIONS)
    expect_one_org(engine)
    return kind(engine)


async def serve(running: Running, settings: Outside, parts: Collection[str] = PARTS) -> None:
    """Until the process is told to end."""
    half = running.half
    with half.company.heard():
        await running.start()
        here, tasks = None, []
        if "web" in parts:
            here = open_to(running.app, settings)
            tasks.append(asyncio.create_task(here.serve()))
            log.warning("care half: %s", where(settings))
        if "clock" in parts:
            tasks.append(asyncio.create_task(half.keep_time()))
        if settings.url:
            tasks.append(asyncio.create_task(half.company.keep_clean()))
        from_the_machine = (*acts.from_the_machine(half), signin.from_the_machine(running.reception))
        with looking(running.watch(parts), settings, *from_the_machine) as looks:
            await until_told(*tasks, *looks, door=here)


def gaps(settings: Outside, clock: Clock) -> tuple[Gaps, str]:
    """The hours with fewer than two peers, and what is wrong with the rota. On SQLite the running half is asked: it keeps them in a
    file beside its database. Where none runs they are found anew. Raises NoKey, Taken, OSError.
    """
    try:
        with _at_rest(settings) as store:
            return asyncio.run(_found(_half_of(settings, store, clock)))
    except Taken:
        return kept(settings.data)


@contextlib.contextmanager
def _at_rest(settings: Outside) -> Iterator[Store]:
    """The rows, where no process has them. Raises Taken."""
    lock = None if settings.url else Lock(settings.data / "care.lock")
    store = open_store(settings)
    try:
        yield store
    finally:
        store.close()
        if lock:
            lock.close()


def _half_of(settings: Outside, store: Store, clock: Clock) -> Half:
    """One that sends nothing."""
    return Half(settings, store, clock, Roads(), secrets.token_bytes)


def note(settings: Outside, clock: Clock, what: str) -> None:
    """Have an act written down: by the running half, and where none runs in its place. Raises Taken, Silent, NoKey, OSError."""
    if hatch.pressed(settings.data, "/act", {"what": what}) is None:
        with _at_rest(settings) as store:
            asyncio.run(_half_of(settings, store, clock).note(what))


def acts_told(settings: Outside, clock: Clock) -> str:
    """All that was done, for a person to read. Raises Taken, Silent, NoKey, OSError."""
    if told := hatch.pressed(settings.data, "/acts", {}):
        return told["acts"]
    with _at_rest(settings) as store:
        return asyncio.run(_half_of(settings, store, clock).acts_told())


async def _found(half: Half) -> tuple[Gaps, str]:
    await half.publish()
    await half.planning.landed()
    return half.planning.gaps, half.planning.problem


def main(settings: Outside, parts: Collection[str] = PARTS) -> None:
    """`aftercall outside`. Raises Taken when another process holds this database."""
    check_settings(settings)
    check_parts(parts, settings.url, PARTS)
    leave_no_core()
    with _at_rest(settings) as store:
        asyncio.run(serve(build(settings, SteadyClock(), roads_of(settings), store, secrets.token_bytes), settings, parts))
