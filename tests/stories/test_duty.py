"""On duty means somebody answered: the test ring, standing duties, rest and caps, and gaps that are told in time."""

import json
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aftercall_stage.phones import Asker, Peer, Refused
from sqlalchemy.engine import Connection

from aftercall.outside import run as outside_run
from aftercall.outside.planning import kept, table
from aftercall.outside.road.duty import ACTIVE, AHEAD, Ready
from aftercall.outside.road.wave import IN_TURN
from aftercall.outside.store import boxes, duty
from aftercall.sql import Lock
from tests.world import CODE, START, TESTS, Night

HOUR = timedelta(hours=1)
DUTY = "+254700000099"


def ready(night: Night) -> Ready:
    return night.run(night.outside_store.do(duty.ready, "kisumu", night.clock.now()))


def two(night: Night) -> bool:
    return night.run(night.outside_store.do(duty.two, "kisumu", night.clock.now()))


def rings_of_test(night: Night, peer: Peer) -> int:
    return night.care_post.to(str(peer.card["tel"])).count(TESTS)


def directory(night: Night) -> dict[str, Any]:
    answer = night.run(night.wire().get("/care/v1/directory", headers={"X-Code": CODE}))
    body: dict[str, Any] = json.loads(answer.json()["body"])
    return body


def rota(night: Night, text: str, name: str = "rota.csv") -> None:
    folder = night.outside_settings.data / "rota"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    night.tick()


def pass_time(night: Night, **by: float) -> None:
    night.pass_time(**by)
    night.run(night.outside.half.planning.landed())


def talk(night: Night, peer: Peer) -> tuple[Asker, str]:
    phone = night.asker()
    night.run(phone.ask(wish=peer.pid))
    (page,) = night.run(peer.pages())
    night.run(peer.take(page.box))
    night.run(peer.spoken(page.box))
    return phone, page.box


def test_a_duty_counts_once_its_test_ring_is_answered_and_a_later_answer_counts_too(night: Night) -> None:
    grace = night.peer("Grace", on=False)
    night.run(grace.duty(night.clock.now() + 8 * HOUR, answer=False))
    night.tick()
    assert (rings_of_test(night, grace), night.care_post.to(DUTY)) == (1, [TESTS])
    assert ready(night).all == frozenset()
    pass_time(night, minutes=11)
    assert ready(night).all == frozenset()
    night.run(grace.pages())
    assert ready(night).all == {grace.pid}
    night.run(grace.duty(night.clock.now() + 9 * HOUR))  # the same duty for longer rings no test
    pass_time(night, minutes=1)
    assert rings_of_test(night, grace) == 1


def test_a_new_duty_has_a_new_test_ring_and_the_duty_phone_has_one_a_day(night: Night) -> None:
    grace, peter = night.peer("Grace", on=False), night.peer("Peter", on=False)
    for _ in range(2):
        for one in (grace, peter):
            night.run(one.duty(night.clock.now() + HOUR))
        pass_time(night, hours=1, minutes=1)
    assert (rings_of_test(night, grace), rings_of_test(night, peter)) == (2, 2)
    assert night.care_post.to(DUTY) == [TESTS]


def test_whoever_goes_off_or_is_signed_out_is_not_rung(night: Night) -> None:
    grace, peter = night.peer("Grace"), night.peer("Peter")
    night.run(grace.off())
    assert ready(night).all == {peter.pid}
    night.run(night.outside_store.do(_forget_sessions))
    assert ready(night).all == frozenset()
    night.run(peter.pages())  # the page signs in again by itself
    assert ready(night).all == {peter.pid}


def _forget_sessions(conn: Connection) -> None:
    conn.exec_driver_sql("DELETE FROM session")


def test_a_standing_duty_asks_at_its_beginning_and_ten_minutes_without_an_answer_are_a_gap(night: Night) -> None:
    grace, peter = night.peer("Grace", on=False), night.peer("Peter", on=False)
    begins = START.replace(hour=21, minute=0)  # midnight in Nairobi
    rota(night, "peer,begins,ends\ngrace,2026-11-23T00:00,2026-11-23T08:00\npeter,2026-11-23T00:00,2026-11-23T08:00\n")
    assert [t["begins"] for t in night.run(grace.turns())] == ["2026-11-22T21:00:00Z"]
    night.run(grace.pages())
    assert grace.asked == ""
    pass_time(night, seconds=(begins - night.clock.now()).total_seconds())
    assert (rings_of_test(night, grace), rings_of_test(night, peter)) == (1, 1)
    night.run(grace.pages())
    assert (grace.asked, grace.on) == ("2026-11-23T05:00:00Z", False)  # an open page alone says nothing of the last 72 hours
    assert directory(night)["gaps"][0] == ["2026-11-23T05:00:00Z", "2026-12-06T21:00:00Z"]
    night.run(grace.duty(begins + 8 * HOUR))
    pass_time(night, minutes=11)
    assert rings_of_test(night, grace) == 1  # the ring of the standing duty was this duty's test
    assert grace.on
    assert grace.asked == ""
    assert directory(night)["gaps"][0][0] == "2026-11-22T21:00:00Z"  # Peter did not come
    night.run(peter.duty(begins + 8 * HOUR))
    pass_time(night, minutes=1)
    assert directory(night)["gaps"][0][0] == "2026-11-23T05:00:00Z"


def test_a_standing_duty_that_a_peer_can_not_do_is_a_gap_and_asks_nobody(night: Night) -> None:
    grace, peter = night.peer("Grace", on=False), night.peer("Peter", on=False)
    rota(night, "peer,begins,ends\ngrace,2026-11-23T00:00,2026-11-23T08:00\n")
    begins = START.replace(hour=21, minute=0)
    night.run(peter.put(begins, begins + 8 * HOUR))
    pass_time(night, minutes=1)
    assert ["2026-11-22T19:00:00Z", "2026-11-22T21:00:00Z"] in directory(night)["gaps"]
    night.run(grace.cant(begins))
    pass_time(night, minutes=1)
    assert len(directory(night)["gaps"]) == 1
    (mine,) = night.run(grace.turns())
    assert (mine["on"], mine["own"]) == (0, 0)
    night.run(grace.put(begins, begins + 8 * HOUR))  # after all
    assert night.run(grace.turns())[0]["on"] == 1
    night.run(peter.cant(begins))
    assert night.run(peter.turns()) == []
    with pytest.raises(Refused):
        night.run(peter.put(begins, begins + 20 * HOUR))


def test_off_in_a_standing_duty_is_off_for_all_of_it(night: Night) -> None:
    grace = night.peer("Grace", on=False)
    night.run(grace.put(night.clock.now() + timedelta(minutes=5), night.clock.now() + 8 * HOUR))
    pass_time(night, minutes=6)
    night.run(grace.off())
    night.run(grace.pages())
    assert grace.asked == ""


def test_a_rota_that_can_not_be_read_changes_nothing_and_is_said(night: Night, caplog: pytest.LogCaptureFixture) -> None:
    grace = night.peer("Grace", on=False)
    rota(night, "peer,begins,ends\ngrace,2026-11-23T00:00,2026-11-23T08:00\n")
    rota(night, "peer,begins,ends\ngrace,2026-11-23T00:00,2026-11-23T08:00\ngrace,never,\n")
    pass_time(night, minutes=1)
    assert len(night.run(grace.turns())) == 1
    assert "rota.csv: row 3, column begins" in caplog.text
    assert "row 3, column begins" in kept(night.outside_settings.data)[1]
    rota(night, "peer,begins,ends\n")
    assert night.run(grace.turns()) == []


def test_a_peer_who_has_left_has_no_duty_left(night: Night) -> None:
    grace = night.peer("Grace", on=False)
    night.run(grace.put(night.clock.now() + HOUR, night.clock.now() + 2 * HOUR))
    (night.outside_settings.data / "peers" / f"{grace.pid}.json").unlink()
    night.tick()
    assert night.rows("outside", "turn")["turn"] == []


def test_three_talks_or_a_rest_spare_a_peer_in_the_first_waves_alone(night: Night) -> None:
    grace, peter = night.peer("Grace"), night.peer("Peter")
    assert ready(night) == Ready(frozenset({grace.pid, peter.pid}), frozenset({grace.pid, peter.pid}), frozenset())
    held = [talk(night, grace) for _ in range(ACTIVE)]
    assert ready(night).gentle == {peter.pid}
    assert ready(night).all == {grace.pid, peter.pid}
    night.run(held[0][0].close())
    assert ready(night).gentle == {grace.pid, peter.pid}
    night.run(peter.rest(night.clock.now() + timedelta(minutes=61)))
    assert ready(night).gentle == {grace.pid}
    (row,) = [row for row in night.rows("outside", "peer")["peer"] if row[1] == peter.pid]
    assert row[6] % 3600 == 0  # a whole hour is all that is kept
    pass_time(night, hours=2)
    assert ready(night).gentle == {grace.pid, peter.pid}
    assert {row[6] for row in night.rows("outside", "peer")["peer"]} == {None}
    with pytest.raises(Refused):
        night.run(peter.rest(night.clock.now() + timedelta(days=40)))


def test_peers_of_an_allied_programme_are_kept_apart(night: Night) -> None:
    grace, next_door = night.peer("Grace"), night.peer("Otieno", allied="Nakuru peers")
    assert ready(night) == Ready(frozenset({grace.pid}), frozenset({grace.pid}), frozenset({next_door.pid}))
    assert not two(night)
    assert directory(night)["gaps"][0][0] == "2026-11-22T19:00:00Z"  # one of ours and one of theirs are not two


def test_the_named_professional_is_rung_in_the_last_wave_and_with_everyone_and_is_no_cover(night: Night) -> None:
    grace, zuhura = night.peer("Grace"), night.peer("Zuhura", professional=True)
    mine, named = frozenset({grace.pid}), frozenset({zuhura.pid})
    assert ready(night) == Ready(mine, mine, frozenset(), last=named)
    assert not two(night)
    amina, juma = night.asker(), night.asker()
    night.run(amina.ask(wish=zuhura.pid))
    night.tick()
    assert night.run(zuhura.pages()) == []  # also if she is wished for
    assert [page.box for page in night.run(grace.pages())] == [amina.held().box]
    night.run(juma.ask(everyone=True))
    night.tick()
    assert [page.box for page in night.run(zuhura.pages())] == [juma.held().box]
    pass_time(night, minutes=6)
    assert {page.box for page in night.run(zuhura.pages())} == {amina.held().box, juma.held().box}
    assert night.run(zuhura.take(amina.held().box))


def test_what_is_said_of_the_duty_is_the_same_after_any_ask(night: Night) -> None:
    grace, peter = night.peer("Grace"), night.peer("Peter")

    def said() -> tuple[bool, object]:
        pass_time(night, seconds=61)
        return two(night), [begins for begins, _ in directory(night)["gaps"]]  # the fourteenth day moves with the clock

    before = said()
    assert before[0]
    talk(night, grace)
    assert said() == before
    for _ in range(2):  # Peter sleeps through two takes and is put off duty
        phone = night.asker()
        night.run(phone.ask(wish=peter.pid))
        night.run(peter.take(night.run(peter.pages())[0].box))
        pass_time(night, minutes=5)
        night.run(phone.close())
    night.run(grace.rest(night.clock.now() + 2 * HOUR))
    mine = frozenset({grace.pid})
    assert ready(night) == Ready(frozenset(), mine, frozenset(), busy=mine, spared=mine)
    assert said() == before
    night.run(grace.off())
    assert not said()[0]


def test_beyond_three_a_page_offers_whom_all_were_rung_for_and_no_seventh(night: Night) -> None:
    grace = night.peer("Grace")
    night.peer("Peter")  # on duty, and doesn't answer

    def offered() -> list[bool]:
        return [page.in_turn for page in night.run(night.outside_store.do(boxes.for_peer, "kisumu", grace.pid, True))]

    for _ in range(ACTIVE):
        talk(night, grace)
    for _ in range(ACTIVE, IN_TURN):
        night.run(night.asker().ask())
        assert offered() == []  # caps hold in the first waves
        pass_time(night, minutes=5)
        assert offered() == [True]
        (page,) = night.run(grace.pages())
        night.run(grace.take(page.box))
        night.run(grace.spoken(page.box))
    night.run(night.asker().ask(everyone=True))
    assert offered() == [False]


def test_who_wrote_to_a_phone_that_is_off_did_not_sleep(night: Night) -> None:
    """Else two who lost their signal would put one peer after the other off duty."""
    night.peer("Grace")
    peter = night.peer("Peter")
    for _ in range(2):
        phone = night.asker()
        night.run(phone.ask(wish=peter.pid))
        box = night.run(peter.pages())[0].box
        night.run(peter.take(box))
        night.run(peter.write(box, "I am here."))
        pass_time(night, minutes=5)
        stands = night.run(phone.look())
        assert (stands.taker, stands.lapsed) == (None, 1)  # it went on to others all the same
        night.run(phone.close())
    assert peter.pid in ready(night).all


def test_the_coordinator_is_told_of_gaps_once_a_week_and_when_one_opens_within_a_day(night: Night) -> None:
    tel = "+254700000077"
    night.stop()
    night.outside_settings = replace(night.outside_settings, coordinator_phone=tel)
    night.start()
    peers = [night.peer(name, on=False) for name in ("Grace", "Peter", "Halima")]
    zero = START.replace(minute=0)
    for one in peers:
        for n in range(0, 400, 12):
            night.run(one.put(zero + (n or 1) * HOUR, zero + (n + 12) * HOUR))
    for one in peers:
        night.run(one.duty(zero + 12 * HOUR))
    pass_time(night, minutes=2)
    night.care_post.sent.clear()
    pass_time(night, hours=1)
    assert night.care_post.to(tel) == []
    for one in peers[:2]:
        night.run(one.cant(zero + 12 * HOUR))
    pass_time(night, minutes=2)
    pass_time(night, minutes=2)
    day = "Duty list: fewer than two from 2026-11-23 10:00 to 2026-11-23 22:00."
    assert night.care_post.to(tel) == [day]
    pass_time(night, hours=9)  # Monday, 09:00 in Nairobi
    week = "Duty list, next 14 days, fewer than two: 1 x, first from 2026-11-23 10:00 to 2026-11-23 22:00."
    assert [text for text in night.care_post.to(tel) if text != day] == [week]


def test_without_a_rota_every_hour_to_come_is_a_gap_the_same_for_all(night: Night) -> None:
    begins = START.replace(minute=0)
    ((since, until),) = directory(night)["gaps"]
    assert (since, until) == ("2026-11-22T19:00:00Z", f"{begins + AHEAD:%Y-%m-%dT%H:%M:%SZ}")
    assert kept(night.outside_settings.data)[0] == ((begins, begins + AHEAD),)


def test_the_command_line_asks_the_running_half_and_finds_the_same_when_none_runs(night: Night) -> None:
    grace, peter = night.peer("Grace"), night.peer("Peter")
    pass_time(night, minutes=2)
    found = kept(night.outside_settings.data)
    assert found[0][0][0] == START.replace(hour=5, minute=0) + 24 * HOUR  # both are there until then
    if not night.outside_settings.url:  # where one process holds the database
        with closing(Lock(night.outside_settings.data / "care.lock")):
            assert outside_run.gaps(night.outside_settings, night.clock) == found
    night.stop()
    ((begins, _),), problem = outside_run.gaps(night.outside_settings, night.clock)
    assert (problem, begins.minute) == ("", 0)
    assert "Mon 2026-11-23 08:00" in table(found[0], ZoneInfo("Africa/Nairobi"))
    night.start()
    assert {grace.pid, peter.pid} == ready(night).all
