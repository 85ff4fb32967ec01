"""The hospital's half at work: its listener, its door and its clock in one event loop."""

import asyncio
import gc
import logging
import secrets
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import State
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from aftercall.apart import check_apart, origin
from aftercall.config import Inside, Wrong, check_parts
from aftercall.door import leave_no_core, open_to, until_told, where
from aftercall.inside import listening
from aftercall.inside.alike import Alike
from aftercall.inside.counted import Counted
from aftercall.inside.doors import (
    described,
    desk,
    fhir,
    gateway,
    hand,
    handed,
    hearing,
    intake,
    kept,
    looked,
    losses,
    mine,
    oidc,
    signin,
)
from aftercall.inside.doors.cover import Cover
from aftercall.inside.doors.office import Contacts, Office
from aftercall.inside.doors.reception import Reception
from aftercall.inside.doors.scim import users
from aftercall.inside.half import Half
from aftercall.inside.incoming import Incoming
from aftercall.inside.pages import pages_of
from aftercall.inside.watch import Watch
from aftercall.openapi import describe
from aftercall.send import Roads
from aftercall.send.ways import ways_of
from aftercall.sql import INSIDE, Lock, Store, expect_one_org, keep_small, open_engine, upgrade
from aftercall.tls import check_door
from aftercall.watch.running import looking
from aftercall.watch.window import window
from aftercall.words import Clock, Randomness, SteadyClock

PARTS = ("listen", "web", "clock")
LARGER = intake.LARGER | fhir.LARGER | handed.LARGER  # what may come through the door beyond its usual 128 kB
MIGRATIONS = Path(__file__).parent / "store" / "migrations"
log = logging.getLogger("aftercall.inside")


@dataclass(frozen=True)
class Running:
    """A built half: the application for the door, the half for its listener and its clock."""

    app: ASGIApp
    half: Half
    office: Office
    reception: Reception
    incoming: Incoming
    state: State
    roads: Counted

    async def start(self) -> None:
        """Read the hospital's lists, before any feed speaks. Raises BadList."""
        await self.half.mirror()
        await self.half.canary.sweep()

    def watch(self, parts: Collection[str]) -> Watch:
        """Who looks whether it is well, where these parts of it run."""
        self.state.watch = watch = Watch(self.half, self.roads, "listen" in parts, "clock" in parts)
        return watch


def contacts_of(s: Inside) -> Contacts:
    """What the settings say of whom to call."""
    return Contacts(s.address, s.duty_tel, s.cover, s.coordinator_phone, s.coordinator_mail, s.coordinator_language, s.authority)


def build(
    settings: Inside, clock: Clock, network: Roads, store: Store, randomness: Randomness, contacts: Contacts | None = None
) -> Running:
    """The half from its parts; nothing has begun yet."""
    uncounted = Alike(network, clock)
    network = roads = Counted(uncounted)
    half, contacts = Half(settings, store, clock, network, randomness), contacts or contacts_of(settings)
    app = FastAPI(
        title="Aftercall, hospital half", version="1", docs_url=None, redoc_url=None, openapi_url="/inside/v1/openapi.json"
    )
    app.state.half = half
    app.state.office = office = Office(half, network, randomness, contacts, uncounted)
    app.state.reception = reception = Reception(office, randomness)
    app.state.incoming = incoming = Incoming(half, clock, randomness)
    app.state.wicket = mine.Wicket(office, reception, randomness)
    app.state.vouching = oidc.Vouching(office, reception, randomness)
    app.state.pages = pages_of(office.zone, duty_tel=contacts.duty_tel, cover=contacts.cover, oidc=bool(settings.oidc_issuer))
    app.state.fhir = listening.subscribed(half, settings)
    app.state.roster, app.state.scim_token, app.state.country = listening.Roster(half), settings.scim_token, settings.country
    app.state.watch_token, app.state.watch = settings.watch_token, Watch(half, roads, listens=False, clock=True)
    windows = window("/inside/v1", intake.gone)
    rooms = (gateway, hand, desk, signin, oidc, looked, losses, hearing, handed, kept, mine, intake, fhir, users)
    for router in (*(room.router for room in rooms), windows):
        app.include_router(router)
    describe(app, described.CALLS)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _elsewhere)
    return Running(Cover(app), half, office, reception, incoming, app.state, roads)


async def _elsewhere(_: object, problem: Exception) -> Response:
    """No such address here, or not in this way: the same answer as for a secret that doesn't hold. A body that is not even text
    has an address.
    """
    if isinstance(problem, HTTPException) and problem.status_code == 400:
        return JSONResponse({"error": "form", "say": "body: this is no JSON."}, 400)
    return intake.gone()


async def _unreadable(_: Request, problem: Exception) -> Response:
    """Names the field, never what stood in it."""
    assert isinstance(problem, RequestValidationError)
    first = problem.errors()[0]
    return JSONResponse({"error": "form", "say": f"{'.'.join(map(str, first['loc']))}: {first['msg']}"[:200]}, 400)


def check_settings(s: Inside) -> None:
    """Refuse what would break a promise. Raises Wrong, with what to do."""
    if "#" not in s.care_link:
        raise Wrong("care_link: the four words stand after # in the link, as https://care.example/#four-words-of-code")
    ways = ways_of(s)
    if "sms" not in ways and "mail" not in ways:
        raise Wrong("sms_url or mail_host: without one of them no message can leave")
    if origin(s.address) and origin(s.address) == origin(s.care_link):
        raise Wrong("address: the care half's pages are there; the two halves never share an address")
    check_apart(s)
    check_door(s)
    oidc.check(s)
    listening.check(s)


roads_of = ways_of


def open_store(s: Inside, kind: type[Store] = Store) -> Store:
    s.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = open_engine(s.url or f"sqlite:///{s.data / 'event.db'}", INSIDE)
    upgrade(engine, MIGRATIONS)
    expect_one_org(engine)
    return kind(engine)


def rest_the_collector() -> None:
    """What stands now stands to the end: looking through it for rubbish again and again took more time than all the reading."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def share_the_lock() -> None:
    """The writer asks for Python's lock after each statement, and a reader that is busy keeps it for 5 ms unless told otherwise:
    a death, of thirty statements, would wait for all of them.
    """
    sys.setswitchinterval(0.001)


async def serve(running: Running, settings: Inside, parts: Collection[str] = PARTS) -> None:
    """Until the process is told to end. The listener opens last, when everything it needs is there."""
    half = running.half
    with half.company.heard():
        await running.start()
        here, mllp, tasks = None, None, []
        if "web" in parts:
            here = open_to(running.app, settings, LARGER)
            tasks.append(asyncio.create_task(here.serve()))
            log.warning("hospital half: %s", where(settings))
        tasks.append(asyncio.create_task(half.keep_time() if "clock" in parts else half.keep_up()))
        if "clock" in parts:
            tasks += [asyncio.create_task(room.keep_time()) for room in (running.office, running.reception, running.incoming)]
        if not settings.url:
            tasks.append(asyncio.create_task(keep_small(half.store.engine)))
        if "listen" in parts:
            tasks += _ears(half, settings)
            mllp = await listening.links(half, settings)
            log.warning("hospital half: MLLP on %s:%d", settings.mllp_host, settings.mllp_port)
        rest_the_collector()
        share_the_lock()
        try:
            with looking(running.watch(parts), settings, signin.from_the_machine(running.reception)) as looks:
                await until_told(*tasks, *looks, door=here)
        finally:
            if mllp:
                mllp.close()


def _ears(half: Half, settings: Inside) -> list[asyncio.Task[None]]:
    """What is listened to besides the links."""
    ears = [listening.watch(half, settings)] if settings.folder else []
    ears += [listening.ask(half, settings)] if settings.fhir_url else []
    return [asyncio.create_task(ear) for ear in ears]


def main(settings: Inside, parts: Collection[str] = PARTS) -> None:
    """`aftercall inside`. Raises Taken when another process holds this database."""
    check_settings(settings)
    check_parts(parts, settings.url, PARTS)
    leave_no_core()
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = None if settings.url else Lock(settings.data / "event.lock")
    store = open_store(settings)
    try:
        asyncio.run(serve(build(settings, SteadyClock(), roads_of(settings), store, secrets.token_bytes), settings, parts))
    finally:
        store.close()
        if lock:
            lock.close()
