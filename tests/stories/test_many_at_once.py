"""Very many messages are due at one instant: each goes once, a few at a time, and STOP is asked for each."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy.engine import Connection

from aftercall.inside import run as inside_run
from aftercall.outside.store import rings
from aftercall.send import Later, Roads
from aftercall.sql import many
from aftercall.words import Message, millis, seconds
from tests.world import STAFF, START, Night

ROWS, AT_ONCE = 60, 4


class Crowd:
    """A provider that counts how many stand before its door. `stuck`: this one's message hangs."""

    def __init__(self, stuck: str = "") -> None:
        self.got, self.inside, self.most, self.let_go, self._stuck = list[Message](), 0, 0, asyncio.Event(), stuck

    async def send(self, message: Message) -> None:
        self.inside += 1
        self.most = max(self.most, self.inside)
        await (self.let_go.wait() if message.to == self._stuck else asyncio.sleep(0.001))
        self.inside -= 1
        self.got.append(message)


def staff(n: int) -> str:
    return f"S{n}"


def waiting(night: Night, *these: tuple[str, int]) -> None:
    """Messages to these people for these days, all due now."""

    def fill(conn: Connection) -> None:
        people = [("hospital", staff(n), f"Nurse {n}", number(n), "", "en", "RES", "nurse") for n in range(ROWS)]
        many(
            conn, "INSERT INTO staff (org, staff, name, phone, mail, language, unit, role) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", people
        )
        rows = [("hospital", who, day, "note", millis(START), 0) for who, day in these]
        many(conn, "INSERT INTO outbox (org, staff, day, template, due, tries) VALUES (?, ?, ?, ?, ?, ?)", rows)

    night.inside_settings.staff.write_text(
        STAFF + "".join(f"{staff(n)},Nurse {n},{number(n)},,en,RES,nurse,\n" for n in range(ROWS))
    )
    night.run(night.inside_store.do(fill))


def number(n: int) -> str:
    return f"+25471{n:07}"


def few_at_once(night: Night, crowd: Crowd) -> None:
    """The same half over the same rows, with little room in the air and this provider."""
    settings = replace(night.inside_settings, at_once=AT_ONCE)
    roads = Roads(sms=crowd)
    night.inside = inside_run.build(settings, night.clock, roads, night.inside_store, lambda n: bytes(n))


async def until_sent(night: Night, crowd: Crowd, count: int) -> None:
    """As the clock does it: a round, and the next one when it is woken."""
    async with asyncio.timeout(20):
        while len(crowd.got) < count:
            night.inside.half.wake.clear()
            due = await night.inside.half.tick()
            if due is None or due > night.clock.now():
                try:
                    await asyncio.wait_for(night.inside.half.wake.wait(), 2)
                except TimeoutError:
                    assert not night.inside.half.flight.crowded  # else more was due, and nobody was woken for it


def test_each_goes_once_and_no_more_stand_before_the_provider_than_the_setting_says(night: Night) -> None:
    waiting(night, *((staff(n), 1) for n in range(ROWS)))
    few_at_once(night, crowd := Crowd())

    async def go() -> None:
        await until_sent(night, crowd, ROWS)
        await night.inside.half.flight.landed()

    night.run(go())
    assert Counter(message.to for message in crowd.got) == Counter(number(n) for n in range(ROWS))
    assert crowd.most == AT_ONCE
    assert night.rows("inside", "outbox")["outbox"] == []


def test_one_that_hangs_keeps_nobody_waiting(night: Night) -> None:
    waiting(night, *((staff(n), 1) for n in range(ROWS)))
    few_at_once(night, crowd := Crowd(stuck=number(1)))

    async def go() -> None:
        await until_sent(night, crowd, ROWS - 1)
        crowd.let_go.set()
        await night.inside.half.flight.landed()

    night.run(go())
    assert crowd.got[-1].to == number(1)


def test_of_many_who_said_stop_who_left_and_who_were_told_lately_nobody_hears(night: Night) -> None:
    def lately(conn: Connection) -> None:
        told = [("hospital", staff(3), "another offer", seconds(START) + 3600)]
        many(conn, 'INSERT INTO told (org, staff, "by", until) VALUES (?, ?, ?, ?)', told)

    night.run(night.inside.half.stop(number(2)))
    night.run(night.inside_store.do(lately))
    waiting(night, *((staff(n), 1) for n in range(5)), ("gone", 1))
    night.tick()
    assert sorted(message.to for message in night.hospital_post.sent) == [number(0), number(1), number(4)]
    assert night.rows("inside", "outbox")["outbox"] == []  # nobody waits for what will not go


def test_rings_by_a_road_that_is_no_more_are_gone_after_a_start(night: Night) -> None:
    def fill(conn: Connection) -> None:
        rings.add(conn, night.outside_settings.programme, [(rings.Ring("box", "grace", "pigeon", 1, 0), 0)], START)

    night.run(night.outside.half.store.do(fill))
    night.stop()
    night.start()
    assert night.rows("outside", "ring")["ring"] == []


def test_more_rings_than_the_air_has_room_for_are_passed_on_at_once_by_a_road_known_to_be_out(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three failures are known; of what then stands before the road, all have their next road beside it, not a few at a time."""
    ringing = night.outside.half.ringing
    passed = list[int]()

    async def pass_on(these: list[rings.Ring]) -> None:
        passed.append(len(these))

    night.all_peers()
    night.care_post.down = Later("silence")
    for _ in range(6):
        night.run(night.asker().ask(everyone=True))
    monkeypatch.setattr(ringing, "_pass_on", pass_on)
    ringing.flight._most, ringing._failed["sms"] = 2, 3
    night.run(night.outside.half.tick())
    assert passed[0] == 6 * 10  # nine peers and the duty phone, for each
