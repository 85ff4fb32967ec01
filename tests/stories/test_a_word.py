"""A colleague's word: whose it is, who confirms it, when the coordinator is called, and who else was there."""

from dataclasses import replace

import pytest

from aftercall.inside.road.report import CALLS, WAITS
from aftercall.locale import speak
from aftercall.send import Later, flight
from tests.stories.ward import (
    AMINA,
    CHIEF,
    CONTACTS,
    DUTY,
    JUMA,
    ON_SHIFT,
    Ward,
    ask,
    link_to,
    opened,
    press,
    prove,
    push,
    sign_in,
    time_passes,
    told,
)
from tests.world import Night, adt


@pytest.fixture
def ward(night: Night) -> Ward:
    return night, opened(night)


# a colleague's word --------------------------------------------------------------------------------------------------------


def test_one_persons_word_alone_writes_to_nobody(ward: Ward) -> None:
    night, _ = ward
    ask(ward, "amina")
    assert told(night) == set()
    assert "waits for one more word" in prove(ward, AMINA).text
    assert told(night) == set()
    assert night.rows("inside", "event")["event"] == []


def test_opening_the_link_is_not_pressing_it(ward: Ward) -> None:
    night, wire = ward
    ask(ward, "amina")
    page = night.run(wire.get(link_to(night, AMINA)))
    assert "Did you write this?" in page.text
    assert "Resus" in page.text
    assert [row[8] for row in night.rows("inside", "report")["report"]] == ["sent"]


def test_a_second_person_confirms_it(ward: Ward) -> None:
    night, _ = ward
    ask(ward, "amina")
    prove(ward, AMINA)
    night.pass_time(minutes=20)
    ask(ward, "juma")
    assert told(night) == set()
    assert "The team is looked after" in prove(ward, JUMA).text
    assert told(night) == ON_SHIFT
    assert night.rows("inside", "report")["report"] == []


def test_the_same_person_twice_is_one_word(ward: Ward) -> None:
    night, _ = ward
    for _n in range(2):
        ask(ward, "amina")
        prove(ward, AMINA)
    assert told(night) == set()


def test_two_words_of_two_units_confirm_nothing(ward: Ward) -> None:
    night, _ = ward
    ask(ward, "amina")
    prove(ward, AMINA)
    ask(ward, "juma", unit="ICU")
    prove(ward, JUMA)
    assert told(night) == set()


def test_two_hours_later_it_is_a_word_of_its_own(ward: Ward) -> None:
    night, _ = ward
    ask(ward, "amina")
    prove(ward, AMINA)
    night.pass_time(minutes=121)
    ask(ward, "juma", when="earlier", time="22:47")
    prove(ward, JUMA)
    assert told(night) == set()


def test_after_half_an_hour_the_coordinator_is_called_and_again_while_it_waits_for_three_hours(ward: Ward) -> None:
    night, _ = ward
    ask(ward, "amina")
    prove(ward, AMINA)
    time_passes(night, minutes=29)
    assert night.hospital_post.to(CHIEF) == []
    time_passes(night, minutes=1)
    assert night.hospital_post.to(CHIEF) == ["Something waits for you: https://hospital.example/desk"]
    assert len(night.hospital_post.to("chief@hospital.example")) == 1
    time_passes(night, minutes=29)
    assert len(night.hospital_post.to(CHIEF)) == 1
    time_passes(night, minutes=1)
    assert len(night.hospital_post.to(CHIEF)) == 2
    for _ in range(20):
        time_passes(night, minutes=30)
    assert len(night.hospital_post.to(CHIEF)) == CALLS
    assert told(night) == set()


def test_the_coordinator_is_called_in_their_own_language_and_no_more_once_it_is_decided(night: Night) -> None:
    ward = night, opened(night, replace(CONTACTS, coordinator_language="sw"))
    ask(ward, "amina")
    prove(ward, AMINA)
    time_passes(night, minutes=30)
    assert night.hospital_post.to(CHIEF) == [speak("sw")(WAITS).format(link="https://hospital.example/desk")]
    sign_in(ward)
    push(ward, "/report", report="", say="no")
    time_passes(night, hours=3)
    assert len(night.hospital_post.to(CHIEF)) == 1


def test_where_nobody_is_to_be_called_an_overdue_call_leaves_the_clock_in_peace(evening: Night) -> None:
    ward = evening, opened(evening, replace(CONTACTS, coordinator_phone="", coordinator_mail=""))
    ask(ward, "amina")
    prove(ward, AMINA)
    evening.clock.move(minutes=31)
    due = evening.run(evening.inside.office.tick())
    assert due is None or due > evening.clock.now()


def test_a_call_that_did_not_go_out_is_tried_again(ward: Ward) -> None:
    night, _ = ward
    ask(ward, "amina")
    prove(ward, AMINA)
    night.hospital_post.fail = [Later("full"), Later("full")]
    time_passes(night, minutes=30)
    assert night.hospital_post.to(CHIEF) == []
    time_passes(night, seconds=60)
    assert len(night.hospital_post.to(CHIEF)) == 1


def test_after_the_call_a_second_person_still_confirms(ward: Ward) -> None:
    night, _ = ward
    ask(ward, "amina")
    prove(ward, AMINA)
    time_passes(night, minutes=40)
    ask(ward, "juma", when="earlier", time="22:50")
    prove(ward, JUMA)
    assert told(night) == ON_SHIFT


def test_the_answer_is_the_same_whether_that_badge_is_anybodys_or_not(ward: Ward) -> None:
    night, _ = ward
    answers = [ask(ward, badge) for badge in ("amina", "A1234", "nobody", "'; DROP TABLE staff", "7001")]
    assert len({(a.status_code, a.text, len(a.content), tuple(sorted(a.headers.items()))) for a in answers}) == 1
    assert DUTY in answers[0].text
    assert len(night.hospital_post.to(AMINA)) == 2  # by her own id, and by the number on her badge
    assert len(night.hospital_post.to(JUMA)) == 1
    assert len(night.hospital_post.sent) == 3


def test_nobody_can_have_anothers_phone_ring_all_day(ward: Ward) -> None:
    night, _ = ward
    for _n in range(10):
        ask(ward, "amina")
    assert len(night.hospital_post.to(AMINA)) == 2
    night.pass_time(minutes=31)
    ask(ward, "amina")
    assert len(night.hospital_post.to(AMINA)) == 3


def test_a_link_that_did_not_go_out_is_sent_again(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    night, _ = ward
    monkeypatch.setattr(flight, "TRIES", (0.0, 0.0))
    night.hospital_post.fail = [Later("full"), Later("full")]
    ask(ward, "amina")
    assert len(night.hospital_post.to(AMINA)) == 1


def test_two_words_a_week_that_nobody_confirms_and_a_third_is_not_kept(ward: Ward) -> None:
    night, _ = ward
    for _n in range(2):
        ask(ward, "amina")
        prove(ward, AMINA)
        night.pass_time(hours=3)
    ask(ward, "amina")
    third = prove(ward, AMINA)
    assert "This could not be kept" in third.text
    assert DUTY in third.text
    assert len(night.rows("inside", "report")["report"]) == 2
    night.pass_time(days=7)
    ask(ward, "amina")
    assert "waits for one more word" in prove(ward, AMINA).text


def test_after_three_days_only_a_mark_of_the_sender_is_left_and_after_a_week_nothing(ward: Ward) -> None:
    night, _ = ward
    ask(ward, "amina")
    prove(ward, AMINA)
    time_passes(night, hours=73)
    [row] = night.rows("inside", "report")["report"]
    assert (row[2], row[3], *row[5:10]) == ("", 0, "loss", "", "", "no", None)
    assert row[10] % 86400 == 0
    time_passes(night, days=5)
    assert night.rows("inside", "report")["report"] == []


def test_a_link_is_good_for_half_an_hour_and_once(ward: Ward) -> None:
    night, wire = ward
    ask(ward, "amina")
    path = link_to(night, AMINA)
    night.pass_time(minutes=31)
    assert night.run(wire.get(path)).status_code == 404
    assert night.run(wire.post(path)).status_code == 404
    ask(ward, "amina")
    prove(ward, AMINA)
    prove(ward, AMINA)
    assert [row[8] for row in night.rows("inside", "report")["report"]] == ["waiting"]


def test_no_row_holds_the_link(ward: Ward) -> None:
    night, _ = ward
    ask(ward, "amina")
    token = link_to(night, AMINA).rpartition("/")[2]
    rows = str(night.rows("inside", "report"))
    assert token not in rows
    assert "amina" not in rows


# who else was there --------------------------------------------------------------------------------------------------------


def test_i_was_there_too_needs_nobodys_yes(ward: Ward) -> None:
    night, _ = ward
    press(ward)
    night.pass_time(hours=2)
    ask(ward, "away", "/tell/me", when="earlier", time="23:30")
    prove(ward, "+254700000005")
    assert told(night) == ON_SHIFT | {"+254700000005"}
    assert night.rows("inside", "report")["report"] == []


def test_who_said_they_were_there_stays_when_a_feed_speaks_again(ward: Ward) -> None:
    night, _ = ward
    night.hear(adt())
    night.tick()
    ask(ward, "away", "/tell/me")
    night.run(night.inside.half.flight.landed())
    night.run(ward[1].post(link_to(night, "+254700000005")))
    night.hear(adt(control="M2", MSH_9="ADT^A08^ADT_A01"))
    night.tick()
    assert "+254700000005" in told(night)


def test_i_was_there_where_nothing_is_known_changes_nothing_and_says_the_same(ward: Ward) -> None:
    night, _ = ward
    ask(ward, "away", "/tell/me")
    unknown = prove(ward, "+254700000005")
    assert told(night) == set()
    assert night.rows("inside", "report")["report"] == []
    press(ward)
    ask(ward, "away", "/tell/me")
    assert prove(ward, "+254700000005").text == unknown.text


def test_a_colleague_who_was_there_too_hears_nothing_of_it_before_the_desk(ward: Ward) -> None:
    night, _ = ward
    press(ward)
    ask(ward, "amina", "/tell/there", them="away")
    assert "coordinator is asked" in prove(ward, AMINA).text
    time_passes(night, minutes=31)
    assert told(night) == ON_SHIFT
    assert len(night.hospital_post.to(CHIEF)) == 1


def test_a_colleague_nobody_knows_is_not_kept_and_the_page_says_the_same(ward: Ward) -> None:
    night, _ = ward
    ask(ward, "amina", "/tell/there", them="away")
    known = prove(ward, AMINA)
    ask(ward, "amina", "/tell/there", them="nobody")
    assert prove(ward, AMINA).text == known.text
    assert len(night.rows("inside", "report")["report"]) == 1
