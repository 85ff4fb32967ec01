"""What waits in the two halves before they start: their own tables, filled through their own rooms, with times from now on."""

import hashlib
import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from aftercall_stage.cards import CARDS, DUTY_TEL
from aftercall_stage.peer import Peer
from aftercall_stage.troupe import free_ports as free_ports
from cryptography.hazmat.primitives.asymmetric import ec
from machine import share

from aftercall.config import Inside, Outside, read
from aftercall.inside import run as inside_run
from aftercall.outside import run as outside_run
from aftercall.outside.codes import new_code, sealed
from aftercall.outside.keys import admit, new_steward
from aftercall.outside.ringing import key_of
from aftercall.outside.road.wave import DUTY, LAST
from aftercall.outside.store import days
from aftercall.outside.store.rings import Ring
from aftercall.sql import Store, many
from aftercall.words import Moment, day, millis, seconds
from aftercall.workers import several

ORG = "hospital"
PROGRAMME = "bench"
STAFF = 20_000
INTO = "INSERT INTO outbox (org, staff, day, template, due, tries) VALUES (?, ?, ?, ?, ?, ?)"
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {many}) "
MANY_LATER = NUMBERS + (
    "INSERT INTO outbox (org, staff, day, template, due, tries)"
    " SELECT '{org}', 'S' || (i - i / {staff} * {staff}), {day} + i / {staff}, 'note', {far} + i, 0 FROM n"
)
MANY_BOXES = NUMBERS + (
    "INSERT INTO box (programme, box, hc, state, everyone, wave, due, holder, cap, lapsed, day, heard_c, heard_p, contact)"
    " SELECT '{programme}', {random}, {random} || {random}, 'open', false, 0, {due}, '', '', 0, {day}, 0, 0, {contact}"
    " FROM n ORDER BY 2"
)
MANY_COPIES = (
    "INSERT INTO page_copy (programme, box, pid, place, wave, cap, day, ct)"
    " SELECT programme, box, '{pid}', {place}, 0, hc, day, {ct} FROM box ORDER BY box"
)
RANDOM = {
    "sqlite": ("lower(hex(randomblob(16)))", "randomblob({n})"),
    "postgresql": ("md5(random()::text)", "decode(repeat('5a', {n}), 'hex')"),
}
BOX = (
    "INSERT INTO box (programme, box, hc, state, everyone, wave, due, holder, cap, lapsed, day, heard_c, heard_p, contact)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
COPY = "INSERT INTO page_copy (programme, box, pid, place, wave, cap, day, ct) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
SEALED = 1105  # bytes of a sealed copy
POLLED = 100  # boxes that wait, and that the phones ask about
WAITING_COPIES = 3  # of each box that waits; one that fires has a copy for every peer
"""A box that only waits is not opened by the clock, so the number of its copies changes the size of the file and nothing else."""


@dataclass
class Place:
    """A half's folder and its database: SQLite unless `url` says otherwise."""

    folder: Path
    port: int
    sink: int
    url: str = ""
    mllp_port: int = 0
    due: dict[str, float] = field(default_factory=dict)  # of what will go out: its key or number, and when it is due


def phone(staff: int) -> str:
    return f"+2547{staff:08}"


def write(path: Path, settings: dict[str, object]) -> Path:
    path.write_text("".join(f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in settings.items()), "utf-8")
    return path


# the hospital's half ---------------------------------------------------------------------------------------------------------


def hospital(place: Place, rows: int) -> None:
    """Messages of a week and later, to people who were there once, that wait for a day far off."""
    place.folder.mkdir(parents=True)
    write(
        place.folder / "inside.toml",
        {
            "data": "data", "url": place.url, "port": place.port, "mllp_port": place.mllp_port, "mllp_rate": 10_000_000,
            "zone": "UTC", "quiet_from": "00:00", "quiet_to": "00:00", "care_link": "https://care.example/#amber-river-lamp-wind",
            "sms_url": f"http://127.0.0.1:{place.sink}/sms", "sms_token": "made-up", "sms_sender": "NOTE", "org": ORG,
        },
    )  # fmt: skip
    people = "".join(f"S{n},Nurse {n},{phone(n)},,en,RES,nurse,\n" for n in range(STAFF))
    (place.folder / "staff.csv").write_text("staff,name,phone,mail,language,unit,role,ids\n" + people)
    (place.folder / "units.csv").write_text("unit,name,site\nRES,Resus,Kisumu\n")
    (place.folder / "rota.csv").write_text("unit,staff,begins,ends\n")
    store = inside_run.open_store(read(Inside, place.folder / "inside.toml"))
    today, far = day(datetime.now(UTC)), millis(datetime.now(UTC) + timedelta(days=3))
    with store.engine.begin() as conn:
        conn.exec_driver_sql(MANY_LATER.format(many=rows, org=ORG, staff=STAFF, day=today + 1000, far=far))
    _known(store)


def fire(place: Place, firing: list[Moment], first: int = 0) -> None:
    """One more message to somebody else at each moment. It comes to `phone(first)` and so on."""
    store = inside_run.open_store(read(Inside, place.folder / "inside.toml"))
    today = day(datetime.now(UTC))
    with store.engine.begin() as conn:
        many(conn, INTO, [_later(f"S{n}", today, millis(at)) for n, at in enumerate(firing, first)])
    store.close()


def _later(staff: str, on: int, due: int) -> tuple[object, ...]:
    return (ORG, staff, on, "note", due, 0)


# the care half ---------------------------------------------------------------------------------------------------------------


@dataclass
class Care:
    config: Path
    code: str
    peers: list[Peer]
    caps: list[tuple[str, bytes]]  # boxes that wait, and what opens each for its asker


def hashed(cap: bytes) -> str:
    return hashlib.sha256(cap).hexdigest()


def care(place: Place, waiting: int) -> Care:
    """`waiting` boxes whose next wave is far off. Nine peers."""
    data = place.folder / "data"
    data.mkdir(parents=True, mode=0o700)
    root, code, today = ec.generate_private_key(ec.SECP256R1()), new_code(), datetime.now(UTC).date()
    new_steward(root, PROGRAMME, data, today)
    client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{place.port}", trust_env=False)
    peers = [Peer(client, card, PROGRAMME) for card in CARDS]
    for one in peers:
        asked = place.folder / "request.json"
        asked.write_text(json.dumps(one.request()), "utf-8")
        admit(root, PROGRAMME, asked, data / "peers", today)
    config = write(
        place.folder / "outside.toml",
        {
            "data": "data", "url": place.url, "port": place.port, "programme": PROGRAMME, "name": "Bench", "run_by": "nobody",
            "codes": [sealed(code)], "duty_tel": DUTY_TEL, "lines": [], "work": 0,
            "sms_url": f"http://127.0.0.1:{place.sink}/sms", "sms_token": "made-up-too", "sms_sender": "PEERS",
        },
    )  # fmt: skip
    pids = [one.pid for one in peers]
    late = datetime.now(UTC) + timedelta(hours=20)
    caps = _fill(config, [pids[:WAITING_COPIES]] * POLLED, [late] * POLLED)
    _wait(config, waiting - POLLED, pids[:WAITING_COPIES], late)
    return Care(config, code, peers, caps)


def _wait(config: Path, waiting: int, pids: list[str], due: Moment) -> None:
    """Boxes that only wait, each with a copy for these."""
    store = outside_run.open_store(read(Outside, config))
    with store.engine.begin() as conn:
        days.turn(conn, day(datetime.now(UTC)))
        name, some = RANDOM[conn.dialect.name]
        row = {"programme": PROGRAMME, "day": day(datetime.now(UTC)) + 7, "random": name}
        made = MANY_BOXES.format(many=waiting, due=seconds(due), contact=some.format(n=284), **row)
        conn.exec_driver_sql("CREATE TEMP TABLE polled AS SELECT box FROM box")
        conn.exec_driver_sql(made)
        for place, pid in enumerate(pids):
            new = MANY_COPIES.format(pid=pid, place=place, ct=some.format(n=SEALED))
            conn.exec_driver_sql(new.replace("ORDER", "WHERE box NOT IN (SELECT box FROM polled) ORDER"))
    _known(store)


def _known(store: Store) -> None:
    """PostgreSQL counts by itself what was filled, within a minute; here it is told to. Its log is folded away, as SQLite's is."""
    if several(store.engine):
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.exec_driver_sql("ANALYZE")
            conn.exec_driver_sql("CHECKPOINT")
    store.close()


def ask_at(place: Place, peers: list[Peer], firing: list[Moment]) -> None:
    """One more ask at each moment, with a copy for every peer."""
    pids = [one.pid for one in peers]
    made = _fill(place.folder / "outside.toml", [pids] * len(firing), firing)
    place.due |= {ring_key(box, pid): at.timestamp() for (box, _), at in zip(made, firing, strict=True) for pid in (*pids, DUTY)}


def _fill(config: Path, copies: list[list[str]], firing: list[Moment]) -> list[tuple[str, bytes]]:
    """Boxes whose next wave is due then, and what opens each for its asker. Nobody here opens a copy, so its bytes are random."""
    store, last, made = outside_run.open_store(read(Outside, config)), day(datetime.now(UTC)) + 7, []
    with store.engine.begin() as conn:
        days.turn(conn, day(datetime.now(UTC)))
        for pids, at in zip(copies, firing, strict=True):
            box, cap = secrets.token_hex(16), secrets.token_bytes(16)
            made.append((box, cap))
            row = (PROGRAMME, box, hashed(cap), "open", False, 0, seconds(at), "", "", 0, last, 0, 0, secrets.token_bytes(284))
            many(conn, BOX, [row])
            ct = secrets.token_bytes(SEALED)
            many(conn, COPY, [(PROGRAMME, box, pid, n, 0, hashed(pid.encode()), last, ct) for n, pid in enumerate(pids)])
    store.close()
    return made


def ring_key(box: str, pid: str) -> str:
    """The key under which the first ring of this box reaches this peer's gateway."""
    return key_of(Ring(box, pid, "sms", LAST if pid == DUTY else 1, 0))


# both ------------------------------------------------------------------------------------------------------------------------


@contextmanager
def running(which: str, config: Path, *more: str) -> Iterator[subprocess.Popen[bytes]]:
    """`aftercall inside|outside` as it is shipped."""
    with (config.parent / "log").open("ab") as log:
        command = [sys.executable, "-m", "aftercall", which, "--config", str(config), *more]
        child = subprocess.Popen(command, stdout=log, stderr=log, cwd=config.parent)
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


@contextmanager
def sink(port: int, file: Path) -> Iterator[Path]:
    child = subprocess.Popen([sys.executable, str(Path(__file__).parent / "sink.py"), str(port), str(file)], stdin=subprocess.PIPE)
    try:
        yield file
    finally:
        assert child.stdin
        child.stdin.close()
        child.wait(10)


def late(what: str, told: list[tuple[datetime, float | None]]) -> None:
    """One line: how late each came, in milliseconds, and how many came early or not at all."""
    took = [(came - due.timestamp()) * 1000 for due, came in told if came is not None]
    cuts = "   ".join(f"{name} {share(took, part):7.1f}" for name, part in (("p50", 0.5), ("p99", 0.99), ("max", 1.0)))
    early, lost = sum(one < 0 for one in took), len(told) - len(took)
    print(f"  {what:<32} {cuts} ms   early {early}   not come {lost}", flush=True)


def arrived(file: Path, by: str) -> dict[str, float]:
    """When each message came first, by its key or number."""
    came: dict[str, float] = {}
    for told in _lines(file):
        came.setdefault(told[by], told["at"])
    return came


def twice(file: Path) -> int:
    """How many messages came more than once."""
    return len(keys := [told["key"] for told in _lines(file)]) - len(set(keys))


def _lines(file: Path) -> list[dict[str, Any]]:
    time.sleep(1)  # until the gateway has written down what it has
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]
