"""Phones are lost, peers go off shift, machines crash: whoever asked ends with a human, or is told at once where they stand."""

import asyncio
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import pytest
from aftercall_stage.phones import Gone
from sqlalchemy.engine import Connection

from aftercall import words
from tests.world import NAMES, Night

DUTY = "+254700000099"


@pytest.fixture
def evening(tmp_path: Path) -> Iterator[Night]:
    this = Night(tmp_path)
    yield this
    this.close()


def rung(night: Night) -> list[str]:
    return [message.to for message in night.care_post.sent]


# nobody of ours ----------------------------------------------------------------------------------------------------------------


def test_allies_are_rung_when_none_of_ours_is_on_duty_and_it_is_said_at_once(night: Night) -> None:
    grace, achieng = night.peer("Grace", on=False), night.peer("Achieng", allied="Nakuru peers")
    phone = night.asker()
    assert night.run(phone.ask()) == 1
    assert (phone.asked["allied"], phone.asked["duty"]) == (1, 0)
    assert phone.people[achieng.pid].card["allied"] == "Nakuru peers"  # the root says so
    assert set(phone.held().keys) == {grace.pid, achieng.pid}  # a copy sealed for each, as for all
    night.tick()
    assert rung(night) == [achieng.card["tel"]]
    night.pass_time(minutes=5)
    assert rung(night).count(DUTY) == 1
    (page,) = night.run(achieng.pages())
    assert night.run(achieng.take(page.box))


def test_allies_are_left_alone_while_one_of_ours_can_be_rung(evening: Night) -> None:
    grace, achieng = evening.peer("Grace"), evening.peer("Achieng", allied="Nakuru peers")
    phone = evening.asker()
    evening.run(phone.ask(everyone=True))
    assert phone.asked["allied"] == 0
    for _ in range(4):
        evening.pass_time(minutes=10)
    assert set(rung(evening)) == {grace.card["tel"], DUTY}
    assert achieng.card["tel"] not in rung(evening)


def test_nobody_at_all_is_said_in_the_answer_with_the_duty_phone_and_the_lines_beside_it(evening: Night) -> None:
    evening.peer("Grace", on=False)
    phone = evening.asker()
    assert evening.run(phone.ask()) == 0
    assert (phone.asked["duty"], phone.asked["allied"]) == (1, 0)
    assert phone.public["duty"] == {"tel": DUTY}
    assert phone.public["lines"]


def test_a_peer_who_comes_on_duty_finds_who_has_been_waiting(evening: Night) -> None:
    """Nobody was there when all were rung; the ask is still open, and in the sight of whoever comes."""
    grace = evening.peer("Grace", on=False)
    phone = evening.asker()
    evening.run(phone.ask())
    for _ in range(9):
        evening.pass_time(minutes=10)  # the ladder rests
    assert evening.run(grace.pages()) == []  # off duty it rings on no page
    evening.run(grace.duty(evening.clock.now() + timedelta(hours=4)))
    (page,) = evening.run(grace.pages())
    assert evening.run(grace.take(page.box))
    assert evening.run(phone.look()).taker == grace.pid


def test_when_all_who_were_rung_say_no_the_next_wave_does_not_wait(evening: Night) -> None:
    for name in NAMES[:4]:
        evening.peer(name)
    phone = evening.asker()
    evening.run(phone.ask())
    evening.tick()
    first = [peer for peer in evening.peers.values() if peer.card["tel"] in rung(evening)]
    for peer in first:
        assert evening.run(phone.look()).wave == 1
        (page,) = evening.run(peer.pages())
        evening.run(peer.pass_on(page.box))
    evening.tick()
    assert evening.run(phone.look()).wave == 2
    assert len(rung(evening)) == 4


# copies lost -------------------------------------------------------------------------------------------------------------------


def test_a_box_without_its_copies_rings_everybody_and_is_an_alarm_that_names_nobody(
    night: Night, caplog: pytest.LogCaptureFixture
) -> None:
    for name in NAMES[:4]:
        night.peer(name)
    phone = night.asker()
    night.run(phone.ask())
    night.tick()
    night.run(night.outside_store.do(_empty, "page_copy"))
    night.stop()
    night.care_post.sent.clear()
    caplog.clear()
    night.start()
    night.tick()
    assert set(rung(night)) == {peer.card["tel"] for peer in night.peers.values()} | {DUTY}
    alarms = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(alarms) == 1
    assert "lost its sealed copies" in alarms[0]
    for word in (phone.held().box, DUTY, *(peer.pid for peer in night.peers.values()), *NAMES):
        assert word not in alarms[0]


def test_the_phone_brings_the_copies_back_and_the_ladder_begins_anew(night: Night) -> None:
    grace = night.peer("Grace")
    phone = night.asker()
    night.run(phone.ask())
    night.run(night.outside_store.do(_empty, "page_copy"))
    stands = night.run(phone.look())  # 404, and it posts again under the same box
    assert (stands.state, stands.rung) == ("open", (grace.pid,))
    (page,) = night.run(grace.pages())
    assert page.box == phone.held().box
    assert night.run(grace.take(page.box))
    assert len(night.rows("outside", "box")["box"]) == 1


def test_a_box_all_have_said_no_to_has_not_lost_its_copies(evening: Night, caplog: pytest.LogCaptureFixture) -> None:
    grace = evening.peer("Grace")
    phone = evening.asker()
    evening.run(phone.ask())
    (page,) = evening.run(grace.pages())
    evening.run(grace.pass_on(page.box))
    evening.tick()
    assert rung(evening) == [DUTY]
    assert evening.run(phone.look()).state == "open"
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
    (row,) = evening.rows("outside", "page_copy")["page_copy"]
    assert None in row  # the copy itself is gone, only that she has said no stands


# phones lost -------------------------------------------------------------------------------------------------------------------


def test_a_peer_who_lost_their_phone_before_contact_is_passed_over_and_the_asker_is_told(night: Night) -> None:
    grace, peter = night.peer("Grace"), night.peer("Peter")
    phone = night.asker()
    night.run(phone.ask(wish=grace.pid))
    (page,) = night.run(grace.pages())
    night.run(grace.take(page.box))
    night.revoke(grace)
    stands = night.run(phone.look())
    assert (stands.state, stands.taker, stands.lapsed) == ("open", None, 1)
    assert peter.card["tel"] in rung(night)
    with pytest.raises(Gone):
        night.run(grace.write(page.box, "I am not Grace."))
    assert not night.run(grace.take(page.box))  # what is in that phone opens nothing more
    (page,) = night.run(peter.pages())
    assert night.run(peter.take(page.box))


def test_a_peer_who_lost_their_phone_in_a_talk_reads_nothing_more_and_the_asker_can_ask_another(night: Night) -> None:
    grace, peter = night.peer("Grace"), night.peer("Peter")
    phone = night.asker()
    night.run(phone.ask(wish=grace.pid))
    (page,) = night.run(grace.pages())
    night.run(grace.take(page.box))
    night.run(phone.look())
    night.run(grace.spoken(page.box))
    night.run(phone.write("He was nineteen."))
    night.revoke(grace)
    with pytest.raises(Gone):
        night.run(grace.read(page.box))
    assert night.run(phone.look()).state == "off"  # "Your colleague's phone is off. Ask another?"
    assert night.rows("outside", "box", "page_copy", "msg", "ring") == {"box": [], "page_copy": [], "msg": [], "ring": []}
    assert night.run(phone.ask()) == 1
    (other,) = night.run(peter.pages())
    assert other.box != page.box
    assert grace.pid not in phone.people


def test_an_open_ask_rung_for_a_lost_phone_alone_goes_on_at_once(evening: Night) -> None:
    grace = evening.peer("Grace")
    evening.run(evening.asker().ask())
    evening.tick()
    peter = evening.peer("Peter")
    evening.run(evening.asker().ask())
    evening.care_post.sent.clear()
    evening.revoke(grace)
    assert DUTY in rung(evening)  # the first ask has no copy for anybody else
    assert evening.run(peter.pages())


def test_a_peers_file_that_can_not_be_read_cuts_no_talk(evening: Night) -> None:
    grace = evening.peer("Grace")
    phone = evening.asker()
    evening.run(phone.ask())
    (page,) = evening.run(grace.pages())
    evening.run(grace.take(page.box))
    evening.run(grace.spoken(page.box))
    file = evening.outside_settings.data / "peers" / f"{grace.pid}.json"
    whole = file.read_text()
    for damage in (lambda: file.write_text("half writ"), lambda: file.parent.rename(file.parent.with_name("not mounted"))):
        damage()
        evening.pass_time(seconds=10)
        assert evening.run(phone.look()).state == "talk"
        if not file.exists():
            file.parent.with_name("not mounted").rename(file.parent)
        file.write_text(whole)
        evening.pass_time(seconds=10)
    evening.run(grace.write(page.box, "I'm here."))
    assert evening.run(phone.read()) == ["I'm here."]


def test_whoever_lost_their_own_phone_asks_anew_and_what_was_left_rings_nobody_for_ever(evening: Night) -> None:
    grace = evening.peer("Grace")
    evening.run(evening.asker().ask())  # this phone falls into the river
    again = evening.asker()
    assert evening.run(again.ask()) == 1
    assert len(evening.run(grace.pages())) == 2
    for _ in range(20):
        evening.pass_time(minutes=10)
    before = len(rung(evening))
    evening.pass_time(hours=5)
    assert len(rung(evening)) == before
    evening.pass_time(days=8)
    assert evening.rows("outside", "box")["box"] == []


# shifts and hand-over ----------------------------------------------------------------------------------------------------------


def test_a_live_talk_stays_with_the_peer_whose_shift_ends(evening: Night) -> None:
    grace, peter = evening.peer("Grace"), evening.peer("Peter")
    phone = evening.asker()
    evening.run(phone.ask(wish=grace.pid))
    (page,) = evening.run(grace.pages())
    evening.run(grace.take(page.box))
    evening.run(grace.write(page.box, "I'm here."))
    evening.run(phone.look())
    evening.run(phone.read())
    evening.run(grace.off())
    evening.care_post.sent.clear()
    evening.pass_time(hours=2)
    assert rung(evening) == []
    evening.run(phone.write("He was nineteen."))
    assert evening.run(grace.read(page.box)) == ["He was nineteen."]
    assert evening.run(peter.pages()) == []


def test_a_peer_who_goes_off_duty_is_not_rung_again_for_who_still_waits(evening: Night) -> None:
    grace, peter = evening.peer("Grace"), evening.peer("Peter")
    evening.run(evening.asker().ask())
    evening.tick()
    evening.run(grace.off())
    evening.care_post.sent.clear()
    evening.pass_time(minutes=5)
    assert set(rung(evening)) == {peter.card["tel"], DUTY}


def test_handing_over_is_a_fresh_box_of_which_the_first_peer_knows_nothing(evening: Night) -> None:
    grace, peter = evening.peer("Grace"), evening.peer("Peter")
    phone = evening.asker()
    evening.run(phone.ask(wish=grace.pid))
    (first,) = evening.run(grace.pages())
    evening.run(grace.take(first.box))
    evening.run(grace.write(first.box, "My shift ends. Peter has the night, if you like."))
    evening.run(phone.look())
    evening.run(phone.read())
    evening.run(phone.write("I keep hearing his mother."))
    evening.run(phone.close())
    evening.run(phone.ask(wish=peter.pid, leave_out=[grace.pid]))
    (second,) = evening.run(peter.pages())
    assert (second.box != first.box, second.k != first.k, second.handle != first.handle) == (True, True, True)
    evening.run(peter.take(second.box))
    assert evening.run(peter.read(second.box)) == []  # nothing moves unless she writes it again
    with pytest.raises(Gone):
        evening.run(grace.read(first.box))
    assert evening.run(grace.pages()) == []


def test_asking_for_grace_next_month_is_a_new_box_with_her_in_the_first_wave(evening: Night) -> None:
    for name in NAMES[:5]:
        evening.peer(name)
    grace, numbers = evening.peers["Grace"], set()
    for _ in range(2):
        phone = evening.asker()
        evening.run(phone.ask(wish=grace.pid))
        stands = evening.run(phone.look())
        assert grace.pid in stands.rung
        assert len(stands.rung) == 3
        numbers.add(phone.held().box)
        evening.run(phone.close())
        evening.pass_time(hours=4)
    assert len(numbers) == 2


def test_five_who_debrief_from_afar_each_have_a_box_of_their_own_with_the_facilitator(evening: Night) -> None:
    grace = evening.peer("Grace")
    phones = [evening.asker() for _ in range(5)]
    for phone in phones:
        evening.run(phone.ask(wish=grace.pid))
    pages = {page.box: page for page in evening.run(grace.pages())}
    assert len(pages) == 5
    assert len({page.k for page in pages.values()}) == 5
    for n, phone in enumerate(phones):
        box = phone.held().box
        assert evening.run(grace.take(box))
        evening.run(phone.look())
        evening.run(phone.write(f"I was at the head. {n}"))
        assert evening.run(grace.read(box)) == [f"I was at the head. {n}"]


# crashes -----------------------------------------------------------------------------------------------------------------------


def test_a_step_of_the_wall_clock_makes_nobody_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ladder runs on a clock that is set once: five hours back are five hours in which nobody would be rung."""
    clock = words.SteadyClock()
    before = clock.now()

    class Mended(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Mended":
            return super().now(tz) - timedelta(hours=5)

    monkeypatch.setattr(words, "datetime", Mended)
    assert timedelta(0) <= clock.now() - before < timedelta(hours=1)
    asyncio.run(asyncio.wait_for(clock.wait(clock.now() + timedelta(milliseconds=50), asyncio.Event()), 60))


def test_after_a_crash_that_lost_all_the_phone_asks_again_under_the_same_number_until_it_saw_a_taker(evening: Night) -> None:
    grace = evening.peer("Grace")
    phone = evening.asker()
    evening.run(phone.ask())
    box = phone.held().box
    lose(evening)
    assert evening.run(phone.look()).state == "open"
    assert phone.held().box == box
    (page,) = evening.run(grace.pages())
    evening.run(grace.take(page.box))
    assert evening.run(phone.look()).taker == grace.pid
    lose(evening)
    assert evening.run(phone.look()).state == "lost"  # not asked again by itself: "Ask again?"
    assert evening.rows("outside", "box")["box"] == []


def test_a_later_ask_that_was_lost_is_asked_again_for_its_hour(evening: Night) -> None:
    grace = evening.peer("Grace")
    phone = evening.asker()
    at = evening.clock.now().replace(minute=0, second=0) + timedelta(hours=2)
    evening.run(phone.ask(later=at))
    lose(evening)
    assert evening.run(phone.look()).state == "later"
    evening.pass_time(hours=1)
    assert rung(evening) == []
    evening.pass_time(minutes=13)
    assert rung(evening) == [grace.card["tel"]]


def lose(night: Night) -> None:
    """A disk that came back empty."""
    for table in ("box", "page_copy", "ring", "msg"):
        night.run(night.outside_store.do(_empty, table))


def _empty(conn: Connection, table: str) -> None:
    conn.exec_driver_sql(f"DELETE FROM {table}")
