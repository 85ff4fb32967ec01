"""The house of one night: both halves as real processes over one folder, their providers and wires, and one time for all."""

import asyncio
import contextlib
import heapq
import itertools
import json
import secrets
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ec

from aftercall.config import toml
from aftercall.outside.codes import sealed
from aftercall.outside.keys import admit, new_steward
from aftercall.words import Moment
from aftercall_stage.cards import CARDS, DUTY_TEL
from aftercall_stage.chaos.calls import Calls
from aftercall_stage.chaos.history import History
from aftercall_stage.chaos.hour import Hour
from aftercall_stage.chaos.kept import PATIENCE, Kept
from aftercall_stage.chaos.nursery import Nursery
from aftercall_stage.chaos.plan import Plan
from aftercall_stage.chaos.sms import BadProvider
from aftercall_stage.chaos.wire import Wire
from aftercall_stage.night import ORG, PROGRAMME, lists
from aftercall_stage.peer import Peer
from aftercall_stage.phones import Away, Distrust, Gone, Refused
from aftercall_stage.troupe import Stuck

START = datetime(2026, 11, 22, 19, 47, tzinfo=UTC)  # 22:47 in Nairobi
INBOUND, WORDS = "the-secret-part-of-an-address", "and-that-of-the-other-half"
CODE = "amber-river-lamp-wind"
PEERS = CARDS[:6]
SETTLE, FIRST, SECOND, EVERY, LEASE, LEASE_ALL, AGAIN = 30, 2, 2, 60, 60, 30, 60
AT_ONCE = 2  # messages in the air: so few that some wait for their turn before a road that drags
STEP = timedelta(seconds=10)
LAST_LOOK = 40  # seconds before the end nobody looks at a phone any more
GRACE = 0.1  # real seconds that phones get for their calls while a half is in trouble, before time goes on


@cache
def _sealed_code() -> str:
    return sealed(CODE)


class House:
    """`urls`: databases of the halves, "" for an SQLite file. `workers`: of the care half."""

    def __init__(self, folder: Path, nursery: Nursery, plan: Plan, urls: dict[str, str], workers: int, plant: str) -> None:
        self.folder, self._now, self._deaths, self._faults = folder, START, len(plan.deaths), plan.faults
        self._last = START + timedelta(seconds=plan.length - LAST_LOOK)
        self.history = History(folder / "history.jsonl", START, self.now)
        self._hour = Hour.begin(folder / "hour", START)
        self.note, self.urls = self.history.note, urls
        self._open, self._root = contextlib.AsyncExitStack(), ec.generate_private_key(ec.SECP256R1())
        self._sleepers: list[tuple[Moment, int, asyncio.Future[None], str, str]] = []
        self._count, self._actors = itertools.count(), set[asyncio.Task[None]]()
        self._awake: dict[str, str] = {}  # who is at something at this moment, and the half they speak to
        names = {"inside": "inside", **{f"outside{n or ''}": "outside" for n in range(workers)}}
        self._sockets = Path(self._open.enter_context(tempfile.TemporaryDirectory(prefix="ac-")))
        self.kept = [self._keep(name, half, nursery, plant) for name, half in names.items()]
        self.peers: list[Peer] = []

    def _keep(self, name: str, half: str, nursery: Nursery, plant: str) -> Kept:
        of_all = [f for f in self._faults if f.half == half]
        mine = tuple(f for n, f in enumerate(of_all) if half == "inside" or not name[7:] or n % 2)  # the second gets every second
        write = partial(self._write, name, half)
        return Kept(name, half, self.folder, self._sockets, mine, plant, nursery, self.history, self._hour, write)

    def now(self) -> Moment:
        return self._now

    @property
    def goes_on(self) -> bool:
        """There is still time to begin something that ends within this night."""
        return self._now < self._last

    # setting up --------------------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> "House":
        try:
            await self._set_up()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def _set_up(self) -> None:
        for half in ("inside", "outside"):
            (self.folder / half / "data").mkdir(parents=True, mode=0o700)
        self.providers = {half: await self._provider(half) for half in ("inside", "outside")}
        self._turn = itertools.count()
        self.door = await self._wire("outside.door", lambda: self._behind("outside").port)
        self.mllp = await self._wire("inside.mllp", lambda: self._behind("inside").mllp)
        self.desk = await self._wire("inside.desk", lambda: self._behind("inside").port)
        for name, text in lists(START, self._deaths).items():
            (self.folder / "inside" / name).write_text(text, "utf-8")
        new_steward(self._root, PROGRAMME, self.data("outside"), START.date())
        self._calls = Calls(lambda who, call, status: self.note(who, "failed", call=call, status=status))
        self.client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.door.port}", trust_env=False, transport=self._calls)
        await self._open.enter_async_context(self.client)
        for card in PEERS:
            peer = Peer(self.client, card, PROGRAMME, self.now)
            asked = self.folder / "request.json"
            asked.write_text(json.dumps(peer.request()), "utf-8")
            admit(self._root, PROGRAMME, asked, self.data("outside") / "peers", START.date())
            self.peers.append(peer)
        for kept in self.kept:
            kept.start(self._now)
        await self._until_quiet()

    async def _provider(self, half: str) -> BadProvider:
        return await self._open.enter_async_context(
            BadProvider(half, secrets.token_hex(16), self._faults, self.history, self._hour)  # type: ignore[arg-type]
        )

    async def _wire(self, name: str, behind: Any) -> Wire:
        def stirred() -> None:
            for kept in self.kept:
                if kept.half == name.partition(".")[0]:
                    kept.stir()

        return await self._open.enter_async_context(
            Wire(name, self._faults, behind, stirred, lambda fault: self.note("wire", "fault", fault=str(fault)))
        )

    def _behind(self, half: str) -> Any:
        there = [kept.process for kept in self.kept if kept.half == half and kept.process]
        if not there:
            raise ConnectionRefusedError
        return there[next(self._turn) % len(there)]

    def data(self, half: str) -> Path:
        return self.folder / half / "data"

    def _write(self, name: str, half: str, port: int, mllp: int) -> Path:
        provider = self.providers[half]
        told: dict[str, object] = {"data": "data", "zone": "Africa/Nairobi", "port": port, "canary": 0}
        told |= {"sms_url": provider.url, "sms_token": provider.token}
        told |= {"url": self.urls[half]} if self.urls.get(half) else {}
        told |= self._inside(mllp) if half == "inside" else OUTSIDE | {"codes": [_sealed_code()]}
        path = self.folder / half / f"{name}.toml"
        path.write_text("".join(f"{k} = {toml(v)}\n" for k, v in told.items()), "utf-8")
        return path

    def _inside(self, mllp: int) -> dict[str, object]:
        files = {name: f"{name}.csv" for name in ("staff", "units", "rota")}
        link = f"http://127.0.0.1:{self.door.port}/#{CODE}"
        return {
            "mllp_port": mllp,
            "org": ORG,
            "settle": SETTLE,
            "care_link": link,
            "sms_sender": "NOTE",
            "inbound_token": WORDS,
            **files,
        }

    async def __aexit__(self, *_: object) -> None:
        for actor in self._actors:
            actor.cancel()
        await asyncio.gather(*self._actors, return_exceptions=True)
        for kept in self.kept:
            kept.end()
        for kept in self.kept:
            await kept.ended()
        await self._open.aclose()

    # time --------------------------------------------------------------------------------------------------------------------

    def act(self, half: str, who: str, part: Coroutine[Any, Any, None]) -> None:
        """Somebody lives through the night, and speaks to this half. Time waits for them, except while they `sleep`.

        No two have one name.
        """

        async def lived() -> None:
            try:
                await part
            except (Away, Gone, Refused, Distrust) as problem:
                self.note("somebody", "can't go on", why=f"{type(problem).__name__} {problem}", where=where(problem))
            finally:
                self._awake.pop(who, None)

        self._awake[who] = half
        self._actors.add(asyncio.create_task(lived(), name=who))

    async def sleep(self, seconds: float) -> None:
        """So long of the night, for who was given to `act`."""
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        task = asyncio.current_task()
        assert task
        who, at = task.get_name(), self._now + timedelta(seconds=seconds)
        heapq.heappush(self._sleepers, (at, next(self._count), woken, who, self._awake.pop(who)))
        await woken  # whoever wakes us counts us in again

    async def run(self, seconds: float) -> None:
        """Until that second of the night. Raises Stuck, or what an actor raised."""
        end = START + timedelta(seconds=seconds)
        while self._now < end:
            await self._until_quiet()
            await self._move(min(end, self._now + STEP))
        await self._until_quiet()

    async def _move(self, latest: Moment) -> None:
        """To the next moment at which anybody has something to do: first the halves, then the people."""
        if not all(kept.may_move(self._now) for kept in self.kept):
            return
        wanted = [at for at, *_ in self._sleepers[:1]] + [kept.next for kept in self.kept if kept.next]
        self._now = max(self._now, min([latest, *(at for at in wanted if at > self._now)]))
        self._hour.set(self._now)
        for provider in self.providers.values():
            provider.moved.set()
            provider.moved = asyncio.Event()
        await self._all_settled()
        while self._sleepers and self._sleepers[0][0] <= self._now:
            _, _, woken, who, half = heapq.heappop(self._sleepers)
            if not woken.done():
                self._awake[who] = half
                woken.set_result(None)

    async def _until_quiet(self) -> None:
        """Until nothing more happens at this moment; a half that is in trouble is not waited for."""
        begun = since = time.monotonic()
        known = self.history.lines
        while True:
            self._end_of_actors()
            for kept in self.kept:
                kept.look(self._now)
            trouble = {kept.half for kept in self.kept if kept.in_trouble}
            calm = trouble.issuperset(self._awake.values())
            if not self._awake and await self._all_settled() and not self._awake and not self._away:
                return
            now = time.monotonic()
            if trouble and calm and now - begun > GRACE:
                return
            if known != self.history.lines:  # however slow this machine is, the night gets on
                since, known = now, self.history.lines
            if now - since > PATIENCE:
                raise Stuck(f"for {PATIENCE:.0f} s nothing new at {self._now:%H:%M:%S}, and it doesn't end: {self._goes_on()}")
            await asyncio.sleep(0.002)

    def _goes_on(self) -> str:
        """Who is at what, for whoever reads of a night that stood still."""
        people = [
            f"{who} speaks to {half} ({self._calls.of(who) or 'by no web call'})" for who, half in sorted(self._awake.items())
        ]
        return "; ".join([*people, *(f"{kept.name} {kept.at_it}" for kept in self.kept if kept.at_it)]) or "nobody is at anything"

    @property
    def _away(self) -> bool:
        return any(kept.back_at for kept in self.kept)

    async def _all_settled(self) -> bool:
        restless = {kept.half for kept in self.kept if not kept.rests(self._now)}  # one worker may wake the other
        asked = (kept.settle(self._now) for kept in self.kept if kept.half in restless)
        return all(await asyncio.gather(*asked))

    def _end_of_actors(self) -> None:
        for actor in [one for one in self._actors if one.done()]:
            self._actors.discard(actor)
            actor.result()

    @property
    def passings(self) -> dict[str, Counter[str]]:
        """How often each point was passed, by half."""
        all_of: dict[str, Counter[str]] = {"inside": Counter(), "outside": Counter()}
        for kept in self.kept:
            all_of[kept.half] += kept.passings
        return all_of


def where(problem: BaseException) -> str:
    """The call in the life of a person that failed."""
    frames = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(problem.__traceback__) if "people" in frame.filename]
    return " ".join(frames)


OUTSIDE: dict[str, object] = {
    "programme": PROGRAMME, "name": "Peers of Kasarani", "run_by": "The county's medical association", "duty_tel": DUTY_TEL,
    "lines": [{"name": "A listening line (made up)", "tel": "+254711000098", "hours": "07:00-19:00"}], "sms_sender": "PEERS",
    "inbound_token": INBOUND, "staff": 800, "work": 0,
    "at_once": AT_ONCE, "first": FIRST, "second": SECOND, "every": EVERY, "lease": LEASE, "lease_all": LEASE_ALL, "again": AGAIN,
}  # fmt: skip
