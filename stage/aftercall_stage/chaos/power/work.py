"""What each half does until the power goes: only what was acknowledged is written down, and must stand afterwards."""

import asyncio
import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ec

from aftercall.config import Inside, Outside
from aftercall.inside import run as inside
from aftercall.outside import run as outside
from aftercall.outside.flow import Close, Fetch, Letter, Press, Take
from aftercall.outside.keys import admit, new_steward
from aftercall.outside.road.box import Ask
from aftercall.outside.road.seal import CONTACT, COPY, LETTERS
from aftercall.outside.store import duty, peers
from aftercall.send import Roads
from aftercall.sql import Store, keep_small
from aftercall.words import Message
from aftercall_stage.chaos.child import StillClock
from aftercall_stage.chaos.house import PEERS, START
from aftercall_stage.chaos.tell import a03
from aftercall_stage.night import ORG, PROGRAMME, lists
from aftercall_stage.peer import Peer

DEATHS, ASKS = 8, 4
WORD = (1).to_bytes(4, "big") + bytes(LETTERS[0] - 4)
DONE = timedelta(seconds=1)
CLIENT = httpx.AsyncClient(trust_env=False)
Is = Callable[[], bool]


class Nowhere:
    """A provider that takes everything."""

    async def send(self, message: Message) -> None:
        await asyncio.sleep(0)


class Hospital:
    """Deaths told one after the other and side by side; each AA is a promise."""

    file, module, pragmas = "event.db", inside, "INSIDE"

    def __init__(self, folder: Path, fold: float = 1.0) -> None:
        self._fold = fold  # seconds between two foldings of the log; the product's own is 1
        for name, text in lists(START, DEATHS).items():
            (folder / name).write_text(text, "utf-8")
        staff, units, rota = (folder / f"{name}.csv" for name in ("staff", "units", "rota"))
        zone, link = "Africa/Nairobi", "https://care.example/#amber-river-lamp-wind"
        self.settings = Inside(
            data=folder, zone=zone, org=ORG, care_link=link, sms_url="x", settle=0, staff=staff, units=units, rota=rota
        )
        self.told = set[int]()

    def open(self, url: str) -> Store:
        return inside.open_store(replace(self.settings, url=url))

    async def live(self, store: Store, off: Is) -> None:
        at = [START]
        clock = StillClock(lambda: at[0], asyncio.Event())
        half = inside.build(self.settings, clock, Roads(sms=Nowhere()), store, secrets.token_bytes).half
        await half.mirror()
        folding = asyncio.create_task(keep_small(store.engine, self._fold))
        try:
            for n in range(0, DEATHS, 2):
                await asyncio.gather(*(self._tell(half, one) for one in (n, n + 1)))
                at[0] += DONE
                await half.tick()
                await half.flight.landed()
                if off():
                    return
        finally:
            folding.cancel()
            await asyncio.gather(folding, return_exceptions=True)

    async def _tell(self, half: Any, n: int) -> None:
        if b"MSA|AA|" in await half.hear(a03(START, n)):
            self.told.add(n)

    def lost(self, rows: Callable[[str], list[tuple[Any, ...]]]) -> list[str]:
        there = {row[0] for row in rows("SELECT unit FROM event WHERE state = 'confirmed'")}
        return [f"death {n} was acknowledged and is not there" for n in sorted(self.told) if f"RES{n or ''}" not in there]


@dataclass
class Box:
    """What was acknowledged of one ask. `open`: what was pressed and never answered, so that either may be found."""

    box: str
    cap: bytes
    caps: dict[str, bytes]
    asked: bool = False
    holder: str = ""
    letters: set[str] = field(default_factory=set)
    closed: bool = False
    open: str = ""


class Care:
    """Asks, yesses, letters and closes; each answer is a promise."""

    file, module, pragmas = "care.db", outside, "OUTSIDE"

    def __init__(self, folder: Path, fold: float = 1.0) -> None:
        del fold  # nothing to fold here: it has no log
        root = ec.generate_private_key(ec.SECP256R1())
        new_steward(root, PROGRAMME, folder, START.date())
        self.pids = []
        for card in PEERS[:3]:
            peer = Peer(CLIENT, card, PROGRAMME, lambda: START)
            (folder / "request.json").write_text(json.dumps(peer.request()), "utf-8")
            admit(root, PROGRAMME, folder / "request.json", folder / "peers", START.date())
            self.pids.append(peer.pid)
        line = {"name": "A line (made up)", "tel": "+254711000098", "hours": "day and night"}
        zone = "Africa/Nairobi"
        self.settings = Outside(
            data=folder, zone=zone, programme=PROGRAMME, name="Peers", run_by="nobody", codes=[], duty_tel="+254711000000",
            lines=[line],
        )  # fmt: skip
        self.boxes: list[Box] = []

    def open(self, url: str) -> Store:
        return outside.open_store(replace(self.settings, url=url))

    async def live(self, store: Store, off: Is) -> None:
        half = outside.build(
            self.settings, StillClock(lambda: START, asyncio.Event()), Roads(sms=Nowhere()), store, secrets.token_bytes
        ).half
        await half.begin()
        for pid in self.pids:
            await store.do(peers.sign_in, PROGRAMME, pid, pid, START)
            await store.do(duty.begin, PROGRAMME, pid, START + timedelta(hours=8), half.rules.roads_of, START)
            await store.do(duty.heard, PROGRAMME, pid, START)
        await asyncio.gather(*(self._one(half, store, n) for n in range(ASKS)))

    async def _one(self, half: Any, store: Store, n: int) -> None:
        this = Box(secrets.token_hex(16), secrets.token_bytes(16), {pid: secrets.token_bytes(16) for pid in self.pids})
        self.boxes.append(this)
        copies = {pid: (_hash(cap), bytes(COPY)) for pid, cap in this.caps.items()}
        if not await half.ask(Ask(this.box, _hash(this.cap), tuple(self.pids), copies, bytes(CONTACT), False)):
            return
        this.asked = True
        pid = self.pids[n % len(self.pids)]
        this.holder = pid if await self._press(half, this, "take", Take(this.box, this.caps[pid])) else ""
        if await self._press(half, this, "p", Letter(this.box, this.caps[pid], WORD)):
            this.letters.add("p")
        for after in (0, 1):
            await self._press(half, this, "fetch", Fetch(this.box, this.cap, after))
        if await self._press(half, this, "c", Letter(this.box, this.cap, WORD)):
            this.letters.add("c")
        if n % 2:
            this.closed = await self._press(half, this, "close", Close(this.box, this.cap))

    async def _press(self, half: Any, this: Box, name: str, press: Press) -> bool:
        this.open = name
        good: bool = (await half.answer(press)).word == "ok"
        this.open = ""
        return good

    def lost(self, rows: Callable[[str], list[tuple[Any, ...]]]) -> list[str]:
        there = {row[0]: row[1:] for row in rows("SELECT box, holder, heard_c, heard_p FROM box")}
        waiting = set(rows("SELECT box, lane FROM msg"))
        return [problem for box in self.boxes for problem in _lost(box, there.get(box.box), waiting)]


def _lost(this: Box, row: tuple[Any, ...] | None, waiting: set[tuple[Any, ...]]) -> list[str]:
    name = f"box {this.box[:8]}"
    if this.closed:
        return [f"{name} was closed for good and is there"] if row else []
    if not this.asked or (row is None and this.open == "close"):
        return []
    if row is None:
        return [f"{name} was accepted and is not there"]
    holder, heard_c, heard_p = row
    wrong = [f"{name} was taken and is free"] if this.holder and holder != this.holder else []
    heard = {"p": heard_p, "c": heard_c}
    gone = [lane for lane in this.letters if (this.box, lane) not in waiting and not heard[lane]]
    return wrong + [f"{name}: letter {lane} was acknowledged and is not there" for lane in gone]


def _hash(cap: bytes) -> str:
    return hashlib.sha256(cap).hexdigest()


HALVES: dict[str, type[Hospital] | type[Care]] = {"inside": Hospital, "outside": Care}
