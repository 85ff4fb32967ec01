"""The database goes away in the middle of the work and comes back: nothing is acknowledged that isn't kept, and nobody crashes."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from aftercall_stage.phones import Asker, Away
from aftercall_stage.troupe import until

from aftercall.words import Moment
from tests.conftest import Postgres
from tests.world import CODE, HandClock, Night, adt


class Ticking(HandClock):
    """Moved by hand, and looked at again every moment, as a clock that goes would be."""

    async def wait(self, until: Moment | None, wake: asyncio.Event) -> None:
        await asyncio.wait([asyncio.ensure_future(wake.wait())], timeout=0.05)


@pytest.fixture
def night(tmp_path: Path, postgres: Postgres) -> Iterator[Night]:
    this = Night(tmp_path, postgres("inside"), postgres("outside"))
    this.clock = this.inside.half.clock = this.outside.half.clock = Ticking()
    yield this
    this.close()


@pytest.fixture
def back(postgres: Postgres) -> Iterator[None]:
    """It must run again for the next story, whatever became of this one."""
    yield
    postgres.start()


@pytest.mark.usefixtures("back")
def test_a_database_that_crashes_under_load_loses_nothing_that_was_acknowledged(night: Night, postgres: Postgres) -> None:
    night.all_peers()
    codes, boxes, not_sent = list[str](), set[str](), list[str]()

    async def feeds() -> None:
        while True:
            answer = await night.inside.half.hear(adt(night.clock.now(), f"M{len(codes)}", f"88{len(codes):05}"))
            codes.append(answer.decode().split("MSA|")[1][:2])
            await asyncio.sleep(0.01)

    async def asks() -> None:
        while True:
            phone = Asker(line, CODE, night.clock.now)
            phone.line.patience = 0.0
            try:
                await phone.ask()
                boxes.add(phone.held().box)
            except Away:
                not_sent.append(phone.held().box)
            await asyncio.sleep(0.05)

    async def story() -> None:
        halves = night.inside.half, night.outside.half, night.inside.office
        clocks = [asyncio.create_task(half.keep_time()) for half in halves]
        load = [asyncio.create_task(feeds()), asyncio.create_task(asks())]
        await until(lambda: len(codes) > 20 and bool(boxes), "there is load")
        assert "AE" not in codes
        await asyncio.to_thread(postgres.stop)
        await until(lambda: codes[-1] == "AE" and bool(not_sent), "nothing is acknowledged any more")
        await asyncio.to_thread(postgres.start)
        heard, said = len(codes), len(boxes)
        await until(lambda: "AA" in codes[heard:] and len(boxes) > said, "all goes on", 60)
        for one in load:
            one.cancel()
        assert not any(clock.done() for clock in clocks)  # nobody fell
        for clock in clocks:
            clock.cancel()
        await asyncio.gather(*load, *clocks, return_exceptions=True)

    line = night.wire()
    night.run(story())
    assert set(codes) == {"AA", "AE"}
    assert codes.count("AA") <= len(night.rows("inside", "event")["event"]) <= len(codes) + 1
    assert boxes <= {row[1] for row in night.rows("outside", "box")["box"]}  # an accepted ask outlives it
    night.pass_time(seconds=31)  # what was in flight is looked at again
    assert night.handset("+254700000002").texts
    assert night.care_post.sent
