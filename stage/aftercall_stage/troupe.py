"""Both halves on this machine as two processes, with everything around them: lists, keys, peers and providers.

async with Troupe(folder) as t:
    await t.on_duty()
    ... t.inside_url, t.outside_url, t.mllp_port, t.code, t.sms["inside"]["+254700000002"].texts, t.peers
    await t.control("outside").ask({"do": "rows"})
"""

import asyncio
import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ec

import aftercall
import aftercall_stage
from aftercall.apart import shared
from aftercall.config import Inside, Outside, read, toml
from aftercall.outside.codes import new_code, sealed
from aftercall.outside.keys import admit, new_steward
from aftercall.outside.road.directory import Entry
from aftercall.words import Moment
from aftercall_stage.cards import CARDS, DUTY_TEL
from aftercall_stage.handset import Handset
from aftercall_stage.night import ORG, PROGRAMME, lists
from aftercall_stage.peer import Peer
from aftercall_stage.provider import Provider

HALVES = ("inside", "outside")
PATIENCE = 20.0  # seconds for a half to answer after its start, and for any wait here
PATHS = os.pathsep.join(str(Path(package.__file__ or "").parents[1]) for package in (aftercall, aftercall_stage))


class Stuck(Exception):
    """Something did not come about in its time."""


@dataclass(frozen=True)
class Control:
    """A line to one half's control socket (see half.py for what may be asked). Raises OSError when nobody answers there."""

    path: Path

    async def ask(self, what: dict[str, Any]) -> dict[str, Any]:
        reader, writer = await asyncio.open_unix_connection(self.path, limit=64 * 1024 * 1024)
        try:
            writer.write(json.dumps(what).encode() + b"\n")
            line = await asyncio.wait_for(reader.readline(), PATIENCE)
            if not line:
                raise ConnectionResetError("the half ended before it answered")
            answer: dict[str, Any] = json.loads(line)
            return answer
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


class Troupe:
    """`nights`: how many nights of night.py stand in the lists. `cards`: peers whose phones are ours (`certify` admits others).

    `inside`, `outside`: settings of a half that shall differ, such as {"every": 60}. `plant`: a fault of half.py, for a
    check to find. `urls`: each half's database, where it is not a file. `lead`: as in night.py.
    """

    def __init__(
        self,
        folder: Path,
        start: Moment | None = None,
        settle: int = 0,
        nights: int = 1,
        cards: tuple[dict[str, Any], ...] = CARDS,
        outside: Mapping[str, object] | None = None,
        plant: str = "",
        urls: Mapping[str, str] | None = None,
        inside: Mapping[str, object] | None = None,
        lead: str = "",
    ) -> None:
        self._plant, self.urls = plant, dict(urls or {})
        self.folder, self.settle, self.nights, self._cards = folder, settle, nights, cards
        self._more, self._lead = {"inside": dict(inside or {}), "outside": dict(outside or {})}, lead
        self._from, self._since = start or datetime.now(UTC), time.monotonic()
        self.inside_port, self.mllp_port, self.outside_port = free_ports(3)
        self.inside_url, self.outside_url = (f"http://127.0.0.1:{port}" for port in (self.inside_port, self.outside_port))
        self.code, self.root = new_code(), ec.generate_private_key(ec.SECP256R1())
        self.peers: list[Peer] = []
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._open = contextlib.AsyncExitStack()

    # time --------------------------------------------------------------------------------------------------------------------

    def now(self) -> Moment:
        """The time in both halves and on all phones."""
        return self._from + timedelta(seconds=time.monotonic() - self._since)

    async def move(self, seconds: float) -> None:
        """Everybody's clock jumps forward. A half that is down finds the new time when it is `ready` again."""
        self._from += timedelta(seconds=seconds)
        for half in HALVES:
            with contextlib.suppress(OSError):
                await self._set_clock(half)

    async def _set_clock(self, half: str) -> None:
        there = datetime.fromisoformat((await self.control(half).ask({"do": "clock"}))["now"])
        await self.control(half).ask({"do": "clock", "by": (self.now() - there).total_seconds()})

    # start and end -----------------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> "Troupe":
        try:
            await self._set_up()
            for half in HALVES:
                self.start(half)
            await asyncio.gather(*(self.ready(half) for half in HALVES))
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def _set_up(self) -> None:
        self._sockets = Path(self._open.enter_context(tempfile.TemporaryDirectory(prefix="ac-")))  # a socket's path must be short
        for half in HALVES:
            (self.folder / half / "data").mkdir(parents=True, exist_ok=True, mode=0o700)
        self.providers = {
            half: await self._open.enter_async_context(Provider(secrets.token_hex(16), self.folder / f"sms-{half}.jsonl"))
            for half in HALVES
        }
        self.client = await self._open.enter_async_context(httpx.AsyncClient(base_url=self.outside_url, trust_env=False))
        for name, text in lists(self.now(), self.nights, self._lead).items():
            (self.folder / "inside" / name).write_text(text, "utf-8")
        new_steward(self.root, PROGRAMME, self.data("outside"), self.now().date())
        self.peers = [Peer(self.client, card, PROGRAMME, self.now) for card in self._cards]
        for peer in self.peers:
            self.certify(peer.request())
        self._write("inside", {**self._inside(), **self._more["inside"]})
        self._write("outside", {**self._outside(), **self._more["outside"]})
        files = {half: self.folder / half / f"{half}.toml" for half in HALVES}
        if same := shared(read(Inside, files["inside"]), read(Outside, files["outside"])):
            raise Stuck(f"the two halves would share {same}")

    def _inside(self) -> dict[str, object]:
        return {
            "data": "data", "zone": "Africa/Nairobi", "port": self.inside_port, "mllp_port": self.mllp_port, "org": ORG,
            "settle": self.settle, "care_link": f"{self.outside_url}/#{self.code}", "staff": "staff.csv", "units": "units.csv",
            "rota": "rota.csv", "sms_url": self.providers["inside"].url, "sms_token": self.providers["inside"].token,
            "sms_sender": "NOTE",
        }  # fmt: skip

    def _outside(self) -> dict[str, object]:
        return {
            "data": "data", "zone": "Africa/Nairobi", "port": self.outside_port, "programme": PROGRAMME,
            "name": "Peers of Kasarani", "run_by": "The county's medical association", "codes": [sealed(self.code)],
            "duty_tel": DUTY_TEL, "lines": [{"name": "A listening line (made up)", "tel": "+254711000098", "hours": "07:00-19:00"}],
            "sms_url": self.providers["outside"].url, "sms_token": self.providers["outside"].token, "sms_sender": "PEERS",
            "staff": 800,
        }  # fmt: skip

    def _write(self, half: str, settings: dict[str, object]) -> None:
        settings = {"canary": 0, **settings}  # the screens, and most tests, look at every row there is
        settings |= {"url": self.urls[half]} if half in self.urls else {}
        (self.folder / half / f"{half}.toml").write_text("".join(f"{k} = {toml(v)}\n" for k, v in settings.items()), "utf-8")

    def start(self, half: str) -> None:
        """Start the process; `ready` waits until it answers."""
        command = [sys.executable, "-m", "aftercall_stage.half", half, "--leash", "--start", self.now().isoformat()]
        command += [
            "--config",
            str(self.folder / half / f"{half}.toml"),
            "--control",
            str(self.control(half).path),
            "--plant",
            self._plant,
        ]
        with (self.folder / f"{half}.log").open("ab") as log:
            child = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=log, stderr=log, env={**os.environ, "PYTHONPATH": PATHS}
            )
        self._children[half] = child

    async def ready(self, half: str) -> None:
        """Until its door and its listener are open and its clock is ours. Raises Stuck, with what it said."""
        ports = (self.inside_port, self.mllp_port) if half == "inside" else (self.outside_port,)

        async def answers() -> bool:
            if not self.alive(half):
                raise Stuck(f"{half} ended by itself:\n{(self.folder / f'{half}.log').read_text('utf-8')[-2000:]}")
            return all([await open_port(port) for port in ports])

        await until(answers, f"{half} answers")
        await self._set_clock(half)

    async def __aexit__(self, *_: object) -> None:
        for child in self._children.values():
            child.terminate()
        for child in self._children.values():
            await asyncio.to_thread(_ended, child)
        await self._open.aclose()

    # dying -------------------------------------------------------------------------------------------------------------------

    def alive(self, half: str) -> bool:
        return half in self._children and self._children[half].poll() is None

    def kill(self, half: str) -> None:
        """SIGKILL from outside, at no named point."""
        self._children[half].kill()

    async def fallen(self, half: str) -> int:
        """Until it has ended. Its return code: -9 when it was killed."""
        await until(lambda: not self.alive(half), f"{half} has ended")
        _ended(self._children[half])
        return self._children[half].returncode

    async def restart(self, half: str) -> None:
        """After `fallen`: the same files, the same ports, a new process."""
        await self.fallen(half)
        self.start(half)
        await self.ready(half)

    # what may be asked -------------------------------------------------------------------------------------------------------

    def control(self, half: str) -> Control:
        return Control(self._sockets / half)

    def data(self, half: str) -> Path:
        return self.folder / half / "data"

    @property
    def sms(self) -> dict[str, dict[str, Handset]]:
        """Handsets by half and number, with the texts that came."""
        return {half: provider.handsets for half, provider in self.providers.items()}

    def certify(self, request: dict[str, Any]) -> Entry:
        """The coordinator with the root: writes DATA/peers/<pid>.json. The half finds it within 10 s; {"do": "wake"} is quicker."""
        asked = self.folder / "request.json"
        asked.write_text(json.dumps(request), "utf-8")
        return admit(self.root, PROGRAMME, asked, self.data("outside") / "peers", self.now().date())

    async def on_duty(self, hours: float = 8) -> None:
        """All our peers sign in and are on duty; their test rings have gone, and their open pages have answered them."""
        for peer in self.peers:
            await peer.duty(self.now() + timedelta(hours=hours))
        await until(self._tested, "the test rings have gone")

    async def _tested(self) -> bool:
        rings = (await self.control("outside").ask({"do": "rows"}))["tables"]["ring"]
        return "test" not in {row[rings["columns"].index("box")] for row in rings["rows"]}


async def until(true: Callable[[], bool | Awaitable[bool]], what: str, patience: float | None = None) -> None:
    """Look again and again, at most PATIENCE. Raises Stuck when it doesn't come about."""
    patience = PATIENCE if patience is None else patience
    end = time.monotonic() + patience
    while True:
        now = true()
        if now is True or (not isinstance(now, bool) and await now):
            return
        if time.monotonic() > end:
            raise Stuck(f"not within {patience:.0f} s: {what}")
        await asyncio.sleep(0.02)


async def open_port(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    return True


def free_ports(n: int) -> list[int]:
    """Ports that nobody has, and that the system gives to nobody who only calls: between this look and their use such a call, of
    which there are many, would take one that it is free to choose.
    """
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text("ascii").split()[0])
    found = set[int]()
    while len(found) < n:
        port = 10_000 + secrets.randbelow(max(lowest, 20_000) - 10_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            found.add(port)
    return list(found)


def _ended(child: subprocess.Popen[bytes]) -> None:
    if child.stdin:
        child.stdin.close()
    try:
        child.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


__all__ = ["Control", "Stuck", "Troupe", "free_ports", "open_port", "until"]
