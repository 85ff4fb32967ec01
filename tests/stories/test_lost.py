"""Copies are lost, phones are lost, machines crash: whoever asked ends with a human, or is told at once where they stand."""

import asyncio
import logging
from datetime import datetime, timedelta, tzinfo

import pytest
from aftercall_stage.phones import Gone
from sqlalchemy.engine import Connection

from aftercall import words
from tests.world import NAMES, Night

DUTY = "+254700000099"


def rung(night: Night) -> list[str]:
    return [message.to for message in night.care_post.sent]


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
