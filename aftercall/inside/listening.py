"""All that this half listens to, as its settings say: links, folders, servers that are asked, and a directory of the staff."""

import asyncio
import ipaddress
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import httpx

from aftercall.config import Inside, Wrong
from aftercall.inside.doors.fhir import Subscribed
from aftercall.inside.feeds import folder
from aftercall.inside.feeds.fhir.poll import Asking, Cursor, poll
from aftercall.inside.feeds.fhir.smart import BadKey, Source, key_in
from aftercall.inside.feeds.mllp import Limits, listen
from aftercall.inside.feeds.porch import tls_context
from aftercall.inside.feeds.site import Mark, Site
from aftercall.inside.half import Half
from aftercall.inside.road.crew import Member, Person
from aftercall.inside.road.notice import Notice, Unread
from aftercall.inside.silence import rules_in
from aftercall.inside.store import cursors, leavers, roster
from aftercall.words import Moment, StaffId

PATIENCE = 60.0  # seconds that a server may take for one answer
AGAIN = 10.0  # seconds between two looks whether the worker that reads a feed went away
LOOK = 1.0  # seconds between two looks into the watched folder


@dataclass(frozen=True)
class Ears:
    """The half, as a reader of FHIR sees it."""

    half: Half

    async def take(self, heard: Sequence[Notice | Unread]) -> None:
        await self.half.take(heard)
        for one in heard:
            self.half.ears.note("fhir", one, self.half.clock.now())

    def reader(self, now: Moment) -> tuple[Site, Mark]:
        return self.half.reader()


@dataclass(frozen=True)
class Roster:
    """The staff's rows, as the directory's door sees them. Every call is one transaction."""

    half: Half

    async def add(self, person: Person) -> bool:
        return await self.half.store.do(leavers.back, self.half.rules.org, person)

    async def replace(self, person: Person) -> bool:
        return await self.half.store.do(roster.put, self.half.rules.org, person, False)

    async def leave(self, person: Person) -> None:
        await self.half.store.do(leavers.leave, self.half.rules.org, person, self.half.clock.now())

    async def remove(self, staff: StaffId) -> None:
        await self.half.store.do(leavers.remove, self.half.rules.org, staff)

    async def get(self, staff: StaffId) -> Member | None:
        return await self.half.store.do(leavers.get, self.half.rules.org, staff)

    async def find(self, authority: str, number: str) -> Member | None:
        return await self.half.store.do(leavers.find, self.half.rules.org, authority, number)

    async def page(self, start: int, count: int) -> tuple[int, list[Member]]:
        return await self.half.store.do(leavers.page, self.half.rules.org, start, count)


def check(s: Inside) -> None:
    """Raises Wrong where a feed's settings can't be used, with what to write instead."""
    networks(s)
    tls_of(s)
    try:
        rules_in(s.silence)
    except ValueError as problem:
        raise Wrong(f"silence: {problem}") from None
    if s.fhir_url:
        source_of(s)
    if s.folder and not Path(s.folder).is_dir():
        raise Wrong(f"folder: {s.folder} is no folder; make it, and let only this half and the sender write to it")


def networks(s: Inside) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    try:
        return [ipaddress.ip_network(one) for one in s.mllp_allow]
    except ValueError as problem:
        raise Wrong(f"mllp_allow: {problem}; write networks as 10.2.0.0/16") from None


def tls_of(s: Inside) -> ssl.SSLContext | None:
    if not s.mllp_cert:
        return None
    try:
        return tls_context(Path(s.mllp_cert), Path(s.mllp_key), Path(s.mllp_clients) if s.mllp_clients else None)
    except (OSError, ssl.SSLError) as problem:
        raise Wrong(f"mllp_cert, mllp_key, mllp_clients: {problem}") from None


def source_of(s: Inside) -> Source:
    try:
        key = key_in(Path(s.fhir_key)) if s.fhir_key else None
    except BadKey as problem:
        raise Wrong(f"fhir_key: {problem}") from None
    password = s.fhir_password if s.fhir_user else None
    return Source(s.fhir_url.rstrip("/"), s.fhir_client, key, user=s.fhir_user, password=password, every=float(s.fhir_every))


async def links(half: Half, s: Inside) -> asyncio.Server:
    """HL7 over MLLP."""
    limits = replace(Limits(), idle=float(s.mllp_idle) or None)
    return await listen(
        s.mllp_host,
        s.mllp_port,
        half.listen,
        limits=limits,
        refuse=half.refuse,
        tls=tls_of(s),
        allow=networks(s),
        rate=float(s.mllp_rate) or None,
    )


def subscribed(half: Half, s: Inside) -> Subscribed | None:
    """The far end of a FHIR subscription, where one is set."""
    if not s.fhir_token:
        return None
    asks = Asking(source_of(s), client(), cursor(half, "fhir"), Ears(half), half.clock.now) if s.fhir_url else None
    return Subscribed(Ears(half), s.fhir_token, half.clock.now, asks, base=s.fhir_url.rstrip("/"))


def client() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=PATIENCE, follow_redirects=False, trust_env=False)


def cursor(half: Half, feed: str) -> Cursor:
    async def load() -> str | None:
        return await half.store.do(cursors.load, half.rules.org, feed)

    async def save(place: str) -> None:
        await half.store.do(cursors.save, half.rules.org, feed, place)

    return Cursor(load, save)


async def ask(half: Half, s: Inside) -> None:
    """A FHIR server is asked for what is new, for ever."""
    async with client() as line:
        wait = turns(half, "fhir", float(s.fhir_every))
        await wait(0)
        await poll(source_of(s), line, cursor(half, "fhir"), Ears(half), half.clock.now, wait)


async def watch(half: Half, s: Inside) -> None:
    """A folder is watched for reports, for ever."""

    async def take(name: str, body: bytes) -> tuple[Unread, ...]:
        heard, _ = await half.take_in(body, "folder")
        return tuple(one for one in heard if isinstance(one, Unread))

    await folder.watch(Path(s.folder), take, partial(turns(half, "folder", LOOK), LOOK))


def turns(half: Half, feed: str, every: float) -> Callable[[float], Awaitable[None]]:
    """A pause, after which it is this worker that reads that feed; another goes on where this one went away."""

    async def wait(pause: float) -> None:
        await asyncio.sleep(pause)
        while not await half.company.reads(feed, timedelta(seconds=30 + 2 * every)):  # noqa: ASYNC110 - another process ends it
            await asyncio.sleep(min(every, AGAIN))

    return wait
