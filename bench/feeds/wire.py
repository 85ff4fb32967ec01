"""Start a listener, ours or another's, as a process of its own, and the senders, which keep to one core."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from machine import SENDER
from told import staff_csv, units_csv

from aftercall.inside.joinkeys import KEPT

HERE = Path(__file__).parent
OURS, ECHO = "aftercall", "echo (nothing read)"
PATIENCE = 30.0


@dataclass(frozen=True)
class Listener:
    """A running listener. `store` says what is on the disk before the answer."""

    name: str
    port: int
    pid: int
    store: str


@contextmanager
def ours(folder: Path, gateway: int = 0) -> Iterator[Listener]:
    """`aftercall inside` as it is shipped, on a data folder of its own. No settle time, and one address may send all it can."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    door, port = free_ports(2)
    settings: dict[str, object] = {
        "data": "data", "zone": "UTC", "port": door, "mllp_port": port, "mllp_rate": 10_000_000, "settle": 0,
        "care_link": "https://care.example/#amber-river-lamp-wind", "sms_url": f"http://127.0.0.1:{gateway or 9}/sms",
        "sms_token": "made-up", "sms_sender": "NOTE",
    }  # fmt: skip
    (folder / "inside.toml").write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items()))
    _older_keys(folder / "data" / "joinkeys")
    (folder / "staff.csv").write_text(staff_csv())
    (folder / "units.csv").write_text(units_csv())
    (folder / "rota.csv").write_text("unit,staff,begins,ends\n")
    command = [sys.executable, "-m", "aftercall", "inside", "--config", str(folder / "inside.toml")]
    with _running(OURS, command, port, folder / "log", "SQLite WAL, synchronous=FULL, in groups") as listener:
        yield listener


def _older_keys(folder: Path) -> None:
    """Of the days before, as where it has run for a while: each mark is made under all of them then."""
    folder.mkdir(parents=True)
    for days in range(1, KEPT):
        name = (datetime.now(UTC) - timedelta(days=days)).date().isoformat()
        (folder / f"{name}.key").write_bytes(secrets.token_bytes(32))


@contextmanager
def theirs(name: str, folder: Path, peers: Path | None, *, durable: bool) -> Iterator[Listener]:
    """Another's listener, as it comes or with one durable row before each answer."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (port,) = free_ports(1)
    more = [str(port), *([str(folder / "heard.db")] if durable else [])]
    here = {"hl7": "hl7_server.py", ECHO: "echo.py"}
    if name in here:
        command = [sys.executable, str(HERE / "peers" / here[name]), *more[: 1 if name == ECHO else 2]]
    elif peers:
        command = ["node", str(peers / {"@medplum/hl7": "medplum.mjs", "simple-hl7": "simple.mjs"}[name]), *more]
    else:
        raise Failed("no Node packages")
    store = "SQLite WAL, synchronous=FULL" if durable and name == "hl7" else ""
    with _running(name, command, port, folder / "log", store) as listener:
        yield listener


class Failed(Exception):
    """A listener or its senders could not be had; the text is what they said."""


@contextmanager
def _running(name: str, command: list[str], port: int, log: Path, store: str) -> Iterator[Listener]:
    with log.open("w") as out:
        child = subprocess.Popen(command, stdout=out, stderr=out, cwd=log.parent)
    try:
        end = time.monotonic() + PATIENCE
        while not _answers(port):
            if child.poll() is not None or time.monotonic() > end:
                raise Failed(f"{name}: {log.read_text()[-300:]}")
            time.sleep(0.05)
        yield Listener(name, port, child.pid, store or log.read_text().strip())
    finally:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _answers(port: int) -> bool:
    with socket.socket() as door:
        return door.connect_ex(("127.0.0.1", port)) == 0


def free_ports(n: int) -> list[int]:
    doors = [socket.create_server(("127.0.0.1", 0)) for _ in range(n)]
    ports = [int(door.getsockname()[1]) for door in doors]
    for door in doors:
        door.close()
    return ports


def send(listener: Listener, **asked: Any) -> dict[str, Any]:
    """Let the senders loose on it; see senders.py for what may be asked. Raises Failed."""
    command = [sys.executable, str(HERE / "senders.py"), json.dumps({"port": listener.port, **asked})]
    patience, before = asked["seconds"] + 60, _cpu(listener.pid)
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=patience, preexec_fn=lambda: os.sched_setaffinity(0, {SENDER})
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"{listener.name}: the senders did not end") from None
    if done.returncode:
        raise Failed(f"{listener.name}: {done.stderr[-300:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return {**found, "cpu": (_cpu(listener.pid) - before) * 1e6 / max(1, found["answered"])}


def _cpu(pid: int) -> float:
    """Seconds of processor that the process has taken, all its threads together."""
    said = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(said[11]) + int(said[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> float:
    """Megabytes of RAM that the process holds now."""
    said = Path(f"/proc/{pid}/status").read_text()
    return int(said.partition("VmRSS:")[2].split()[0]) / 1024
