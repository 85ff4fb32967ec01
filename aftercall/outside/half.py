"""The care half as one thing: its verbs with their world around them, its peers' files, and its clock."""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from sqlalchemy.engine import Connection

from aftercall import whole
from aftercall.config import Outside
from aftercall.outside import acts, flow, ladder
from aftercall.outside.backup import LIST
from aftercall.outside.bell import Bell
from aftercall.outside.canary import Canary
from aftercall.outside.codes import Codes
from aftercall.outside.company import PAGES, Company, Verb, admitting, telling, tick
from aftercall.outside.keys import read_steward, secret_of
from aftercall.outside.planning import Planning
from aftercall.outside.ringing import Ringing
from aftercall.outside.road.box import Ask
from aftercall.outside.road.directory import Entry, body_of, endings, entry_from, expired, publish
from aftercall.outside.road.reach import ROADS
from aftercall.outside.road.seal import Forged, point
from aftercall.outside.road.sheet import Counting, Period
from aftercall.outside.road.sheet import publish as publish_sheet
from aftercall.outside.road.wave import Steps
from aftercall.outside.store import boxes, duty, peers, sheets
from aftercall.send import Roads
from aftercall.send.push import public, push_key
from aftercall.send.ways import PUSH_KEY
from aftercall.signin import kept
from aftercall.signin.chain import Act, Head
from aftercall.signin.seat import Person
from aftercall.sql import Away, Store
from aftercall.words import Clock, Moment, Randomness, day, keep_time
from aftercall.workers import Low, alone, patient

T = TypeVar("T")
R = TypeVar("R")
log = logging.getLogger("aftercall.outside")

REISSUE = timedelta(hours=1)
HASTE = timedelta(seconds=1)  # what stands in whole seconds need not be looked at more often while much is leaving
TEST_EVERY = timedelta(minutes=1)


class Half:
    """Everything the doors may call. It holds no clinician, and no address of one passes through it."""

    def __init__(self, settings: Outside, store: Store, clock: Clock, roads: Roads, rand: Randomness) -> None:
        self.settings, self.clock, self.rand = settings, clock, rand
        self.store = store
        self.planning = Planning(settings, store, clock, roads)
        self._steward = read_steward(settings.data)
        self.secret, self.sign_in_key = secret_of(self._steward, "challenge"), secret_of(self._steward, "desk")
        self.bell, self.wake = Bell(secret_of(self._steward, "bell")), asyncio.Event()
        s = settings
        steps = Steps(s.first, s.second, _sec(s.every), _sec(s.again), _sec(s.lease), _sec(s.lease_all), s.rounds, s.many)
        by = frozenset(road for road in ROADS if road in roads)
        self.rules = ladder.Rules(s.programme, steps, by, Counting(s.staff, rand), s.duty_tel, s.call)
        self.push_key = public(push_key(s.data / PUSH_KEY)) if "push" in roads else ""  # what a page subscribes with
        self._tested = dict[tuple[str, str], Moment]()
        self.ringing = Ringing(s, store, clock, roads, self.rules, self.wake)
        self.flight = self.ringing.flight
        self.canary = Canary(s, store, clock, self.rules, rand, self.wake, self.bell)
        self.codes = Codes(settings.codes, self.canary.code)
        self._directory, self._issued = b"", clock.now() - REISSUE
        self._files: tuple[tuple[str, int], ...] = ()
        self._rota: tuple[object, ...] = ()
        self._listing = asyncio.Lock()
        self._acts_key = kept.key_of(s.data, rand)
        self._prints = acts.Prints(self._acts_key, s, point(self._steward.key.public_key()), self.push_key)
        self.company = Company(store, clock, self.bell, self.wake)
        self._today, self._low, self._looked = 0, Low(), clock.now() - HASTE
        self.ticked = clock.now()  # when the clock last came round

    # the three verbs -------------------------------------------------------------------------------------------------------

    async def ask(self, this: Ask) -> flow.Asked | None:
        """Who is rung. None: that box exists already, or has ended."""
        if self.company.has_ended(this.box):
            return None
        asked = await self._do(telling(flow.ask, self.bell), this)
        self._moved(this.box)
        return asked

    async def answer(self, press: flow.Press) -> flow.Answer:
        given = await self._do(telling(flow.answer, self.bell), press)
        if isinstance(press, flow.Close):  # also when nothing is there: the close before this one may have come through unheard
            self.company.ended(self.bell.mark(press.box))
        if given.moved:
            self.company.unswept = True
            self._moved(press.box)
        return given

    async def tick(self) -> Moment | None:
        """One round of the clock. Returns when the next is due."""
        await self._turn()
        now = self.clock.now()
        if now - self._issued >= REISSUE or self._peer_files() != self._files or self.planning.files() != self._rota:
            await self.publish()
        room, in_haste = self.ringing.room(), self.flight.crowded and timedelta(0) <= now - self._looked < HASTE
        self._looked = self._looked if in_haste else now
        with self.ringing.gone.taken(None) as gone:
            passed = await self.store.do(tick, now, self.rules, room, self._low, self.bell, gone, in_haste)
        more = await self.ringing.launch(passed.going, room)
        if await self.planning.look():
            await self._sign()
        if passed.moved:
            self.company.unswept = True
            self.bell.ring(PAGES, *passed.moved)
        due = [now if more else passed.due, await self.canary.tick()]
        self.ticked = self.clock.now()
        return min((at for at in due if at), default=None)

    async def begin(self) -> None:
        """Before anybody knocks: the directory is signed, and what was left in disorder rings."""
        await self._turn()
        await self.publish()
        await self.store.do(ladder.recover, self.rules, self.clock.now())
        await self.canary.sweep()

    async def keep_time(self) -> None:
        await keep_time(self.clock, self.wake, patient(self.tick, self.clock))

    async def _turn(self) -> None:
        """At the first thing of a new day, and at the first of a run."""
        if (today := day(now := self.clock.now())) != self._today:
            await self.store.do(flow.turn, now, self.rules, self._sheet)
            self._today = today

    # the directory ---------------------------------------------------------------------------------------------------------

    async def publish(self) -> None:
        """Make the rows be the certified peers' files, and sign the list anew where it says something else or is an hour old."""
        async with self._listing:
            await self._list_anew()

    async def entry_of(self, pid: str) -> Entry | None:
        """A peer as certified; one whose file came a moment ago is not sent away until the server looks by itself."""
        entry = await self.store.do(peers.entry_of, self.settings.programme, pid)
        if entry is None:
            async with self._listing:
                if self._peer_files() != self._files:
                    await self._list_anew()
            entry = await self.store.do(peers.entry_of, self.settings.programme, pid)
        return entry

    async def _list_anew(self) -> None:
        self._files, self._rota = self._peer_files(), self.planning.files()
        good = tuple(e for name, _ in self._files if (e := self._read_peer(self.settings.data / "peers" / name)))
        there = (self.settings.data / "peers").is_dir()  # a disk that is not mounted has revoked nobody
        known = frozenset(name.removesuffix(".json") for name, _ in self._files) if there else None
        if moved := await self._do(admitting(self.bell), ladder.Listed(good, known)):
            self._moved(*moved)
        await self.planning.mirror(good)
        self.planning.moved()
        await self.planning.look()
        await self._sign()
        await self._see(good)

    async def _see(self, peers: tuple[Entry, ...]) -> None:
        """What of keys, peers, rota and settings is other than it was becomes an act."""
        try:
            seen = await asyncio.to_thread(self._prints.now, peers)
        except OSError as problem:
            log.error("what has changed is looked at later: %s", type(problem).__name__)
            return
        names = self._prints.names
        self._kept(await self.store.do(acts.look, self.settings.programme, self._acts_key, seen, names, self.clock.now()))

    async def note(self, what: str) -> None:
        """An act of which nothing could be seen."""
        self._kept(await self.store.do(acts.note, self.settings.programme, self._acts_key, what, "", self.clock.now()))

    def _kept(self, head: Head | None) -> None:
        try:
            if head:
                kept.keep(self.settings.data, head)
        except OSError as problem:  # the rows are there; nobody who is to be rung waits for this file
            log.error("how far the list of acts goes could not be written down: %s", type(problem).__name__)

    def noted(self, conn: Connection, by: Person, what: str, about: str, now: Moment) -> Head:
        """An act of somebody at the desk, as the reception tells it."""
        return acts.at_the_desk(self.settings.programme, self._acts_key, conn, by, what, about, now)

    async def certify(self, entry: Entry, by: Person) -> None:
        """A card that the root has signed, handed in at the desk. Raises Forged; then nothing is other than it was."""
        entry.certified(self.settings.programme, self._steward.root, self.clock.now())
        path = self._card(entry.pid)
        what = "renew" if path.exists() else "admit"
        await self._done(by, what, entry.pid, {acts.PEER + entry.pid: self._prints.peer(entry)})
        path.parent.mkdir(parents=True, exist_ok=True)
        whole.write(path, json.dumps(asdict(entry), ensure_ascii=False, indent=1).encode())
        await self.publish()

    async def revoke(self, pid: str, by: Person) -> bool:
        """The peer is out of the list, and their phone signed out. False where there is no such peer."""
        if await self.store.do(peers.entry_of, self.settings.programme, pid) is None:
            return False
        await self._done(by, "remove", pid, {acts.PEER + pid: ""})
        self._card(pid).unlink(missing_ok=True)
        await self.publish()
        return True

    def _card(self, pid: str) -> Path:
        return self.settings.data / "peers" / f"{pid}.json"

    async def _done(self, by: Person, what: str, about: str, seen: Mapping[str, str]) -> None:
        programme, now = self.settings.programme, self.clock.now()
        self._kept(await self.store.do(acts.done, programme, self._acts_key, by, what, about, seen, now))

    async def acts(self) -> tuple[list[Act], str]:
        """All that was done, and what is wrong with the chain of it."""
        return await asyncio.to_thread(acts.ROWS.looked_over, self.store.engine, self.settings.programme, self.settings.data)

    async def acts_told(self) -> str:
        """The same for a person to read."""
        rows, wrong = await self.acts()
        named = await self.store.do(peers.all_of, self.settings.programme)
        return acts.table(rows, wrong, {one.pid: str(one.known().get("name", "")) for one in named})

    async def _sign(self) -> None:
        known = await self.store.do(peers.all_of, self.settings.programme)
        self.planning.ends(endings(known, self._steward.not_after, self.clock.now()))
        self._issued, self._directory = await self.store.do(_publish, self._signed, self.settings.programme, self.clock.now())
        self.planning.keep(LIST, self._directory.decode())

    async def listed(self) -> bytes:
        """The list as every worker hands it out. Where the database is away it is the one we had last."""
        with suppress(Away):
            if have := await self.store.do(peers.listed, self.settings.programme):
                self._issued, self._directory = have
        return self._directory

    def _signed(self, entries: tuple[Entry, ...], issued: Moment) -> bytes:
        s = self.settings
        public = {"name": s.name, "duty": {"tel": s.duty_tel}, "lines": s.lines, "cover": s.cover, "work": s.work}
        public["gaps"] = self.planning.public()
        return publish(public, entries, self._steward, s.programme, issued)

    def _sheet(self, period: Period, values: Mapping[str, int], certified: int) -> bytes:
        return publish_sheet(self.settings.programme, period, values, certified, self._steward)

    async def sheets(self) -> list[bytes]:
        """All that were published, the newest first."""
        return await self.store.do(sheets.published, self.settings.programme)

    @property
    def root(self) -> bytes:
        """The programme's root, public."""
        return self._steward.root

    async def test_by(self, pid: str, road: str) -> bool:
        """A test ring to this peer by one of their roads. At most one a minute: each costs somebody money, and wakes somebody."""
        now = self.clock.now()
        self._tested = {one: at for one, at in self._tested.items() if now - at < TEST_EVERY}
        if (pid, road) in self._tested or not await self.store.do(ladder.test_by, pid, road, self.rules, now):
            return False
        self._tested[pid, road] = now
        self.wake.set()
        return True

    async def phone_heard(self) -> bool:
        """The duty phone called or wrote. True when that answers its test; else it wants what anybody wants."""
        return await self.store.do(duty.phone_heard, self.settings.programme)

    def duty_moved(self) -> None:
        """Somebody came on duty, or went."""
        self.planning.moved()
        self.bell.ring(PAGES)
        self.wake.set()

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
        await self._sign()

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

    async def _do(self, verb: Verb[T, R], what: T) -> R:
        """One verb in one transaction; once more when another worker changed the same box first."""
        await self._turn()
        rules = self.canary.rules if self.canary.is_its(getattr(what, "box", "")) else self.rules
        while True:
            try:
                return await self.store.do(verb, what, rules, self.clock.now())
            except boxes.Moved:
                continue


def _publish(
    conn: Connection, signed: Callable[[tuple[Entry, ...], Moment], bytes], programme: str, now: Moment
) -> tuple[Moment, bytes]:
    """One list for all workers: the one that stands, while it says the same and is fresh."""
    alone(conn, "directory", programme)
    entries = tuple(e for e in peers.all_of(conn, programme) if not expired(e.kem_after, now))
    have = peers.listed(conn, programme)
    if have and timedelta(0) <= now - have[0] < REISSUE and body_of(have[1]) == body_of(signed(entries, have[0])):
        return have
    issued = (max(now, have[0]) if have else now).replace(microsecond=0)  # a phone refuses an older list
    peers.list_anew(conn, programme, issued, new := signed(entries, issued))
    return issued, new


def _sec(n: int) -> timedelta:
    return timedelta(seconds=n)
