"""The care half as one thing: its verbs with their world around them, its peers' files, and its clock."""

import asyncio
import hashlib
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from sqlalchemy.engine import Connection

from aftercall.config import Outside
from aftercall.outside import flow, ladder
from aftercall.outside.bell import Bell
from aftercall.outside.codes import Codes
from aftercall.outside.keys import read_steward
from aftercall.outside.ringing import Ringing
from aftercall.outside.road.box import Ask
from aftercall.outside.road.directory import Entry, entry_from, expired, publish
from aftercall.outside.road.reach import ROADS
from aftercall.outside.road.seal import Forged
from aftercall.outside.road.wave import Steps
from aftercall.outside.store import boxes, peers
from aftercall.send import Roads
from aftercall.sql import Store
from aftercall.words import Clock, Moment, Randomness, day, keep_time

T = TypeVar("T")
R = TypeVar("R")
log = logging.getLogger("aftercall.outside")

REISSUE = timedelta(hours=1)
PAGES = "pages"


class Half:
    """Everything the doors may call. It holds no clinician, and no address of one passes through it."""

    def __init__(self, settings: Outside, store: Store, clock: Clock, roads: Roads, rand: Randomness) -> None:
        self.settings, self.clock, self.rand = settings, clock, rand
        self.secret = rand(32)  # of this run: what it signs is good until the next start
        self.bell, self.codes, self.wake = Bell(), Codes(settings.codes), asyncio.Event()
        self.store = store
        self._steward = read_steward(settings.data)
        s = settings
        steps = Steps(s.first, s.second, _sec(s.every), _sec(s.again), _sec(s.lease), _sec(s.lease_all), s.rounds)
        self.rules = ladder.Rules(s.programme, steps, frozenset(road for road in ROADS if road in roads), s.duty_tel)
        self.ringing = Ringing(s, store, clock, roads, self.rules, self.wake)
        self.flight = self.ringing.flight
        self.directory, self.issued = b"", clock.now()
        self._files: tuple[tuple[str, int], ...] = ()
        self._closed: set[tuple[int, bytes]] = set()  # boxes closed by their own phone today: a late copy of the ask rings nobody

    # the three verbs -------------------------------------------------------------------------------------------------------

    async def ask(self, this: Ask) -> flow.Asked | None:
        """Who is rung. None: that box exists already, or has ended."""
        if (day(self.clock.now()), _mark(this.box)) in self._closed:
            return None
        asked = await self._do(flow.ask, this)
        self._moved(this.box)
        return asked

    async def answer(self, press: flow.Press) -> flow.Answer:
        given = await self._do(flow.answer, press)
        if isinstance(press, flow.Close):  # also when nothing is there: the close before this one may have come through unheard
            self._closed = {c for c in self._closed if c[0] == day(self.clock.now())} | {(day(self.clock.now()), _mark(press.box))}
        if not isinstance(press, flow.Look):
            self._moved(press.box)
        return given

    async def tick(self) -> Moment | None:
        """One round of the clock. Returns when the next is due."""
        now = self.clock.now()
        if now - self.issued >= REISSUE or self._peer_files() != self._files:
            await self.publish()
        ring, moved, due = await self.store.do(flow.tick, now, self.rules)
        if moved:
            self.bell.ring(PAGES, *moved)
        await self.ringing.launch(ring)
        return due

    async def begin(self) -> None:
        """Before anybody knocks: the directory is signed, and what was left in disorder rings."""
        await self.publish()
        await self.store.do(ladder.recover, self.rules, self.clock.now())

    async def keep_time(self) -> None:
        await keep_time(self.clock, self.wake, self.tick)

    # the directory ---------------------------------------------------------------------------------------------------------

    async def publish(self) -> None:
        """Make the rows be the certified peers' files, and sign the list anew."""
        self._files = self._peer_files()
        good = tuple(e for name, _ in self._files if (e := self._read_peer(self.settings.data / "peers" / name)))
        there = (self.settings.data / "peers").is_dir()  # a disk that is not mounted has revoked nobody
        known = frozenset(name.removesuffix(".json") for name, _ in self._files) if there else None
        if moved := await self._do(ladder.admit, ladder.Listed(good, known)):
            self._moved(*moved)
        entries = tuple(
            e for e in await self.store.do(peers.all_of, self.settings.programme) if not expired(e.kem_after, self.clock.now())
        )
        self.issued = self.clock.now()
        s = self.settings
        public = {"name": s.name, "duty": {"tel": s.duty_tel}, "lines": s.lines, "cover": s.cover}
        self.directory = publish(public, entries, self._steward, s.programme, self.issued)

    async def renew(self, pid: str, kem: str, kem_after: str, kem_sig: str) -> None:
        """A peer's next sealing key. Raises Forged when the peer's identity didn't sign it."""
        entry = await self.store.do(peers.entry_of, self.settings.programme, pid)
        if entry is None:
            raise Forged("this peer is not in the directory any more")
        if (kem, kem_after) == (entry.kem, entry.kem_after):
            return  # the phone says it again at each sign-in
        if kem_after <= entry.kem_after:
            raise Forged(f"a new sealing key must be good for longer than the one before, which ends on {entry.kem_after}")
        new = replace(entry, kem=kem, kem_after=kem_after, kem_sig=kem_sig)
        new.holds(self.settings.programme, self._steward.root, self.clock.now())
        await self.store.do(peers.set_entry, self.settings.programme, new)
        await self.publish()

    def _peer_files(self) -> tuple[tuple[str, int], ...]:
        folder = self.settings.data / "peers"
        return tuple(sorted((p.name, p.stat().st_mtime_ns) for p in folder.glob("*.json")))

    def _read_peer(self, path: Path) -> Entry | None:
        try:
            entry = entry_from(path.read_text("utf-8"))
            entry.certified(self.settings.programme, self._steward.root, self.clock.now())
        except (Forged, OSError, UnicodeDecodeError) as problem:
            log.error("peers/%s is left out of the directory: %s", path.name, problem)
            return None
        return entry

    def _moved(self, *boxes: str) -> None:
        self.bell.ring(*boxes, PAGES)
        self.wake.set()

    async def _do(self, verb: Callable[[Connection, T, ladder.Rules, Moment], R], what: T) -> R:
        """One verb in one transaction; once more when another worker changed the same box first."""
        while True:
            try:
                return await self.store.do(verb, what, self.rules, self.clock.now())
            except boxes.Moved:
                continue


def _sec(n: int) -> timedelta:
    return timedelta(seconds=n)


def _mark(box: str) -> bytes:
    return hashlib.sha256(box.encode()).digest()
