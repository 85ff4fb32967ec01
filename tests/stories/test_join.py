"""An ambulance brings somebody who dies: run and stay are proposed to the desk, and by its word, never by ours, one loss."""

from dataclasses import replace
from datetime import timedelta

import pytest

from aftercall.inside.store import joins
from tests.stories.brought import DEATH, HANDED_OVER, IN_THE_ED, WITH_A_PULSE, died, registered, run, taken_back
from tests.stories.ward import AMINA, CLEANER, JUMA, NURSE, Ward, hidden, opened, push, see, sign_in, told
from tests.world import START, Night

RESUS = {AMINA, NURSE, CLEANER}
ROTA = """unit,staff,begins,ends
RES,nurse,2026-11-22T19:00,2026-11-23T07:00
RES,cleaner,2026-11-22T19:00,2026-11-23T07:00
"""


@pytest.fixture
def ward(night: Night) -> Ward:
    """Juma stands on no rota of Resus here: only his own report knows of him."""
    night.inside_settings.rota.write_text(ROTA)
    wire = opened(night)
    sign_in((night, wire))
    return night, wire


def hand_in(night: Night, report: bytes) -> None:
    night.run(night.inside.half.take_in(report))
    night.tick()


def say(ward: Ward, word: str) -> str:
    push(ward, "/join", run="", stay="", say=word)
    return see(ward)


def reasons(night: Night) -> list[tuple[str, ...]]:
    return [one.pair.reasons for one in night.run(night.inside_store.do(joins.pairs, "hospital"))]


def events(night: Night) -> list[str]:
    return sorted(row[4] for row in night.rows("inside", "event")["event"] if row[4] != "call")


# the proposal --------------------------------------------------------------------------------------------------------------


def test_time_and_age_are_a_reason_to_ask_and_never_to_join(ward: Ward) -> None:
    night, _ = ward
    hand_in(night, run(IN_THE_ED))
    night.hear(registered())
    night.tick()
    assert reasons(night) == [("time", "age")]
    assert told(night) == {JUMA}
    page = see(ward)
    assert "The same patient?" in page
    assert "22.11. 21:59" in page
    assert "22.11. 21:57" in page
    assert "2 minutes apart" in page


@pytest.mark.parametrize(
    ("report", "stay", "wanted"),
    [
        (run(IN_THE_ED, number="778899"), registered(), [("number", "time", "age")]),
        (run(IN_THE_ED, number="V778899"), registered(), [("number", "time", "age")]),
        (run(IN_THE_ED, number="778899", age="64"), registered(), [("number", "time")]),
        (run(IN_THE_ED), registered(PV1_5="I-7"), [("incident", "time", "age")]),
        (run(IN_THE_ED, age="64"), registered(PV1_5="I-7"), []),
        (run(IN_THE_ED, age="64"), registered(), []),
        (run(IN_THE_ED, over=HANDED_OVER + timedelta(minutes=40)), registered(), []),
        (run(IN_THE_ED, over=HANDED_OVER + timedelta(minutes=40)), registered(PV1_5="I-7"), [("incident", "age")]),
        (run(IN_THE_ED, over=HANDED_OVER - timedelta(hours=20), number="778899"), registered(), []),
        (run(WITH_A_PULSE), registered(), []),  # nobody died: nobody is asked
        (run(IN_THE_ED), registered(PV1_2="O", PV1_4="R"), []),
    ],
)
def test_what_is_enough_to_ask(night: Night, report: bytes, stay: bytes, wanted: list[tuple[str, ...]]) -> None:
    night.inside.half.settings = replace(night.inside.half.settings, authority="KISUMU")
    night.run(night.inside.half.relearn())
    for order in ((report, stay), (stay, report)):
        for one in order:
            hand_in(night, one)
        assert sorted(reasons(night)) == wanted


def test_two_who_came_at_once_are_both_shown(ward: Ward) -> None:
    night, _ = ward
    hand_in(night, run(IN_THE_ED))
    for patient in ("778899", "778800"):
        night.hear(registered(patient))
    assert len(reasons(night)) == 2
    say(ward, "yes")
    assert len(reasons(night)) == 1


# yes -----------------------------------------------------------------------------------------------------------------------


def test_a_yes_makes_one_loss_and_writes_to_those_not_written_to_yet(ward: Ward) -> None:
    night, _ = ward
    hand_in(night, run(IN_THE_ED, left=START))
    night.hear(registered(PV1_7="A1234^Y^A^^^^^^KMPDC"))
    night.tick()
    assert told(night) == {JUMA}
    page = say(ward, "yes")
    assert "You said: the same patient." in page
    assert told(night) == {JUMA} | RESUS
    assert events(night) == ["confirmed"]
    night.hear(died())
    night.tick()
    assert events(night) == ["confirmed"]
    assert len(night.hospital_post.sent) == 4


def test_two_losses_become_one_and_nobody_gets_two(ward: Ward) -> None:
    night, _ = ward
    hand_in(night, run(IN_THE_ED))
    night.hear(registered())
    night.hear(died())
    night.tick()
    assert events(night) == ["confirmed", "confirmed"]
    assert len(night.hospital_post.sent) == 4
    say(ward, "yes")
    assert events(night) == ["confirmed"]
    assert [row[7] for row in night.rows("inside", "event")["event"] if row[1] in lost(night)] == [4]
    night.pass_time(hours=40)
    per_person = [len(night.hospital_post.to(who)) for who in (JUMA, AMINA, NURSE, CLEANER)]
    assert per_person == [2, 2, 2, 2], "the first, and the one a day later"


def test_a_crew_that_had_left_learns_nothing_of_the_death(ward: Ward) -> None:
    """DECISIONS 22: with and without the death, and whatever the desk says, they get the same at the same time."""
    night, _ = ward
    hand_in(night, run(WITH_A_PULSE))
    night.hear(registered())
    night.hear(died())
    night.tick()
    before = night.hospital_post.to(JUMA)
    assert len(before) == 1, "for the call"
    say(ward, "yes")
    assert night.hospital_post.to(JUMA) == before
    crew = {row[2] for row in night.rows("inside", "attendance")["attendance"] if row[1] in lost(night)}
    assert "juma" not in crew
    [rules] = [row[6] for row in night.rows("inside", "event")["event"] if row[1] in lost(night)]
    assert "arrest" in rules, "what the run tells of counts for the team of the hospital"


def lost(night: Night) -> set[str]:
    return {row[1] for row in night.rows("inside", "event")["event"] if row[4] == "confirmed"}


def test_a_crew_that_still_had_the_patient_belongs_to_the_loss(ward: Ward) -> None:
    night, _ = ward
    hand_in(night, run(WITH_A_PULSE, over=DEATH, left=START))
    night.hear(registered(PV1_44="20261122223500"))
    night.hear(died(PV1_44="20261122223500"))
    night.tick()
    say(ward, "yes")
    crew = {row[2] for row in night.rows("inside", "attendance")["attendance"] if row[1] in lost(night)}
    assert "juma" in crew
    assert len(night.hospital_post.to(JUMA)) == 1


# no, and taken back --------------------------------------------------------------------------------------------------------


def test_a_no_is_remembered(ward: Ward) -> None:
    night, _ = ward
    hand_in(night, run(IN_THE_ED))
    night.hear(registered())
    page = say(ward, "no")
    assert "You said: two patients." in page
    hand_in(night, run(IN_THE_ED))
    night.hear(registered())
    night.hear(died())
    night.tick()
    assert events(night) == ["confirmed", "confirmed"]
    assert 'value="yes"' not in see(ward)
    say(ward, "undo")
    assert 'value="yes"' in see(ward)


def test_after_three_days_nothing_of_it_is_kept(ward: Ward) -> None:
    night, _ = ward
    hand_in(night, run(IN_THE_ED))
    night.hear(registered())
    say(ward, "no")
    night.pass_time(hours=73)
    assert not any(night.rows("inside", "coming", "pair", "alias", "notice").values())


def test_a_yes_taken_back_before_it_is_sent_sends_nothing(ward: Ward) -> None:
    night, _ = ward
    night.inside.half.rules = type(night.inside.half.rules)(**{**night.inside.half.rules.__dict__, "settle": timedelta(minutes=5)})
    hand_in(night, run(IN_THE_ED))
    night.pass_time(minutes=6)
    night.hear(registered(PV1_7="A1234^Y^A^^^^^^KMPDC"))
    say(ward, "yes")
    assert told(night) == {JUMA}
    say(ward, "undo")
    night.pass_time(hours=2)
    assert told(night) == {JUMA}
    assert events(night) == ["confirmed"]
    assert {row[2] for row in night.rows("inside", "attendance")["attendance"]} == {"juma"}


def test_a_wrong_yes_taken_back_sends_nothing_more(ward: Ward) -> None:
    night, _ = ward
    hand_in(night, run(IN_THE_ED))
    night.hear(registered(PV1_7="A1234^Y^A^^^^^^KMPDC"))
    say(ward, "yes")
    assert told(night) == {JUMA} | RESUS
    say(ward, "undo")
    night.pass_time(hours=40)
    assert [len(night.hospital_post.to(who)) for who in (JUMA, AMINA, NURSE, CLEANER)] == [2, 1, 1, 1]
    night.pass_time(days=8)
    assert [len(night.hospital_post.to(who)) for who in (AMINA, NURSE, CLEANER)] == [1, 1, 1]


def test_two_losses_that_were_wrongly_one_go_on_as_two(ward: Ward) -> None:
    night, _ = ward
    hand_in(night, run(IN_THE_ED))
    night.hear(registered())
    night.hear(died())
    night.tick()
    alone = night.rows("inside", "attendance")["attendance"]
    say(ward, "yes")
    say(ward, "undo")
    assert events(night) == ["confirmed", "confirmed"]
    assert sorted(row[2:4] + row[5:7] for row in night.rows("inside", "attendance")["attendance"]) == sorted(
        row[2:4] + row[5:7] for row in alone
    )
    assert len(night.hospital_post.sent) == 4


def test_after_an_undo_a_hospital_that_takes_its_death_back_stops_only_its_own(ward: Ward) -> None:
    night, _ = ward
    hand_in(night, run(IN_THE_ED))
    night.hear(registered())
    night.hear(died())
    night.tick()
    say(ward, "yes")
    say(ward, "undo")
    night.pass_time(minutes=5)
    night.hear(taken_back())
    assert events(night) == ["confirmed", "withdrawn"]


def test_pressed_twice_is_pressed_once_and_from_an_old_page_it_is_gone(ward: Ward) -> None:
    night, wire = ward
    hand_in(night, run(IN_THE_ED))
    night.hear(registered(PV1_7="A1234^Y^A^^^^^^KMPDC"))
    page = see(ward)
    given = {name: hidden(page, name) for name in ("csrf", "run", "stay")}
    for _ in range(2):
        assert night.run(wire.post("/desk/join", data={**given, "say": "yes"})).status_code == 303
        night.tick()
    assert len(night.hospital_post.sent) == 4
    swapped = {**given, "run": given["stay"], "stay": given["run"], "say": "yes"}
    answer = night.run(wire.post("/desk/join", data=swapped))
    assert "not there any more" in night.run(wire.get(answer.headers["location"])).text
    assert night.run(wire.post("/desk/join", data={**given, "csrf": "x", "say": "yes"})).status_code == 403
