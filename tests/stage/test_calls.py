"""Of a night that stands still one reads who is at which call, and an answer that says a half failed is told once."""

import asyncio
from datetime import timedelta
from pathlib import Path

import httpx
from aftercall_stage.chaos.calls import Calls
from aftercall_stage.chaos.check import check
from aftercall_stage.chaos.child import StillClock
from aftercall_stage.chaos.found import Found
from aftercall_stage.chaos.history import History

from tests.world import START


def test_who_says_the_same_again_and_again_is_named_with_what_it_came_to() -> None:
    answers, told = [500, 500, 204], list[tuple[str, str, int]]()
    calls = Calls(lambda *one: told.append(one), httpx.MockTransport(lambda _: httpx.Response(answers.pop(0))))

    async def grace() -> list[str]:
        seen = []
        async with httpx.AsyncClient(transport=calls, base_url="http://here") as client:
            while answers:
                await client.post("/care/v1/box/pass")
                seen.append(calls.of("grace"))
        return seen

    async def tonight() -> list[str]:
        return await asyncio.create_task(grace(), name="grace")

    call = "POST /care/v1/box/pass"
    assert asyncio.run(tonight()) == [f"{call}, 1 try, status 500", f"{call}, 2 tries, status 500", ""]
    assert told == [("grace", call, 500)]


def test_a_clock_that_is_not_idle_says_what_for() -> None:
    hour = [START]

    async def tonight() -> list[str]:
        clock, wake, said = StillClock(lambda: hour[0], asyncio.Event()), asyncio.Event(), list[str]()
        said.append(clock.at_it)
        round_ = asyncio.create_task(clock.wait(START + timedelta(seconds=10), wake))
        await asyncio.sleep(0)
        assert clock.idle
        said.append(clock.at_it)
        hour[0] += timedelta(seconds=12)  # nobody has told it yet
        said.append(clock.at_it)
        wake.set()
        await round_
        assert not clock.idle
        return [*said, clock.at_it]

    assert asyncio.run(tonight()) == [
        "no clock of it has begun",
        "",
        "something is due since 19:47:10.000000",
        "1 of its 1 clocks are on their round",
    ]


def night(folder: Path, *faults: str) -> Found:
    history = History(folder / "history.jsonl", START, lambda: START)
    for fault in faults:
        history.note("outside", "fault", fault=fault)
    history.note("grace", "failed", call="POST /care/v1/box/pass", status=500)
    for half in ("inside", "outside"):
        (folder / f"rows-{half}.json").write_text("{}", "utf-8")
    return Found(folder, 0, 1)


def test_a_half_may_say_that_it_failed_only_when_its_disk_or_database_did(tmp_path: Path) -> None:
    assert "no call fails" in {broken.name for broken in check(night(tmp_path, "mute@outside.door#1"))}
    (tmp_path / "history.jsonl").unlink()
    assert check(night(tmp_path, "full@outside.after-commit.ask:ask#1")) == []
