"""What a scripted night leaves to be searched, and the two halves as real processes whose files are kept at each turn."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import sqlalchemy as sa
from aftercall_stage.troupe import HALVES, PATHS, Troupe

from tests.conftest import Postgres
from tests.promises.people import AGENTS, BOUND, ERRORS, FORWARDED, INBOUND, lists

ROOT = Path(__file__).parents[2]
FILES = {"inside": "event.db", "outside": "care.db"}
SOCKETS = shutil.ignore_patterns("watch*.sock")  # nothing lies in them
SHOTS = ("asked", "met", "written", "read", "killed", "night", "three days", "nine days", "ended")


@dataclass(frozen=True)
class Said:
    """One call and its answer, as anybody who watches the line can measure it."""

    route: str
    status: int
    sent: bytes
    head: int  # bytes of the request's headers
    got: bytes
    packed: str

    def __str__(self) -> str:
        return f"{self.route} {self.status}"


@dataclass
class Night:
    """What there is to search afterwards."""

    folder: Path
    said: list[Said] = field(default_factory=list)
    asks: dict[str, bytes] = field(default_factory=dict)  # what was chosen -> the bytes that went out
    care_ids: dict[str, bytes] = field(default_factory=dict)  # boxes, capabilities, handles
    cards: frozenset[str] = frozenset()
    ours: dict[str, str] = field(default_factory=dict)  # box -> whose it is
    elsewhere: set[str] = field(default_factory=set)  # files that a half had open for writing outside its folders

    def shot(self, name: str, half: str) -> Path:
        return self.folder / "shots" / name / half

    def shots(self, half: str) -> list[Path]:
        return [self.shot(name, half) for name in SHOTS]

    def dbs(self, half: str) -> list[Path]:
        return [shot / "data" / FILES[half] for shot in self.shots(half)]


class Stage(Troupe):
    """Both halves with our own lists. A half in `leaks` is started with that one leak in it (planted.py)."""

    def __init__(self, folder: Path, leaks: dict[str, str], night: Night, servers: Mapping[str, Postgres]) -> None:
        super().__init__(folder, settle=0, urls={half: servers[half](half) for half in servers})
        self.leaks, self.told, self._servers = leaks, night, servers

    async def _set_up(self) -> None:
        await super()._set_up()
        for name, text in lists(self.now()).items():
            (self.folder / "inside" / name).write_text(text, "utf-8")
        for half in HALVES:
            for name in ("tmp", "home"):
                (self.folder / half / name).mkdir(exist_ok=True)
        mine = self.phone("a peer")
        for peer in self.peers:
            peer.line.client = mine

    def _outside(self) -> dict[str, object]:
        return {**super()._outside(), "work": 0}

    def _inside(self) -> dict[str, object]:
        return {**super()._inside(), "org": "mto-hospital", "inbound_token": INBOUND}

    def start(self, half: str) -> None:
        """As the troupe does, but all that the process may write to lies in one folder."""
        here = self.folder / half
        command = [sys.executable, "-m", *self._program(half), half, "--leash", "--start", self.now().isoformat()]
        command += ["--config", str(here / f"{half}.toml"), "--control", str(self.control(half).path)]
        env = {"PYTHONPATH": os.pathsep.join([PATHS, str(ROOT)]), "PYTHONDONTWRITEBYTECODE": "1"}
        env |= {"PATH": os.environ["PATH"], "TMPDIR": str(here / "tmp"), "HOME": str(here / "home"), "LANG": "C.UTF-8"}
        with (self.folder / f"{half}.log").open("ab") as log:
            self._children[half] = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=here / "home", env=env
            )

    def _program(self, half: str) -> list[str]:
        return ["tests.promises.planted", self.leaks[half]] if half in self.leaks else ["aftercall_stage.half"]

    def phone(self, who: str) -> httpx.AsyncClient:
        """A phone's line, with its own address, browser and habits. All that goes over it is noted."""
        first = who.split()[0] if who != "a peer" else who
        agent = next(value for name, value in AGENTS.items() if name.startswith(first))
        headers = {
            "User-Agent": agent, "X-Forwarded-For": FORWARDED[who], "X-Real-IP": FORWARDED[who], "Referer": "https://x.example/",
            "Forwarded": f"for={FORWARDED[who]}", "Cookie": f"a={ERRORS['a cookie']}", "Accept-Encoding": "identity",
        }  # fmt: skip
        client = httpx.AsyncClient(
            base_url=self.outside_url, headers=headers, transport=httpx.AsyncHTTPTransport(local_address=BOUND[who])
        )
        client.event_hooks = {"response": [self._note]}
        self._open.push_async_callback(client.aclose)
        return client

    async def _note(self, answer: httpx.Response) -> None:
        sent = answer.request
        route = f"{sent.method} {sent.url.path.removeprefix('/care/v1')}"
        if route == "POST /box" and len(await sent.aread()) > 100_000:
            return  # the 5 MB are not worth keeping
        head = sum(len(name) + len(value) + 4 for name, value in sent.headers.raw if name.lower() != b"user-agent")
        got = await answer.aread()
        self.told.said.append(Said(route, answer.status_code, sent.read(), head, got, answer.headers.get("content-encoding", "")))

    def _open_files(self, half: str) -> set[str]:
        """Files on a disk that this process may write to now, as the kernel tells it."""
        here, found = Path(f"/proc/{self._children[half].pid}"), set[str]()
        for link in (here / "fd").glob("*") if self.alive(half) else ():
            with suppress(OSError):
                flags = int((here / "fdinfo" / link.name).read_text().split("flags:")[1].split()[0], 8)
                path = os.readlink(link)
                if flags & (os.O_WRONLY | os.O_RDWR) and path.startswith("/") and not path.startswith("/dev/"):
                    found.add(path)
        return found

    def shoot(self, name: str) -> None:
        """Keep what each half has written up to now: its folders, and what it said on its outputs."""
        for half in HALVES:
            self.told.elsewhere |= {path for path in self._open_files(half) if not path.startswith(str(self.folder))}
            there = self.told.shot(name, half)
            with self._held_still(half):
                for part in ("data", "tmp", "home"):
                    shutil.copytree(self.folder / half / part, there / part, ignore=SOCKETS)
                shutil.copy(self.folder / f"{half}.log", there / "output.log")
            if half in self._servers:
                _told_as_sqlite(self.urls[half], there / "data" / FILES[half])
                if name == SHOTS[-1]:  # by then its log has all of the night
                    self._servers[half].copy(half, there / "postgres")

    def count(self, half: str, statement: str) -> int:
        url = self.urls.get(half) or f"sqlite:///file:{self.data(half) / FILES[half]}?mode=ro&uri=true"
        with sa.create_engine(url, poolclass=sa.NullPool).connect() as conn:
            return int(conn.exec_driver_sql(statement).scalar_one())

    @contextmanager
    def _held_still(self, half: str) -> Iterator[None]:
        """Stopped between two transactions: files copied in the middle of one are no files that anybody ever held."""
        child = self._children[half]
        try:
            while self.alive(half):
                child.send_signal(signal.SIGSTOP)
                if _stopped(child.pid) and not any(path.stat().st_size for path in self.data(half).glob("*-journal")):
                    break
                child.send_signal(signal.SIGCONT)
                time.sleep(0.005)
            yield
        finally:
            child.send_signal(signal.SIGCONT)


def _told_as_sqlite(url: str, path: Path) -> None:
    """The rows of a PostgreSQL, so that one check reads both."""
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as conn, closing(sqlite3.connect(path)) as file:
        for name in sa.inspect(conn).get_table_names():
            rows = conn.exec_driver_sql(f'SELECT * FROM "{name}"')
            names = list(rows.keys())
            columns = [f'"{column}"' for column in names]
            file.execute(f'CREATE TABLE "{name}" ({", ".join(columns)})')
            file.executemany(f'INSERT INTO "{name}" VALUES ({", ".join("?" * len(columns))})', [tuple(row) for row in rows])
        file.commit()


def _stopped(pid: int) -> bool:
    """Every thread of it, as the kernel tells it, within 0.1 s."""
    for _ in range(100):
        if all(stat.read_text().rpartition(")")[2].split()[0] == "T" for stat in Path(f"/proc/{pid}/task").glob("*/stat")):
            return True
        time.sleep(0.001)
    return False


class Care(Stage):
    """The care half alone. `more`: settings of it that differ."""

    def __init__(self, folder: Path, leak: str = "", **more: object) -> None:
        super().__init__(folder, {"outside": leak} if leak else {}, Night(folder), {})
        self._more["outside"] |= more

    async def __aenter__(self) -> "Care":
        try:
            await self._set_up()
            self.start("outside")
            await self.ready("outside")
        except BaseException:
            await self.__aexit__()
            raise
        return self
