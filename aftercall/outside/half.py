"""The care half as one thing: its verbs with their world around them, its peers' files, and its clock."""

import asyncio
import hashlib
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

from sqlalchemy.engine import Connection

from aftercall.config import Outside
from aftercall.locale import speak
from aftercall.outside import flow
from aftercall.outside.bell import Bell
from aftercall.outside.codes import Codes
from aftercall.outside.keys import read_steward
from aftercall.outside.road.box import Ask
from aftercall.outside.road.directory import Entry, entry_from, expired, publish
from aftercall.outside.road.seal import Forged
from aftercall.outside.road.wave import DUTY, Steps
from aftercall.outside.store import boxes, peers, rings
from aftercall.send import Later, Never, Roads
from aftercall.send.flight import Flight
from aftercall.sql import Store
from aftercall.words import Clock, Message, Moment, Randomness, day, keep_time

T = TypeVar("T")
R = TypeVar("R")
log = logging.getLogger("aftercall.outside")


def _(text: str) -> str:
    """Marks a text for the catalogues; it is translated where it is sent."""
    return text


RING = _("On call: 1 waiting. Open your page.")
CALL = _("Hello. This is your page. Somebody is waiting. Please open it now.")  # read out, twice

REISSUE = timedelta(hours=1)
AT_ONCE = 16  # rings in flight
PAGES = "pages"


class Half:
    """Everything the doors may call. It holds no clinician, and no address of one passes through it."""

    def __init__(self, settings: Outside, store: Store, clock: Clock, roads: Roads, rand: Randomness) -> None:
        self.settings, self.clock, self.rand = settings, clock, rand
        self.secret = rand(32)  # of this run: what it signs is good until the next start
        self.bell, self.codes, self.wake = Bell(), Codes(settings.codes), asyncio.Event()
        self.store, self._roads = store, roads
        self._steward = read_steward(settings.data)
        steps = Steps(
            settings.first, settings.second, *map(_sec, (settings.every, settings.again, settings.lease, settings.lease_all))
        )
        self.rules = flow.Rules(settings.programme, steps, tuple(r for r in ("sms",) if r in roads))
        self.directory, self.issued = b"", clock.now()
        self._files: tuple[tuple[str, int], ...] = ()
        self._closed: set[tuple[int, bytes]] = set()  # boxes closed by their own phone today: a late copy of the ask rings nobody
        self.flight = Flight(AT_ONCE)

    # the three verbs -------------------------------------------------------------------------------------------------------

    async def ask(self, this: Ask) -> int | None:
        """How many peers are rung. None: that box exists already, or has ended."""
        if (day(self.clock.now()), _mark(this.box)) in self._closed:
            return None
        rung = await self._do(flow.ask, this)
        self._moved(this.box)
        return rung

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
        for r in ring:
            self.flight.launch(_key(r), partial(self._send, r))
        return due

    async def keep_time(self) -> None:
        await keep_time(self.clock, self.wake, self.tick)

    # the directory ---------------------------------------------------------------------------------------------------------

    async def publish(self) -> None:
        """Make the rows be the certified peers' files, and sign the list anew."""
        self._files = self._peer_files()
        good = tuple(e for name, _ in self._files if (e := self._read_peer(self.settings.data / "peers" / name)))
        await self.store.do(peers.admit, self.settings.programme, good)
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

    # ringing ---------------------------------------------------------------------------------------------------------------

    async def _send(self, ring: rings.Ring) -> None:
        """Send, then mark: twice is kinder than never."""
        message = await self.store.do(_worded, ring, self.settings)
        try:
            if message:
                await self._roads.send(message)
        except Later as problem:
            log.warning("a ring waits for its next try: %s", problem)
            await self.store.do(rings.later, self.settings.programme, ring, self.clock.now())
            return
        except Never as problem:
            log.error("a ring can't go out: %s", problem)
        await self.store.do(rings.sent, self.settings.programme, ring)

    def _moved(self, box: str) -> None:
        self.bell.ring(box, PAGES)
        self.wake.set()

    async def _do(self, verb: Callable[[Connection, T, flow.Rules, Moment], R], what: T) -> R:
        """One verb in one transaction; once more when another worker changed the same box first."""
        while True:
            try:
                return await self.store.do(verb, what, self.rules, self.clock.now())
            except boxes.Moved:
                continue


def _worded(conn: Connection, ring: rings.Ring, s: Outside) -> Message | None:
    """The ring in the peer's language, saying nothing a stranger may not read; None when somebody answered or the peer has gone."""
    if not rings.stands(conn, s.programme, ring):
        return None
    key = _key(ring)
    if ring.pid == DUTY:
        return Message(ring.road, s.duty_tel, speak(s.duty_language)(RING), key)
    entry = peers.entry_of(conn, s.programme, ring.pid)
    card = entry.known() if entry else {}
    if not card.get("tel"):
        return None
    return Message(ring.road, str(card["tel"]), speak((card.get("languages") or ["en"])[0])(RING), key)


def _key(ring: rings.Ring) -> str:
    """The same for the same ring, so that a provider can drop the second of two. It can't be read back."""
    return hashlib.sha256(f"{ring.box}|{ring.pid}|{ring.road}|{ring.wave}".encode()).hexdigest()[:32]


def _sec(n: int) -> timedelta:
    return timedelta(seconds=n)


def _mark(box: str) -> bytes:
    return hashlib.sha256(box.encode()).digest()
