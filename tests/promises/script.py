"""One night played to the end by both halves as real processes, with crashes and mistakes; what they wrote is kept at each turn."""

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from aftercall_stage.phones import Asker, Gone, Peer, Refused
from aftercall_stage.troupe import HALVES, PATHS, Troupe, until

from tests.conftest import Postgres
from tests.promises.people import (
    AGENTS,
    AMINA,
    BOUND,
    CONTACTS,
    DIED,
    ERRORS,
    FEED_FROM,
    FORWARDED,
    INBOUND,
    JUMA,
    LETTERS,
    LIVES,
    LOST,
    PHONE,
    adt,
    letter,
    lists,
)

ROOT = Path(__file__).parents[2]
FILES = {"inside": "event.db", "outside": "care.db"}
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

    def _inside(self) -> dict[str, object]:
        return {**super()._inside(), "org": "mto-hospital", "inbound_token": INBOUND}

    def start(self, half: str) -> None:
        """As the troupe does, but all that the process may write to lies in one folder."""
        here = self.folder / half
        program = ["tests.promises.planted", self.leaks[half]] if half in self.leaks else ["aftercall_stage.half"]
        command = [sys.executable, "-m", *program, half, "--leash", "--start", self.now().isoformat()]
        command += ["--config", str(here / f"{half}.toml"), "--control", str(self.control(half).path)]
        env = {"PYTHONPATH": os.pathsep.join([PATHS, str(ROOT)]), "PYTHONDONTWRITEBYTECODE": "1"}
        env |= {"PATH": os.environ["PATH"], "TMPDIR": str(here / "tmp"), "HOME": str(here / "home"), "LANG": "C.UTF-8"}
        with (self.folder / f"{half}.log").open("ab") as log:
            self._children[half] = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=here / "home", env=env
            )

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
                    shutil.copytree(self.folder / half / part, there / part)
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


async def play(
    folder: Path, leaks: dict[str, str] | None = None, crash: bool = True, servers: Mapping[str, Postgres] | None = None
) -> Night:
    night = Night(folder)
    t = Stage(folder, leaks or {}, night, servers or {})
    async with t:
        night.cards = frozenset(str(value) for peer in t.peers for value in _flat(peer.card))
        await _the_hospital_tells(t, crash)
        await t.move(4027)  # the care half's seconds are not the hospital's
        for peer in t.peers:
            await peer.duty(t.now() + timedelta(hours=7, minutes=13))
        await _amina_writes(t, night, crash)
        await _juma_wants_a_call(t, night)
        await _choices(t, night)
        await _wanjiku_waits(t, night)
        await _mistakes(t, night)
        await _false_keys(t)
        t.shoot("night")
        await _days_pass(t)
    t.shoot("ended")
    return night


# the hospital ------------------------------------------------------------------------------------------------------------------


async def _the_hospital_tells(t: Stage, crash: bool) -> None:
    now = t.now()
    died, lives, lost = adt(now, "A03", "C1", DIED, "Y"), adt(now, "A08", "C2", LIVES, "Y"), adt(now, "A03", "C4", LOST, "Y")
    assert await _mllp(t, died) == b"AA"
    assert await _mllp(t, died) == b"AA"  # the same again
    assert await _mllp(t, lives) == b"AA"
    assert await _mllp(t, adt(now + timedelta(seconds=1), "A08", "C3", LIVES, "N")) == b"AA"  # a mistake, taken back
    assert await _mllp(t, b"{" + ERRORS["bytes that are no HL7"].encode() + b"}" + lost[:40]) != b"AA"
    assert await _mllp(t, lost.replace(LOST[2].encode(), b"")) != b"AA"  # no patient number
    assert await _mllp(t, lost.replace(b"UNICODE UTF-8", b"8859/99").replace(b"MRN", b"\xff\xfe")) != b"AA"  # unknown letters
    await _raw(t.mllp_port, b"\x0b" + lost[:300] + b"\x0b" + ERRORS["half a frame"].encode() + lost[:300])
    await _raw(t.mllp_port, b"GET /" + LOST[0].encode() + b" HTTP/1.1\r\n\r\n")
    handsets = t.providers["inside"]
    await until(lambda: all(handsets.handset(PHONE[who]).texts for who in (AMINA, JUMA)), "Amina and Juma got it")
    if crash:
        t.kill("inside")
        await t.restart("inside")
    async with httpx.AsyncClient(base_url=t.inside_url, trust_env=False) as gateway:
        for text, status in ((ERRORS["a reply to the hospital's number"], 200), ("STOP", 200)):
            answer = await gateway.post(f"/inside/v1/inbound/{INBOUND}", json={"sender": PHONE[JUMA], "text": text})
            assert answer.status_code == status
        await gateway.post(f"/inside/v1/inbound/{INBOUND}", json={"sender": "x" * 600, "text": ERRORS["a broken form"]})


async def _mllp(t: Stage, body: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", t.mllp_port, local_addr=(FEED_FROM, 0))
    try:
        writer.write(b"\x0b" + body + b"\x1c\r")
        answer = await asyncio.wait_for(reader.readuntil(b"\x1c\r"), 15)
        return answer.partition(b"MSA|")[2][:2]
    finally:
        writer.close()


async def _raw(port: int, data: bytes) -> None:
    """Bytes, and then nothing more."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(FEED_FROM, 0))
    writer.write(data)
    await writer.drain()
    writer.write_eof()
    with suppress(TimeoutError, ConnectionError):
        await asyncio.wait_for(reader.read(), 0.3)
    writer.close()


async def _days_pass(t: Stage) -> None:
    """Three days, in which every day something is told that is nobody's death; then nine."""
    for day in range(3):
        await t.move(86_400)
        if day == 0:
            await t.move(8 * 3600)  # the morning, when the second message goes: a day late it would be an offer of its own
            await until(lambda: _due(t) == 0, "what was due has gone")
        other = (*LIVES[:2], f"90000{day}", LIVES[3], f"V90000{day}", *LIVES[5:])  # whoever is named again lives three days again
        assert await _mllp(t, adt(t.now(), "A01", f"D{day}", other, "")) == b"AA"
    await t.move(3600)
    await until(lambda: t.count("inside", "SELECT count(*) FROM attendance") == 0, "attendance is gone")
    await asyncio.sleep(2.2)  # keep_small has folded the log twice more
    t.shoot("three days")
    await t.move(6 * 86_400)
    await until(lambda: t.count("outside", "SELECT count(*) FROM box") == 0, "the box nobody opened is gone")
    t.shoot("nine days")


def _due(t: Stage) -> int:
    """Messages that should have gone by now, or are on their way."""
    soon = int((t.now() + timedelta(minutes=2)).timestamp() * 1000)
    return t.count("inside", f"SELECT count(*) FROM attendance WHERE due <= {soon}")


# the talks ---------------------------------------------------------------------------------------------------------------------


async def _ask(t: Stage, night: Night, who: str, chose: str, **choice: Any) -> Asker:
    phone = Asker(t.phone(who), t.code, t.now)
    assert await phone.ask(**choice) or "later" in choice
    this = phone.held()
    night.asks[chose] = this.body.encode()
    form = json.loads(this.body)
    night.ours[this.box] = chose
    night.care_ids |= {f"{chose}: box": this.box.encode(), f"{chose}: capability": this.cap.hex().encode()}
    night.care_ids |= {f"{chose}: its hash": form["hc"].encode(), f"{chose}: raw box": bytes.fromhex(this.box)}
    night.care_ids |= {f"{chose}: {pid}'s hash": copy["cap"].encode() for pid, copy in form["copies"].items()}
    return phone


async def _rung(t: Stage, box: str, but: tuple[Peer, ...] = ()) -> Peer:
    """A peer for whom it rings now."""
    for peer in t.peers:
        if peer not in but and box in {page.box for page in await peer.pages()}:
            return peer
    raise AssertionError("it rings for nobody")


async def _amina_writes(t: Stage, night: Night, crash: bool) -> None:
    grace, lines = t.peers[0], LETTERS
    phone = await _ask(t, night, "Amina", "letters, wish", wish=grace.pid, leave_out=[t.peers[1].pid], **CONTACTS["Amina"])
    box = phone.held().box
    await grace.pages()
    night.care_ids["the handle"] = grace.known[box].handle.encode()
    t.shoot("asked")
    sleeper = await _rung(t, box, (grace,))
    assert await sleeper.take(box)
    await t.move(301)  # and falls asleep: the lease lapses, the next wave rings

    async def slept() -> bool:
        return (await phone.look()).lapsed == 1

    await until(slept, "the lease has lapsed")
    other = await _rung(t, box, (grace, sleeper))
    await other.pass_on(box)
    assert await grace.take(box)
    await grace.write(box, letter(lines["Grace's letter"]))
    await phone.look()
    assert await phone.read()  # the first contact
    t.shoot("met")
    await phone.write(letter(lines["Amina's first letter"]))
    await phone.write(letter(lines["Amina's long letter"], 600))
    await phone.write(letter(lines["Amina's longest letter"], 2000))
    t.shoot("written")
    assert len(await grace.read(box)) == 3
    t.shoot("read")
    await phone.write(letter(lines["Amina's letter before the crash"], 300))
    if crash:
        t.kill("outside")
        await t.fallen("outside")
        t.shoot("killed")
        await t.restart("outside")
    else:
        t.shoot("killed")
    assert len(await grace.read(box)) == 1
    await phone.close()


async def _juma_wants_a_call(t: Stage, night: Night) -> None:
    out = [t.peers[2].pid, t.peers[3].pid]
    phone = await _ask(
        t, night, "Juma", "a call, everyone", chan="call", everyone=True, leave_out=out, lang="sw", **CONTACTS["Juma"]
    )
    box = phone.held().box
    peer = await _rung(t, box, (t.peers[2], t.peers[3]))
    assert await peer.take(box)
    assert peer.contacts[box]["tel"] == CONTACTS["Juma"]["tel"]
    await phone.look()
    await phone.write(letter(LETTERS["Juma's unread letter"]))
    await peer.spoken(box)
    await peer.close(box)
    assert (await phone.look()).state == "ended"


async def _choices(t: Stage, night: Night) -> None:
    """The same bytes go out whatever is chosen."""
    choices: dict[str, dict[str, Any]] = {
        "nothing at all": {},
        "a name and a place": {"name": "N" * 30, "place": "P" * 60},
        "tonight": {"later": t.now().replace(minute=0, second=0) + timedelta(hours=3)},
        "all but one left out": {"leave_out": [peer.pid for peer in t.peers[1:]]},
    }
    for chose, choice in choices.items():
        phone = await _ask(t, night, "Juma", chose, **choice)
        await phone.look()
        await phone.close()


async def _wanjiku_waits(t: Stage, night: Night) -> None:
    """This box stays: nobody takes it until its days are over."""
    phone = await _ask(t, night, "Wanjiku", "left open", **CONTACTS["Wanjiku"])
    await phone.look()


async def _mistakes(t: Stage, night: Night) -> None:
    client, e = t.phone("Juma"), ERRORS
    code = {"X-Code": t.code, "Content-Type": "application/json"}
    good = json.loads(night.asks["nothing at all"])
    knock = {"X-Box": good["box"], "X-Cap": e["a wrong capability"]}
    size = letter(e["a letter of no size"]).encode()
    calls: list[tuple[str, str, dict[str, str], bytes]] = [
        ("GET", "directory", {"X-Code": e["a wrong code"]}, b""),
        ("POST", "box", code, b'{"v": 1, "box": "' + e["a broken form"].encode() * 3),
        ("POST", "box", code, json.dumps({**good, e["a form with a member too many"]: "\U0001f600" * 90}).encode()),
        ("POST", "box", code, json.dumps({**good, "\U0001f600" * 90: 1}).encode()),
        ("POST", "box", code, json.dumps({**good, "contact": e["a broken form"]}).encode()),
        ("POST", "box", code, e["a body of 5 MB"].encode() * 240_000),
        ("GET", "box/state", knock, b""),
        ("GET", "box/state", {**knock, "X-Box": e["an unknown box"]}, b""),
        ("GET", "box/m", {**knock, "X-After": e["a query"]}, b""),
        ("POST", "box/m", knock, size),
        ("POST", "box/m", knock, (size * 90)[:4129]),
        ("DELETE", "box", knock, b""),
        ("POST", "box/take", knock, b""),
        ("POST", "box", {**code, "Origin": "https://other.example"}, b"{}"),
        (
            "POST",
            "peer/login",
            {"Content-Type": "application/json"},
            json.dumps({"pid": "00000000", "challenge": e["a broken form"], "sig": "A" * 88}).encode(),
        ),
        ("GET", "peer/pages", {"X-Peer": e["a cookie"]}, b""),
        ("GET", f"{e['a path']}?q={e['a query']}", {}, b""),
        ("PATCH", "box", {}, e["a broken form"].encode()),
    ]
    for method, path, head, body in calls:
        answer = await client.request(method, f"/care/v1/{path}", headers=head, content=body)
        assert 400 <= answer.status_code < 500, f"{method} {path}: {answer.status_code}"
    await _raw(t.outside_port, f"POST /{e['a broken request line']} HTTP/9\r\nno colon {e['a cookie']}\r\n\r\n".encode())
    await _raw(t.outside_port, f"POST /care/v1/box HTTP/1.1\r\nContent-Length: 999\r\n\r\n{e['a broken form']}".encode())  # half
    for press in (t.peers[0].duty(t.now() + timedelta(days=9)), Asker(client, e["a wrong code"], t.now).read_directory()):
        try:
            await press
        except (Refused, Gone):
            continue
        raise AssertionError("that should have been refused")


async def _false_keys(t: Stage) -> None:
    """Somebody with a peer's unlocked phone, or with the data folder, tries to put a key of their own there."""
    peer, evil = t.peers[8], Peer(t.client, {"name": "Nobody", "tel": ""}, "peers", t.now)
    foreign = evil.request()
    entry = {name: foreign[name] for name in ("pid", "card", "idkey", "kem", "kem_after", "kem_sig")}
    entry |= {"cert": foreign["kem_sig"], "cert_after": foreign["kem_after"]}
    (t.data("outside") / "peers" / f"{evil.pid}.json").write_text(json.dumps(entry))
    own = peer.request()
    for kem, sig in ((foreign["kem"], foreign["kem_sig"]), (foreign["kem"], own["kem_sig"])):
        form = {"kem": kem, "kem_after": (t.now() + timedelta(days=34, hours=23)).date().isoformat(), "kem_sig": sig}
        await peer.line.client.request("PUT", "/care/v1/peer/key", headers={"X-Peer": peer.token}, json=form)
    await t.control("outside").ask({"do": "wake"})
    await asyncio.sleep(0.3)  # it looks at its folder


def _flat(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [one for part in value.values() for one in _flat(part)]
    return [one for part in value for one in _flat(part)] if isinstance(value, list | tuple) else [value]


Check = Callable[[Night], list[str]]
