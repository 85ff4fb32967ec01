"""The care half says whether it is well and nothing that moves when somebody asks (DECISIONS 13). And it says when it is not."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from aftercall_stage.phones import Asker
from aftercall_stage.troupe import until

from tests.device import Device
from tests.promises.recorded import Care, Stage
from tests.promises.twins import Caught
from tests.stories.ward import options_in

LEAKS = ("a counter of requests in the metrics", "the desk says at once that somebody waits")
TOKEN, ASKS = "only-for-the-watch", 40
WATCH = {"Authorization": f"Bearer {TOKEN}"}


@dataclass
class Evening:
    """What an onlooker with every right to look has seen: before anybody asked, while 40 wait, and after they have gone."""

    before: list[dict[str, bytes]] = field(default_factory=list)
    waiting: list[dict[str, bytes]] = field(default_factory=list)
    after: list[dict[str, bytes]] = field(default_factory=list)
    rung: int = 0
    stopped: tuple[str, int, str] = ("", 0, "")  # what the monitor saw, and the doctor's exit code and words
    again: str = ""


PAGES = ("/desk", "/desk/health", "/desk/acts")


async def sit_down(t: Stage) -> dict[str, str]:
    """The care coordinator's session, by the link that the machine prints."""
    async with httpx.AsyncClient(transport=_hatch(t), base_url="http://half") as inner:
        link = (await inner.post("/coordinator", json={"name": "Njeri"})).json()["link"]
    origin, _, code = link.partition("/desk/enrol#")
    page = await t.client.post("/desk/enrol", data={"code": code})
    made = await t.client.post("/desk/enrol/made", data={"code": code, "said": Device(origin).made(options_in(page.text))})
    t.client.cookies.clear()
    return {"Cookie": made.headers["set-cookie"].partition(";")[0]}


def _hatch(t: Stage) -> httpx.AsyncHTTPTransport:
    return httpx.AsyncHTTPTransport(uds=str(t.data("outside") / "watch.sock"))


async def seen(t: Stage, desk: dict[str, str]) -> dict[str, bytes]:
    """Everything that may be looked at, byte for byte, but the time of day in an answer's head. `desk`: what opens it."""
    there = {"log": (t.folder / "outside.log").read_bytes()}
    async with httpx.AsyncClient(transport=_hatch(t), base_url="http://half") as inner:
        for name, line, path in (
            ("health", t.client, "/care/v1/health"),
            ("metrics", t.client, "/care/v1/metrics"),
            ("doctor", inner, "/doctor"),
            *((page, t.client, page) for page in PAGES),
        ):
            answer = await line.get(path, headers={**WATCH, **desk})
            head = sorted((n, v) for n, v in answer.headers.items() if n != "date")
            there[name] = f"{answer.status_code} {head}\n".encode() + answer.content
    return there


def moved(evening: Evening) -> list[str]:
    """What an onlooker could tell asks by: whose bytes were not the same throughout, and how they differ. [] is kept."""
    first, found = evening.before[0], []
    for when in ("before", "waiting", "after"):
        for one in getattr(evening, when):
            for name, was in first.items():
                lines = set(one[name].decode().splitlines()) ^ set(was.decode().splitlines())
                if one[name] != was:
                    found.append(f"{name}, {when}: {sorted(lines)}")
    return found


async def play(folder: Path, leak: str = "", asks: int = ASKS) -> Evening:
    """The care half alone, with a canary every two seconds, and a monitor's token."""
    evening = Evening()
    async with Care(folder, leak, watch_token=TOKEN, canary=2) as t:
        desk = await sit_down(t)
        await t.on_duty()
        await seen(t, desk)  # its doctor looks at once
        await until(lambda: _has_looked(t), "the half is well, its first canary has come back, and it has seen who is there")
        for _ in range(2):
            evening.before.append(await seen(t, desk))
            await asyncio.sleep(1.1)
        askers = await _ask(t, asks)
        evening.rung = sum(len(h.texts) for h in t.sms["outside"].values())
        for _ in range(2):
            evening.waiting.append(await seen(t, desk))
            await asyncio.sleep(1.1)
        for asker in askers:
            await asker.close()
        evening.after.append(await seen(t, desk))
        if not leak:
            await _stop_and_go_on(t, evening)
    return evening


async def _is_well(t: Stage) -> bool:
    return (await t.client.get("/care/v1/health", headers=WATCH)).status_code == 200


async def _has_looked(t: Stage) -> bool:
    told = await t.client.get("/care/v1/health", headers=WATCH)
    return told.status_code == 200 and "ok  two on duty" in told.text


async def _ask(t: Stage, asks: int) -> list[Asker]:
    line = t.phone("Juma")
    askers = [Asker(line, t.code, t.now) for _ in range(asks)]
    for asker in askers:
        await asker.ask()
    return askers


async def _stop_and_go_on(t: Stage, evening: Evening) -> None:
    """SIGSTOP: the process is there, its port is open, and nothing of it moves."""
    child = t._children["outside"]
    child.send_signal(signal.SIGSTOP)
    try:
        monitor = await asyncio.to_thread(_monitor, t.outside_url)
        doctor = await asyncio.to_thread(_doctor, t.folder / "outside" / "outside.toml")
        evening.stopped = (monitor, doctor.returncode, doctor.stdout)
    finally:
        child.send_signal(signal.SIGCONT)
    await until(lambda: _is_well(t), "it is well again")
    evening.again = await asyncio.to_thread(_monitor, t.outside_url)


def _monitor(url: str) -> str:
    """The line of docs/running.md, as an operator's cron runs it."""
    command = ["curl", "-fsS", "-m", "2", "-o", os.devnull, "-H", f"Authorization: Bearer {TOKEN}", f"{url}/care/v1/health"]
    return "well" if subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0 else "not well"


def _doctor(config: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "aftercall", "doctor", "outside", "--json", "--config", str(config)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory: pytest.TempPathFactory) -> Evening:
    return asyncio.run(play(tmp_path_factory.mktemp("evening")))


def test_health_metrics_doctor_log_and_the_desk_are_the_same_bytes_for_no_ask_and_for_forty(looked_at: Evening) -> None:
    assert moved(looked_at) == []
    assert looked_at.rung >= ASKS  # they were asks: peers' phones rang for them


def test_the_care_half_has_four_figures_and_no_more(looked_at: Evening) -> None:
    figures = [line.split()[0] for line in looked_at.waiting[0]["metrics"].decode().splitlines()[1:] if line[0] != "#"]
    assert figures == [
        "aftercall_tick_age_seconds", "aftercall_overdue_seconds", "aftercall_canary_passed", "aftercall_two_on_duty",
    ]  # fmt: skip


def test_a_counter_of_requests_would_be_noticed_and_so_would_a_desk_that_tells_of_asks(tmp_path: Path, caught: Caught) -> None:
    found = moved(asyncio.run(play(tmp_path, "; ".join(LEAKS), asks=4)))
    for leak, where, words in zip(LEAKS, ("metrics", "/desk"), ("http_requests_total", "Somebody is waiting"), strict=True):
        named = [line for line in found if line.startswith(f"{where}, waiting") and words in line]
        caught("DECISIONS 13", leak, next(iter(named), ""))
        assert named, found[:5]
    assert all(line.startswith(("metrics", "/desk,")) for line in found)


def test_a_half_that_stands_still_is_noticed_by_the_monitor_and_by_the_doctor(looked_at: Evening) -> None:
    monitor, code, words = looked_at.stopped
    told = json.loads(words)
    assert (monitor, code, told["state"]) == ("not well", 2, "broken")
    assert "does not answer" in told["findings"][0]["seen"]
    assert looked_at.again == "well"
