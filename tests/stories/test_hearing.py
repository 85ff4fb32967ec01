"""What feeds say, what is believed, who is written to and when, and who is left in peace."""

from datetime import timedelta
from pathlib import Path

import pytest

from aftercall.inside import flow
from aftercall.inside.joinkeys import BadKey, JoinKeys
from aftercall.rota.rows import BadList
from aftercall.send import Later, Never
from tests.world import ROTA, START, Night, adt

AMINA, JUMA, NURSE = "+254700000002", "+254700000001", "+254700000003"
HEAD = "staff,name,phone,mail,language,unit,role,ids\n"
EVERYBODY = {AMINA, JUMA, NURSE, "mwangi@hospital.example"}


def told(night: Night) -> set[str]:
    return {message.to for message in night.hospital_post.sent}


def settling(night: Night, seconds: int = 300) -> Night:
    """The same night with the settle time of a hospital."""
    night.inside.half.rules = type(night.inside.half.rules)(
        **{**night.inside.half.rules.__dict__, "settle": timedelta(seconds=seconds)}
    )
    return night


def test_everybody_who_was_there_gets_the_same_words(night: Night) -> None:
    night.hear(adt())
    night.tick()
    assert told(night) == EVERYBODY
    english = {m.text for m in night.hospital_post.sent if m.to in (AMINA, "mwangi@hospital.example")}
    assert len(english) == 1


def test_a_replay_and_a_second_message_of_the_same_death_ring_nobody_twice(night: Night) -> None:
    for message in (adt(), adt(), adt(control="M2"), adt(MSH_9="ADT^A08^ADT_A01", control="M3")):
        assert night.hear(message) == "AA"
        night.tick()
    assert len(night.hospital_post.sent) == len(EVERYBODY)
    assert len(night.rows("inside", "event")["event"]) == 1


def test_a_death_that_is_told_again_on_the_third_day_is_the_same_death(night: Night) -> None:
    """Its rows and its keys live as long as anybody may be written to: two days after a note a second would go."""
    night.pass_time(hours=4, minutes=20)  # just past the midnight of the keys
    night.hear(adt(night.clock.now(), control="M1", MSH_9="ADT^A08", EVN_6="", PID_29="", PID_30="", PV1_36=""))
    night.pass_time(hours=6)
    died = "20261123090000"  # in Nairobi
    night.hear(adt(night.clock.now(), control="M2", PID_29=died))
    night.pass_time(hours=20)
    night.tick()
    first = len(night.hospital_post.sent)
    night.pass_time(hours=48)
    again = len(night.hospital_post.sent)
    for minutes, control in ((0, "M3"), (5, "M4")):
        night.pass_time(minutes=minutes)
        night.hear(adt(night.clock.now(), control=control, MSH_9="ADT^A08", EVN_6="", PID_29=died))
        night.pass_time(minutes=30)
    assert len(night.rows("inside", "event")["event"]) == 1
    assert first
    assert len(night.hospital_post.sent) == again


def charted(patient: str, minutes_ago: int) -> bytes:
    """Amina writes down a pulse in Resus, as the laboratory's feed tells it."""
    then, at = START - timedelta(minutes=minutes_ago), f"{START + timedelta(hours=3, minutes=-minutes_ago):%Y%m%d%H%M%S}"
    silent = {"EVN_6": "", "PID_29": "", "PID_30": "", "PV1_7": "", "PV1_36": ""}
    seen = f"OBX|1|NM|8867-4^Heart rate^LN||88||||||F|||{at}||A1234^YUSUF^AMINA^^^^^^KMPDC\r"
    return adt(then, f"L{patient}", patient, MSH_9="ORU^R01^ORU_R01", **silent) + seen.encode()


def test_who_came_in_anothers_place_and_worked_on_the_unit_is_written_to(night: Night) -> None:
    """Amina isn't on tonight's rota and did nothing for who died; she looked after two others in Resus."""
    night.hear(charted("101", 90))
    night.hear(adt(PV1_7=""))
    night.tick()
    assert told(night) == EVERYBODY - {AMINA}
    night.hear(charted("102", 40))
    night.hear(adt(PV1_7="", control="M2", MSH_9="ADT^A08"))
    night.tick()
    assert told(night) == EVERYBODY
    assert any("at work on RES" in row for row in night.rows("inside", "attendance")["attendance"])


def test_a_death_told_by_its_day_alone_rings_who_was_there_then_and_not_at_midnight(night: Night) -> None:
    night.hear(adt(PID_29="20261122", EVN_6="", PV1_7=""))
    night.tick()
    assert told(night) == EVERYBODY - {AMINA}


def test_nothing_leaves_before_it_has_settled(night: Night) -> None:
    settling(night).hear(adt())
    night.pass_time(minutes=4, seconds=59)
    assert told(night) == set()
    night.pass_time(seconds=1)
    assert told(night) == EVERYBODY


def test_taken_back_within_the_settle_time_it_was_never_said(night: Night) -> None:
    settling(night).hear(adt())
    night.pass_time(minutes=4)
    night.hear(adt(night.clock.now(), control="M2", MSH_9="ADT^A08^ADT_A01", PID_30="N", PID_29='""', PV1_36=""))
    night.pass_time(minutes=10)
    assert told(night) == set()
    assert night.rows("inside", "attendance")["attendance"] == []


def test_taken_back_by_a_clock_that_is_ahead_and_overtaken_it_stays_taken_back(night: Night) -> None:
    """Seven minutes ahead, all their words are of later than now; the slip of the finger waits in a queue, its undoing doesn't."""
    silent = {"EVN_6": "", "PID_29": "", "PID_30": "", "PV1_36": "", "MSH_9": "ADT^A08"}
    ahead = timedelta(minutes=7)
    night.hear(adt(START + ahead, "M1", **silent))
    slip = adt(START + ahead + timedelta(minutes=2), "M2", EVN_6="", PV1_36="", MSH_9="ADT^A08")
    night.pass_time(minutes=4)
    night.hear(adt(night.clock.now() + ahead, "M3", **{**silent, "PID_29": '""', "PID_30": '""'}))
    night.pass_time(minutes=3)
    night.hear(slip)
    night.pass_time(hours=1)
    assert told(night) == set()


def test_a_clock_that_is_ahead_wins_over_no_other_sender(night: Night) -> None:
    settling(night).hear(adt(START + timedelta(minutes=7), PID_29="20261122224000"))
    night.pass_time(minutes=2)
    night.hear(adt(night.clock.now(), "M2", MSH_9="ADT^A08", PID_30="N", PID_29='""', PV1_36="").replace(b"|EPIC|", b"|CLINIC|"))
    night.pass_time(hours=1)
    assert told(night) == set()


def test_taken_back_later_nothing_more_is_sent(night: Night) -> None:
    night.hear(adt())
    night.tick()
    night.pass_time(hours=1)
    night.hear(adt(night.clock.now(), control="M2", PID_30="N", PID_29='""', PV1_36=""))
    night.pass_time(days=100)
    assert len(night.hospital_post.sent) == len(EVERYBODY)


def test_taken_back_and_told_once_more_nobody_is_written_to_twice(night: Night) -> None:
    night.hear(adt())
    night.tick()
    night.pass_time(hours=1)
    night.hear(adt(night.clock.now(), control="M2", PID_30="N", PID_29='""', PV1_36=""))
    night.pass_time(hours=1)
    night.hear(adt(night.clock.now(), control="M3", MSH_9="ADT^A08^ADT_A01"))
    night.pass_time(hours=20)
    assert len(night.hospital_post.sent) == len(EVERYBODY)


def test_the_settle_time_outlives_a_restart(night: Night) -> None:
    settling(night).hear(adt())
    night.pass_time(minutes=3)
    night.stop()
    night.start()
    night.pass_time(minutes=1, seconds=59)
    assert told(night) == set()
    night.pass_time(seconds=1)
    assert told(night) == EVERYBODY


@pytest.mark.parametrize(
    ("why", "fields"),
    [
        ("not dead beside a time of death is held for a human", {"PID_30": "N"}),
        ("training", {"MSH_11": "T"}),
        ("expected", {"PV1_10": "PAL"}),
        ("alive", {"PID_30": "N", "PID_29": "", "PV1_36": "01"}),
        ("nothing said", {"PID_30": "", "PID_29": "", "PV1_36": ""}),
        ("long ago", {"PID_29": "20240101120000"}),
    ],
)
def test_nobody_is_written_to_when(night: Night, why: str, fields: dict[str, str]) -> None:
    assert night.hear(adt(START, **fields)) == "AA", why
    night.pass_time(hours=1)
    assert told(night) == set(), why


def test_that_a_death_is_expected_is_known_from_what_was_said_before_it(night: Night) -> None:
    """The palliative service stands in the admission; what tells of the death has no visit at all."""
    silent = {"EVN_6": "", "PID_29": "", "PV1_36": "", "MSH_9": "ADT^A08"}
    for minutes, flag, service in ((90, "N", "MED"), (60, "N", "PAL"), (50, "", "MED")):
        night.hear(adt(START - timedelta(minutes=minutes), f"A{minutes}", PID_30=flag, PV1_10=service, **silent))
    first, *lines = adt(MSH_9="ADT^A08").decode().split("\r")
    night.hear("\r".join([first, *(line for line in lines if not line.startswith("PV1"))]).encode())
    night.pass_time(hours=1)
    assert any("expected" in str(row) for row in night.rows("inside", "event")["event"])
    assert told(night) == set()


def test_a_palliative_patient_of_whom_nothing_else_was_said_is_expected_to_die(night: Night) -> None:
    silent = {"EVN_6": "", "PID_29": "", "PID_30": "", "PV1_36": "", "MSH_9": "ADT^A01"}
    night.hear(adt(START - timedelta(hours=1), "A1", PV1_10="PAL", **silent))
    night.hear(adt())
    night.pass_time(hours=1)
    assert told(night) == set()


def test_what_can_not_be_read_is_answered_and_leaves_type_error_and_place(night: Night) -> None:
    assert night.hear(b"hello") == "AR"
    assert night.hear(adt(PID_3="")) == "AE"
    rows = night.rows("inside", "quarantine", "notice")
    assert sorted((row[4], row[5]) for row in rows["quarantine"]) == [("no-patient", "PID-3"), ("not-hl7", "MSH-1")]
    assert rows["notice"] == []


def test_one_offer_in_two_days_however_many_die(night: Night) -> None:
    for patient in range(5):
        night.hear(adt(night.clock.now(), patient=f"P{patient}", control=f"C{patient}"))
        night.pass_time(minutes=20)
    assert len([m for m in night.hospital_post.sent if m.to == AMINA]) == 1


def test_stop_is_for_good_and_by_the_number_not_the_person(night: Night) -> None:
    client = night.wire()
    night.run(night.inside.half.stop(AMINA))
    night.hear(adt())
    night.tick()
    assert told(night) == EVERYBODY - {AMINA}
    lists = night.inside_settings
    Path(lists.staff).write_text(Path(lists.staff).read_text().replace("Amina Yusuf", "Amina Y."))
    night.run(night.inside.half.mirror())
    night.pass_time(days=3)
    night.hear(adt(night.clock.now(), patient="other", control="M9"))
    night.tick()
    assert AMINA not in told(night)
    assert night.rows("inside", "quiet")["quiet"][0][1] != AMINA
    night.run(client.aclose())


def test_a_day_a_week_a_month_and_three_months_later_and_then_no_more(night: Night) -> None:
    night.hear(adt())
    night.tick()
    days: list[int] = []
    for day in range(1, 101):
        before = len([m for m in night.hospital_post.sent if m.to == AMINA])
        night.pass_time(days=1)
        days += [day] * (len([m for m in night.hospital_post.sent if m.to == AMINA]) - before)
    assert len(days) == 4
    assert days[0] <= 2  # 22:47 a day later is in the quiet hours of who is off shift: it comes in the morning
    for got, wanted in zip(days[1:], (7, 30, 90), strict=True):
        assert abs(got - wanted) <= 3
    night.pass_time(days=2)
    left = night.rows("inside", "attendance", "outbox", "notice", "told")
    assert not any(left.values())
    for row in night.rows("inside", "event")["event"]:
        assert row[-2:] == (None, None)  # neither the day nor the unit after three days


def test_who_went_home_is_left_to_sleep(night: Night) -> None:
    night.clock.move(hours=3)  # 01:47; the death was at 22:41
    night.hear(adt(START))
    night.tick()
    assert told(night) == {NURSE, "mwangi@hospital.example"}  # still at work
    night.pass_time(hours=5, minutes=13)  # seven in the morning
    assert told(night) == EVERYBODY


def test_taken_back_while_a_message_waits_for_its_turn_it_does_not_go(night: Night) -> None:
    half = night.inside.half
    night.hear(adt())
    open_ways, low = half.posting.open, half.posting.low
    going, due = night.run(night.inside_store.do(flow.leave, night.clock.now(), half.rules, 1, open_ways, low))
    assert len(going) == 1  # there was room for one
    assert due is not None
    assert due <= night.clock.now()
    night.hear(adt(night.clock.now(), control="M2", PID_30="N", PID_29='""', PV1_36="", EVN_2="20261122225500", EVN_6=""))
    assert night.run(night.inside_store.do(flow.leave, night.clock.now(), half.rules, 9, half.posting.open, half.posting.low)) == (
        [],
        None,
    )


def test_a_provider_that_is_away_gets_it_later_and_nobody_twice(night: Night) -> None:
    night.hospital_post.fail = [Later("away")] * 4
    night.hear(adt())
    night.tick()
    assert told(night) == set()
    night.pass_time(seconds=10)
    assert told(night) == EVERYBODY
    assert len(night.hospital_post.sent) == len(EVERYBODY)


def test_a_number_that_is_wrong_is_not_tried_for_ever(night: Night) -> None:
    night.hospital_post.fail = [Never("wrong")]
    night.hear(adt())
    night.tick()
    assert len(told(night)) == len(EVERYBODY) - 1
    night.pass_time(hours=1)
    assert len(told(night)) == len(EVERYBODY) - 1


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("staff", "name,phone\n", "row 1"),
        ("staff", f"{HEAD}a,A,0700,,en,RES,nurse,\n", "row 2, column phone"),
        (
            "staff",
            "staff,name,phone,mail,language,unit,role,ids\na,A,,,en,RES,nurse,X:1\nb,B,,,en,RES,nurse,X:1\n",
            "row 3, column ids",
        ),
        ("rota", ROTA.replace("RES,nurse,2026", "RES,nobody,2026"), "row 2, column staff"),
        ("rota", ROTA.replace("2026-11-23T07:00", "2026-11-21T07:00", 1), "row 2, column ends"),
    ],
)
def test_a_bad_list_names_row_and_column_and_changes_nothing(night: Night, name: str, text: str, says: str) -> None:
    before = night.rows("inside", "staff", "rota")
    Path(getattr(night.inside_settings, name)).write_text(text)
    with pytest.raises(BadList, match=says):
        night.run(night.inside.half.mirror())
    assert night.rows("inside", "staff", "rota") == before


def test_a_key_that_is_none_is_refused_and_old_keys_go(tmp_path: Path) -> None:
    def rand(n: int) -> bytes:
        return bytes([7]) * n

    for day in range(5):
        joinkeys = JoinKeys(tmp_path, rand).on(START + timedelta(days=day))
    assert len(list(tmp_path.iterdir())) == 4  # today's, and three: the last mark under each is good for 72 hours
    assert len(joinkeys.mark("person|A|1").all) == 4
    next(tmp_path.glob("*.key")).write_bytes(b"")
    with pytest.raises(BadKey, match="0 bytes"):
        JoinKeys(tmp_path, rand).on(START + timedelta(days=4))
