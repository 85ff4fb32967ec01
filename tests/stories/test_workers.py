"""Two workers of a half on one PostgreSQL are as one: nothing goes out twice, and what one of them heard the other knows."""

import asyncio
import random
import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from aftercall_stage.phones import Asker, Gone, Peer
from sqlalchemy.engine import Connection

from aftercall.door import door
from aftercall.inside import run as inside_run
from aftercall.inside.store.tables import attendance, event
from aftercall.outside import bell
from aftercall.outside import run as outside_run
from aftercall.outside.store.tables import box
from aftercall.outside.watch import Watch
from aftercall.send import Roads
from aftercall.watch import hatch
from aftercall.watch.doctor import examined
from aftercall.watch.findings import Finding
from tests.conftest import Postgres
from tests.stories.test_any_order import STREAMS, Outcome
from tests.world import CODE, Night, adt


class Two(Night):
    """A night whose halves have a second worker each. `b_inside` and `b_outside` are the others; the roads are the same."""

    def start(self) -> None:
        self.b_stores = [inside_run.open_store(self.inside_settings), outside_run.open_store(self.outside_settings)]
        roads = Roads(sms=self.hospital_post, mail=self.hospital_post), Roads(sms=self.care_post)
        rand = secrets.token_bytes
        self.b_inside = inside_run.build(self.inside_settings, self.clock, roads[0], self.b_stores[0], rand)
        self.b_outside = outside_run.build(self.outside_settings, self.clock, roads[1], self.b_stores[1], rand)
        super().start()
        self.run(self.b_inside.start())
        self.run(self.b_outside.start())

    def stop(self) -> None:
        super().stop()
        for store in self.b_stores:
            store.close()

    def other_wire(self) -> httpx.AsyncClient:
        client = httpx.AsyncClient(transport=httpx.ASGITransport(self.b_outside.app), base_url="http://care.example")
        self._wire.append(client)
        return client


@pytest.fixture
def two(tmp_path: Path, postgres: Postgres) -> Iterator[Two]:
    this = Two(tmp_path, postgres("inside"), postgres("outside"))
    yield this
    this.close()


def moved(phone: Asker, two: Two) -> Asker:
    """The same phone, now answered by the other worker."""
    return Asker(two.other_wire(), CODE, two.clock.now, memory=phone.memory)


def test_both_clocks_ring_a_wave_and_each_peer_hears_it_once(two: Two) -> None:
    two.all_peers()
    phones = [two.asker() for _ in range(8)]

    async def night() -> None:
        await asyncio.gather(*(phone.ask(everyone=True) for phone in phones))
        for _ in range(4):
            await asyncio.gather(*(half.tick() for half in (two.outside.half, two.b_outside.half) for _ in range(3)))
            await asyncio.gather(two.outside.half.flight.landed(), two.b_outside.half.flight.landed())

    sent: list[str] = []
    two.care_post.send = _noted(sent)  # type: ignore[method-assign]
    two.run(night())
    assert len(sent) == len(set(sent)) == 8 * 10  # nine peers and the duty phone, for each


def _noted(sent: list[str]):  # type: ignore[no-untyped-def]
    async def send(message: object) -> None:
        sent.append(message.key)  # type: ignore[attr-defined]
        await asyncio.sleep(0.01)

    return send


def test_both_clocks_write_to_a_team_and_each_of_it_hears_once(two: Two) -> None:
    sent: list[str] = []
    two.hospital_post.send = _noted(sent)  # type: ignore[method-assign]
    halves = [two.inside.half, two.b_inside.half]

    async def night() -> None:
        await asyncio.gather(*(halves[n % 2].hear(adt(two.clock.now(), f"M{n}", f"77{n // 2}")) for n in range(12)))
        for _ in range(3):
            await asyncio.gather(*(half.tick() for half in halves for _ in range(2)))
            await asyncio.gather(*(half.flight.landed() for half in halves))

    two.run(night())
    rows = two.rows("inside", "attendance")["attendance"]
    assert len(rows) == 6 * 4  # six deaths, each of which four people were at
    assert len(sent) == len(set(sent)) == 4  # and one message a person in two days


def test_whichever_worker_hears_what_it_ends_the_same(two: Two) -> None:
    """Messages of one patient, some by one worker and some by the other, at the same time: as one worker hears them."""
    halves, rand = [two.inside.half, two.b_inside.half], random.Random(7)
    two.clock.move(minutes=10)
    for name, stream in STREAMS.items():
        for body in stream:
            two.hear(body)
        wanted = two.run(two.inside_store.do(_outcome))
        two.run(two.inside_store.do(_empty))
        for _ in range(4):
            order = rand.sample(stream, len(stream))

            async def both(order: list[bytes] = order) -> list[bytes]:
                return await asyncio.gather(*(rand.choice(halves).hear(body) for body in order))

            assert all(b"MSA|AA" in answer for answer in two.run(both()))
            assert two.run(two.inside_store.do(_outcome)) == wanted, name
            two.run(two.inside_store.do(_empty))


def _outcome(conn: Connection) -> Outcome:
    """The losses and who was there, without random names and the moments of arrival."""
    losses = conn.execute(sa.select(event.c.state, event.c.died_at, event.c.unit, event.c.weight, event.c.rules, event.c.there))
    there = conn.execute(sa.select(attendance.c.staff, attendance.c.why, attendance.c.step))
    return tuple(sorted(map(tuple, losses.all()))), tuple(sorted(map(tuple, there.all())))


def _empty(conn: Connection) -> None:
    conn.exec_driver_sql("TRUNCATE notice, trace, alias, event, attendance")


def test_the_doctor_asks_each_worker_and_says_once_what_all_of_them_say(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hatch, "PATIENCE", 1.0)
    watches = two.outside.watch(outside_run.PARTS), two.b_outside.watch(("clock",))

    async def asked(*open_ones: Watch) -> list[Finding]:
        with ExitStack() as stack:
            socks = [stack.enter_context(hatch.opened(two.outside_settings.data, f"watch-{n}.sock")) for n in range(2)]
            socks[1].listen()  # also where nobody serves it: a process that is stopped
            doors = [door(hatch.app(watch), "", 1) for watch in open_ones]
            tasks = [asyncio.create_task(one.serve(sockets=[sock])) for one, sock in zip(doors, socks, strict=False)]
            for watch in open_ones:
                await watch.look()
            try:
                return await asyncio.to_thread(examined, two.outside_settings, "outside", Path(), lambda _: (), ())
            finally:
                for one in doors:
                    one.should_exit = True
                await asyncio.gather(*tasks)

    found = two.run(asked(*watches))
    assert (found[0].what, found[0].state, found[0].seen) == ("running", "ok", "2 workers on this machine")
    assert len(found) == len(set(found))
    assert [one.what for one in found].count("disk") == 1
    stuck = two.run(asked(watches[0]))
    assert [(one.what, one.state) for one in stuck] == [("running", "broken")]
    assert "watch-1.sock" in stuck[0].seen


def test_a_held_call_wakes_when_the_other_worker_changed_the_box(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bell, "SWEEP", 60.0)  # only a wake can end the wait in time
    grace = two.peer("Grace")
    grace_there = _elsewhere(grace, two)
    phone = two.asker()
    two.run(phone.ask())

    async def night() -> None:
        with two.outside.half.company.heard() as a, two.b_outside.half.company.heard() as b:
            assert a is not None
            assert b is not None
            await asyncio.gather(a.ready.wait(), b.ready.wait())
            await phone.look()
            waiting = asyncio.create_task(phone.look(wait=25))
            await asyncio.sleep(0.3)
            assert not waiting.done()
            (page,) = await grace_there.pages()
            async with asyncio.timeout(10):
                assert await grace_there.take(page.box)
                assert (await waiting).taker == grace.pid
            reading = asyncio.create_task(phone.read(wait=25))
            await asyncio.sleep(0.3)
            async with asyncio.timeout(10):
                await grace_there.write(page.box, "I'm here.")
                assert await reading == ["I'm here."]

    two.run(night())


def _elsewhere(peer: Peer, two: Two) -> Peer:
    """The same peer's phone, signed in at one worker and now answered by the other."""
    peer.line.client = two.other_wire()
    return peer


def test_what_goes_over_the_wire_tells_nothing(two: Two) -> None:
    two.peer("Grace")
    phone = two.asker()
    heard: list[str] = []

    async def night() -> None:
        with two.b_outside.half.company.heard() as wire:
            assert wire is not None
            await wire.ready.wait()
            two.b_outside.half.bell.rung = heard.append  # type: ignore[method-assign,assignment]
            await phone.ask()
            async with asyncio.timeout(10):
                while not heard:  # noqa: ASYNC110 - it comes from a thread
                    await asyncio.sleep(0.05)

    two.run(night())
    this = phone.held()
    assert {len(mark) for mark in heard} == {32}
    assert not any(part in mark for mark in heard for part in (this.box, this.cap.hex(), "Grace"))


def test_a_peer_may_be_challenged_by_one_worker_and_answer_to_the_other(two: Two) -> None:
    grace = two.peer("Grace")
    challenges: list[dict[str, str]] = []

    async def sign_in() -> None:
        there, here = two.other_wire(), two.wire()
        challenge = (await here.post("/care/v1/peer/challenge")).json()["challenge"]
        challenges.append(challenge)
        grace.line.client = there
        await grace.login()

    two.run(sign_in())
    assert two.outside.half.secret == two.b_outside.half.secret


def test_all_workers_hand_out_the_same_list_byte_for_byte(two: Two) -> None:
    def lists() -> list[bytes]:
        lines = [two.wire(), two.other_wire()]
        return [two.run(line.get("/care/v1/directory", headers={"X-Code": CODE})).content for line in lines]

    two.peer("Grace")
    first = lists()
    assert first[0] == first[1]
    two.clock.move(minutes=61)
    two.run(two.b_outside.half.tick())
    second = lists()
    assert second[0] == second[1] != first[0]


def test_an_ask_that_was_closed_at_one_worker_rings_nobody_at_the_other(two: Two) -> None:
    two.all_peers()
    phone = two.asker()
    two.run(phone.ask())
    late = phone.memory.open

    async def night() -> None:
        with two.b_outside.half.company.heard() as wire:
            assert wire is not None
            await wire.ready.wait()
            await phone.close()
            phone.memory.open = late
            async with asyncio.timeout(10):
                while not two.b_outside.half.company.has_ended(phone.held().box):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            with pytest.raises(Gone):
                await moved(phone, two).again()

    two.run(night())
    assert two.rows("outside", "box") == {"box": []}


def test_the_same_ask_at_both_workers_at_once_is_one_ask(two: Two) -> None:
    two.all_peers()
    phone = two.asker()
    two.run(phone.ask())
    two.run(two.outside_store.do(_no_boxes))  # as if neither had it yet

    async def both() -> list[int]:
        return await asyncio.gather(*(one.again() for one in (phone, moved(phone, two)) for _ in range(4)))

    assert set(two.run(both())) == {3}
    assert Counter(row[0] for row in two.rows("outside", "box")["box"]) == {"kisumu": 1}


def _no_boxes(conn: Connection) -> None:
    conn.execute(box.delete())
    conn.exec_driver_sql("TRUNCATE page_copy")
