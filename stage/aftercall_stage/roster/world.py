"""The real care half in this process, on a real database, with a clock moved by hand and roads that can be out."""

import heapq
import itertools
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy.engine import Connection

from aftercall.config import Outside
from aftercall.outside import run
from aftercall.outside.keys import admit, new_steward
from aftercall.outside.ladder import Leaving, Rules
from aftercall.outside.ringing import key_of
from aftercall.outside.road.seal import point
from aftercall.outside.store import boxes, duty, peers, rings
from aftercall.send import Later, Roads
from aftercall.sql import OUTSIDE, Store, open_engine, upgrade
from aftercall.words import Message, Moment, b64
from aftercall_stage.handclock import HandClock
from aftercall_stage.peer import Peer

P = ParamSpec("P")
T = TypeVar("T")

ZONE = ZoneInfo("Africa/Nairobi")
START = datetime(2026, 11, 2, 7, 0, tzinfo=ZONE)
RENEWED = timedelta(days=10)
PROGRAMME, DUTY_TEL = "peers", "+254711000000"
NOWHERE = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(503)))  # nobody calls by the network here
FAST = tuple(pragma for pragma in OUTSIDE if not pragma.startswith(("synchronous", "secure_delete")))


@dataclass(frozen=True)
class Rung:
    """A ring that reached a telephone."""

    at: Moment
    to: str
    wave: int
    pid: str
    box: str
    road: str


class AtOnce(Store):
    """One person does one thing at a time here: to go to another thread and back costs ten times the work."""

    async def do(self, job: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        self._conn = self._conn or self.engine.connect()
        with self._conn.begin():
            return job(self._conn, *args, **kwargs)


class Road:
    def __init__(self, world: "World", name: str) -> None:
        self._world, self._name = world, name

    async def send(self, message: Message) -> None:
        if self._name in self._world.out:
            raise Later("the provider is out")
        ring = self._world.rings[message.key]
        self._world.rang(Rung(self._world.clock.now(), message.to, ring.wave, ring.pid, ring.box, ring.road))


class World:
    """Things happen at moments; between them the half does what is due. `steps`: settings of the ladder that shall differ."""

    def __init__(
        self, folder: Path, ours: int, allies: int, roads: tuple[str, ...], steps: Mapping[str, int], rang: Callable[[Rung], None]
    ) -> None:
        self.clock, self.rang, self.out = HandClock(START), rang, set[str]()
        self.rings: dict[str, rings.Ring] = {}
        self._agenda: list[tuple[Moment, int, Callable[[], Awaitable[None]]]] = []
        self._count, self._due = itertools.count(), START
        root, data = ec.generate_private_key(ec.SECP256R1()), folder / "care"
        new_steward(root, PROGRAMME, data, START.date())
        self._folder, self._root, self._data = folder, root, data
        self.phones = [self._certified(n) for n in range(ours)]
        self.allied = [self._certified(n, "next door") for n in range(ours, ours + allies)]
        self.tel = {peer.pid: peer.card["tel"] for peer in (*self.phones, *self.allied)}
        line = {"name": "A line (made up)", "tel": "+254711000098", "hours": "day and night"}
        settings = Outside(
            data=data,
            programme=PROGRAMME,
            name="Peers",
            run_by="nobody",
            codes=[],
            duty_tel=DUTY_TEL,
            lines=[line],
            zone=ZONE.key,
            work=0,
        )
        settings = replace(settings, **dict(steps))  # type: ignore[arg-type]
        engine = open_engine(f"sqlite:///{data / 'care.db'}", (*FAST, "synchronous=OFF"))
        upgrade(engine, run.MIGRATIONS)
        self.store = AtOnce(engine)
        network = Roads(**{name: Road(self, name) for name in roads})
        self.running = run.build(settings, self.clock, network, self.store, secrets.token_bytes)
        self.half = self.running.half
        self._know_rings()

    def _certified(self, n: int, allied: str = "") -> Peer:
        """Keys of a real phone, certified by the root; `allied`: the programme it belongs to, when that is not ours."""
        card = {"name": f"Peer {n}", "profession": "nurse", "unit": "ICU", "languages": ["en"], "tel": f"+2547110001{n:02}"}
        peer = Peer(NOWHERE, {**card, "signal": "", "whatsapp": ""}, PROGRAMME, self.clock.now)
        self._admit(peer, allied)
        return peer

    def _admit(self, peer: Peer, allied: str) -> None:
        asked = self._folder / "request.json"
        asked.write_text(json.dumps(peer.request()), "utf-8")
        admit(self._root, PROGRAMME, asked, self._data / "peers", self.clock.now().date(), allied=allied)

    def _know_rings(self) -> None:
        """Which wave a message belongs to stands in the row alone; the provider sees a key."""
        launch = self.half.ringing.launch

        async def known(going: list[Leaving], room: Mapping[str, int]) -> bool:
            self.rings |= {key_of(one.ring): one.ring for one in going}
            return await launch(going, room)

        setattr(self.half.ringing, "launch", known)  # noqa: B010 - a method of the product, watched

    # time --------------------------------------------------------------------------------------------------------------------

    def at(self, moment: Moment, what: Callable[[], Awaitable[None]]) -> None:
        heapq.heappush(self._agenda, (moment, next(self._count), what))

    def after(self, by: timedelta, what: Callable[[], Awaitable[None]]) -> None:
        self.at(self.clock.now() + by, what)

    async def live(self, until: Moment) -> None:
        await self.running.start()
        while self._agenda:
            following = min(self._agenda[0][0], self._due or self._agenda[0][0])
            if following > until:
                return
            self.clock.set(following)
            while self._agenda and self._agenda[0][0] <= self.clock.now():
                await heapq.heappop(self._agenda)[2]()
            await self._tick()

    async def _tick(self) -> None:
        """All that is due now; also what follows from a road that is out."""
        while True:
            self.half.wake.clear()
            self._due = await self.half.tick()  # type: ignore[assignment]
            await self.half.flight.landed()
            if not self.half.wake.is_set() and (self._due is None or self._due > self.clock.now()):
                return

    # what a peer's page does -------------------------------------------------------------------------------------------------

    async def duty(self, pid: str, until: Moment) -> None:
        """Signs in, and says so; what remains is to answer this duty's test ring."""
        await self._renews(pid)
        await self.store.do(_begins, pid, secrets.token_hex(12), until, self.half.rules, self.clock.now())

    async def _renews(self, pid: str) -> None:
        """As a page does that is opened: ten days before a sealing key ends the next one takes its place."""
        phone = next(one for one in (*self.phones, *self.allied) if one.pid == pid)
        if date.fromisoformat(phone.sealing[-1].after) - self.clock.now().date() > RENEWED:
            return
        fresh, entry = phone.next_key(), await self.store.do(peers.entry_of, PROGRAMME, pid)
        phone.sealing.append(fresh)
        if entry:
            kem = {"kem": b64(point(fresh.key.public_key())), "kem_after": fresh.after, "kem_sig": b64(fresh.sig)}
            await self.store.do(peers.set_entry, PROGRAMME, replace(entry, **kem))

    async def pages(self, pid: str) -> dict[str, bool]:
        """The page is open: this duty's test ring is answered. Boxes that this peer can say yes to; also beyond their cap?"""
        return await self.store.do(_pages, pid, self.clock.now())

    async def rest(self, pid: str, until: Moment) -> None:
        await self.store.do(duty.rest, PROGRAMME, pid, until)

    async def agrees(self, pid: str) -> None:
        """To be rung off duty, when more wait than those on duty can answer."""
        await self.store.do(duty.may_come, PROGRAMME, pid, True)

    async def on_duty(self) -> frozenset[str]:
        return (await self.store.do(duty.ready, PROGRAMME, self.clock.now())).all

    def close(self) -> None:
        self.store.close()


def _begins(conn: Connection, pid: str, token: str, until: Moment, rules: Rules, now: Moment) -> None:
    peers.sign_in(conn, PROGRAMME, pid, token, now)
    duty.begin(conn, PROGRAMME, pid, until, rules.roads_of, now)


def _pages(conn: Connection, pid: str, now: Moment) -> dict[str, bool]:
    duty.heard(conn, PROGRAMME, pid, now)
    on = duty.said(conn, PROGRAMME, pid, now).until is not None
    return {page.box: page.in_turn for page in boxes.for_peer(conn, PROGRAMME, pid, on)}
