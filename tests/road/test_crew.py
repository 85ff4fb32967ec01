"""Who was there: each reason stands by itself, no role is left out, and a crew that had left is not told of a death."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercall.inside.road.crew import Presence, Shift, Stay, Trace, Work, call_ended, lain, lasted, the_call, there
from aftercall.inside.road.notice import Named
from aftercall.words import Moment, StaffId

DIED = datetime(2026, 11, 22, 19, 41, tzinfo=UTC)


def at(minutes: float = 0, hours: float = 0) -> Moment:
    return DIED + timedelta(minutes=minutes, hours=hours)


def trace(why: str, begins: float = 0, ends: float | None = None, role: str = "", who: str = "amina") -> Trace:
    """Hours from the death."""
    return Trace(StaffId(who), why, role, at(hours=begins), at(hours=begins if ends is None else ends))


def shift(who: str, unit: str, begins: float, ends: float, role: str = "nurse") -> Shift:
    """Minutes from the death."""
    return Shift(StaffId(who), unit, at(begins), at(ends), role)


def stay(unit: str, begins: float, ends: float | None = None) -> Stay:
    """Minutes from the death."""
    return Stay(unit, at(begins), None if ends is None else at(ends))


@pytest.mark.parametrize(
    ("one", "counts"),
    [
        (trace("PV1-7 attending"), True),
        (trace("PV1-7 attending", 60), True),  # the death was entered two and a half days later
        (trace("PV1-7 attending", -23), True),
        (trace("PV1-7 attending", -25), False),
        (trace("PV1-7 attending", -90, -1), True),
        (trace("PV1-9 consulting", -23), True),
        (trace("PV1-9 consulting", -30), False),
        (trace("PV1-17 admitting", -23, 0), True),
        (trace("PV1-17 admitting", -25, 0), False),  # admitted the patient days ago, and is named to the end
        (trace("Encounter.participant", -90, 0, role="ADM"), False),
        (trace("Encounter.participant", -90, 0, role="ATND"), True),
        (trace("PV1-8 referring", -1), False),
        (trace("ROL-4", -1, role="PP"), False),
        (trace("ROL-4 nurse", -30, -1), True),
        (trace("EVN-5 operator"), False),
        (trace("OBX-16", -5.9), True),
        (trace("OBX-16", 0.5), True),
        (trace("OBX-16", 0.6), False),
        (trace("RXA-10", -6.1), False),
        (trace("MedicationAdministration.performer", -5), True),
        (trace("PR1-11", -11), True),
        (trace("Procedure.performer", -13), False),
        (trace("eCrew.01", -1, 0), True),
        (trace("eCrew.01", -1, -0.01), False),  # handed over before: written to for the call, or not at all
        (trace("eProcedures.09", -1, role="paramedic"), False),
        (trace("eCrew.01", 5, 6), True),  # they found somebody dead
        (trace("eCrew.01", 7, 8), False),
        (trace("I was there", 30, role="was there"), True),
        (trace("list staff", 20), True),  # a line list is written the next day
    ],
)
def test_what_somebody_did_counts_for_as_long_as_it_tells_that_they_were_there(one: Trace, counts: bool) -> None:
    assert there(DIED, [one], [], []) == ((Presence(StaffId("amina"), one.why),) if counts else ())


def test_the_rota_counts_from_ten_minutes_together_in_the_last_two_hours() -> None:
    stays = [stay("ED", -180, -60), stay("ICU", -60)]
    shifts = [
        shift("ed ten minutes", "ED", -400, -110),
        shift("ed nine minutes", "ED", -400, -111),
        shift("ed after", "ED", -60, 300),
        shift("ed all of it", "ED", -400, 300),
        shift("icu before", "ICU", -400, -60),
        shift("icu ten minutes", "ICU", -400, -50),
        shift("just gone", "ICU", -35, -30),
        shift("just coming", "ICU", 30, 300),
        shift("too late", "ICU", 31, 300),
        shift("elsewhere", "WARD", -400, 300),
        shift("nowhere", "", -400, 300),
    ]
    found = {p.staff: p.why for p in there(DIED, [], stays, shifts)}
    assert found == {
        "ed ten minutes": "rota of ED", "ed all of it": "rota of ED", "icu ten minutes": "rota of ICU",
        "just gone": "rota of ICU", "just coming": "rota of ICU",
    }  # fmt: skip


def test_minutes_on_one_unit_add_up_and_none_counts_twice() -> None:
    back = [stay("ED", -60, -55), stay("CT", -55, -20), stay("ED", -20, -15), stay("ED", -60, -55), stay("ICU", -15)]
    assert {p.staff for p in there(DIED, [], back, [shift("both", "ED", -400, -15), shift("one", "ED", -400, -21)])} == {"both"}


def test_who_is_registered_dying_was_there_and_who_lay_in_the_mortuary_later_was_not() -> None:
    shifts = [shift("nurse", "RES", -400, 300), shift("keeper", "MORT", -400, 300)]
    assert {p.staff for p in there(DIED, [], [stay("RES", 5), stay("MORT", 90)], shifts)} == {"nurse"}


def test_who_typed_it_counts_only_with_a_shift_where_the_patient_lay() -> None:
    stays = [stay("RES", -60)]
    typed = [trace("EVN-5 operator"), trace("EVN-5 operator", who="clerk"), trace("PV1-8 referring", who="gp")]
    shifts = [shift("amina", "RES", -400, -55), shift("clerk", "ADMISSIONS", -400, 300)]
    assert there(DIED, typed, stays, shifts) == (Presence(StaffId("amina"), "EVN-5 operator, rota of RES"),)


def test_everybody_once_with_the_strongest_reason() -> None:
    acts = [trace("I was there", role="was there"), trace("OBX-16", -1), trace("PV1-7 attending"), trace("RXA-10", -1, who="grace")]
    shifts = [shift(who, "RES", -60, 60) for who in ("amina", "grace", "student", "cleaner", "security", "chaplain", "interpreter")]
    found = there(DIED, acts, [stay("RES", -30)], shifts)
    assert [(p.staff, p.why) for p in found[:2]] == [("amina", "PV1-7 attending"), ("grace", "RXA-10")]
    assert {p.staff for p in found[2:]} == {"student", "cleaner", "security", "chaplain", "interpreter"}


def test_one_lies_where_one_was_seen_until_one_is_seen_elsewhere() -> None:
    seen = [stay("ED", -100, -100), stay("ICU", -40, -20), stay("CT", -60, -60)]
    assert lain(DIED, seen) == (stay("ED", -100, -60), stay("ICU", -40), stay("CT", -60, -40))
    assert lain(DIED, [stay("RES", 200, 200)]) == (stay("RES", 0),)  # all that is known came three hours later
    assert lain(DIED, []) == ()


def test_what_is_written_late_in_one_unit_keeps_nobody_there() -> None:
    """A chart of the emergency room was sent when they lay on the ward: two days later its team was not at the death."""
    seen = [stay("ED", -2900, -2800), stay("MED", -2805, -2790), stay("MED", -1500, -1500), stay("MED", 0, 12)]
    assert lain(DIED, seen)[0] == stay("ED", -2900, -2800)
    assert there(DIED, [], lain(DIED, seen), [shift("nurse", "ED", -60, 60)]) == ()


def test_who_went_to_theatre_and_came_back_does_not_lie_there_still() -> None:
    seen = [stay("SUR", -3000, -3000), stay("OT", -1400, -1300), stay("SUR", -1250, -1250), stay("SUR", -20, 0)]
    assert lain(DIED, seen)[1] == stay("OT", -1400, -1250)


def did(
    who: str, patient: str, minutes: float, unit: str = "ICU", why: str = "OBX-16", until: float | None = None, role: str = "nurse"
) -> Work:
    """Minutes from the death, by one of the staff of intensive care."""
    return Work(patient, Trace(StaffId(who), why, "", at(minutes), at(minutes if until is None else until), unit), "ICU", role)


ICU, ROTA = [stay("ICU", -600)], [shift("rostered", "ICU", -300, 420), shift("night", "ICU", -1020, -300)]


def test_who_came_in_anothers_place_is_known_by_what_they_did_on_the_unit() -> None:
    work = [did("came", "one", -200), did("came", "two", -100)]
    found = there(DIED, [], ICU, ROTA, work)
    assert [(p.staff, p.why) for p in found] == [("came", "at work on ICU"), ("rostered", "rota of ICU")]


@pytest.mark.parametrize(
    ("why", "work"),
    [
        ("one patient is a word in passing", [did("x", "one", -200), did("x", "one", -100, why="RXA-10")]),
        ("before this shift", [did("x", "one", -400), did("x", "two", -350)]),
        ("written down after the own shift", [did("night", "one", -290), did("night", "two", -190)]),
        (
            "named in the record of others",
            [did("x", "one", -200, why="PV1-7 attending"), did("x", "two", -100, why="PV1-7 attending")],
        ),
        ("long after", [did("x", "one", 40), did("x", "two", 50)]),
        ("between the first and the last nothing is known", [did("x", "one", -2000, until=90), did("x", "two", -2000, until=90)]),
        ("on another unit", [did("x", "one", -200, "ED"), did("x", "two", -100, "ED")]),
    ],
)
def test_nobody_is_taken_to_be_at_work_there_by(why: str, work: list[Work]) -> None:
    assert {p.staff for p in there(DIED, [], ICU, ROTA, work)} == {"rostered"}, why


def test_without_a_rota_nobody_is_taken_to_be_on_a_shift() -> None:
    assert there(DIED, [], ICU, [], [did("came", "one", -200), did("came", "two", -100)]) == ()


def test_who_worked_there_after_the_patient_had_moved_on_was_not_at_the_death() -> None:
    work = [did("came", "one", -200), did("came", "two", -100)]
    assert "came" not in {p.staff for p in there(DIED, [], [stay("ICU", -600, -90), stay("MED", -90)], ROTA, work)}


def test_silence_takes_nobody_away() -> None:
    """The colleague for whom somebody came may be the one who writes nothing, and may have been at the bedside."""
    work = [did(who, patient, -100) for who in ("came", "other") for patient in ("one", "two", "three")]
    shifts = [*ROTA, shift("other", "ICU", -300, 420)]
    assert {p.staff for p in there(DIED, [], ICU, shifts, work)} == {"came", "other", "rostered"}


def on_rota(shifts: list[Shift], work: list[Work], acts: list[Trace] | None = None) -> set[str]:
    return {p.staff for p in there(DIED, acts or [], ICU, shifts, work)}


PAIR = [shift("away", "ICU", -300, 420), shift("other", "ICU", -300, 420)]
SWAP = [did("other", "one", -100), did("came", "one", -90), did("came", "two", -80), did("away", "one", -2000)]
"""One came who is not on the rota, the other is seen, and the third, who writes under her own name, writes nothing tonight."""


def test_a_shift_that_another_worked_is_not_theirs() -> None:
    assert on_rota(PAIR, SWAP) == {"came", "other"}
    assert on_rota([*PAIR, shift("away", "ICU", -1740, -1020)], SWAP) == {"came", "other"}  # yesterday's shift was theirs
    named = [trace("ROL-4 nurse", -1, who="away")]
    assert on_rota(PAIR, SWAP, named) == {"away", "came", "other"}  # every other reason stands


PORTER = [did("came", patient, -90, role="porter") for patient in ("one", "two")]


@pytest.mark.parametrize(
    ("why", "shifts", "work"),
    [
        ("who never writes under their own name is not known by silence", PAIR, SWAP[:3]),
        ("the other one is silent as well: in whose place did she come?", PAIR, SWAP[1:]),
        ("nobody came", PAIR, [SWAP[0], SWAP[3]]),
        ("a word in passing is no shift's work", PAIR, [SWAP[0], SWAP[1], SWAP[3]]),
        ("a porter takes no nurse's place", PAIR, [SWAP[0], *PORTER, SWAP[3]]),
        ("whoever works elsewhere tonight may have come for a moment", PAIR, [*SWAP, did("away", "nine", -60, unit="MED")]),
        ("what spans the shift may have been done in it", PAIR, [*SWAP, did("away", "nine", -2000, until=90)]),
        ("at first what is written may be the last shift's", [shift(one.staff, "ICU", -110, 600) for one in PAIR], SWAP),
        ("whose role nobody knows", [shift("away", "ICU", -300, 420, ""), PAIR[1]], SWAP),
        ("being named for a patient is not writing", PAIR, [*SWAP[:3], did("away", "one", -2000, why="PV1-7 attending")]),
    ],
)  # fmt: skip
def test_somebody_stays_on_the_list_for(why: str, shifts: list[Shift], work: list[Work]) -> None:
    assert "away" in on_rota(shifts, work), why


def test_a_role_goes_on_until_it_is_ended_and_an_act_is_over_when_it_is_done() -> None:
    began = at(hours=-50)
    assert lasted(Named("A", "1", "ROL-4 AT", "AT", began), DIED) == (began, DIED)
    assert lasted(Named("A", "1", "Encounter.participant ATND", "ATND", began, at(hours=-40)), DIED) == (began, at(hours=-40))
    assert lasted(Named("A", "1", "OBX-16 observer", "observer", began), DIED) == (began, began)
    assert lasted(Named("A", "1", "PV1-7 attending", "attending"), DIED) == (DIED, DIED)


CREW = [trace("eCrew.01", -2, -1), trace("eProcedures.09", -1.5, who="juma"), trace("PV1-7 attending", -1, who="doctor")]


def test_the_crew_of_a_hard_call_is_written_to_whatever_came_of_it() -> None:
    assert {p.staff for p in the_call(CREW, {"arrest"})} == {"amina", "juma"}
    assert call_ended(CREW) == at(hours=-1)
    for easy in (set[str](), {"child"}, {"emergency"}, {"death"}):
        assert the_call(CREW, easy) == ()
    assert call_ended([]) is None
    assert there(DIED, CREW, [], []) == (Presence(StaffId("doctor"), "PV1-7 attending"),)  # none of them for its end


WHO = st.sampled_from([StaffId(name) for name in ("amina", "juma", "grace", "peter", "clerk")])
UNIT = st.sampled_from(["RES", "ED", "ICU", ""])
TIMES = st.integers(-26 * 60, 4 * 60)
WHY = st.sampled_from(
    [
        "PV1-7 attending",
        "PV1-17 admitting",
        "PV1-8 referring",
        "EVN-5 operator",
        "OBX-16",
        "PR1-11",
        "eCrew.01",
        "ROL-4",
        "I was there",
    ]
)
ROLE = st.sampled_from(["", "", "ADM", "REF", "surgeon", "was there", "student", "cleaner"])
SPAN = st.tuples(TIMES, st.integers(0, 12 * 60))
TRACES = st.lists(st.builds(lambda w, y, r, t: Trace(w, y, r, at(t[0]), at(t[0] + t[1])), WHO, WHY, ROLE, SPAN), max_size=5)
STAYS = st.lists(
    st.builds(lambda u, t, o: Stay(u, at(t[0]), None if o else at(t[0] + t[1])), UNIT, SPAN, st.booleans()), max_size=4
)
SHIFTS = st.lists(st.builds(lambda w, u, t: Shift(w, u, at(t[0]), at(t[0] + t[1])), WHO, UNIT, SPAN), max_size=6)


@given(TRACES, STAYS, SHIFTS, TRACES, STAYS, SHIFTS)
def test_more_evidence_never_takes_anybody_away(
    traces: list[Trace], stays: list[Stay], shifts: list[Shift], acts: list[Trace], places: list[Stay], turns: list[Shift]
) -> None:
    few = {p.staff for p in there(DIED, traces, stays, shifts)}
    many = {p.staff for p in there(DIED, traces + acts, stays + places, shifts + turns)}
    assert few <= many
    assert {p.staff for p in the_call(traces, {"arrest"})} <= {p.staff for p in the_call(traces + acts, {"arrest"})}


@given(TRACES, STAYS, SHIFTS)
def test_the_order_of_the_evidence_and_hearing_it_twice_change_nothing(
    traces: list[Trace], stays: list[Stay], shifts: list[Shift]
) -> None:
    once = there(DIED, traces, stays, shifts)
    for order in list(permutations(range(len(traces))))[:24]:
        assert there(DIED, [traces[n] for n in order], stays[::-1], shifts[::-1]) == once
    assert there(DIED, traces * 2, stays * 2, shifts * 2) == once
    assert set(lain(DIED, stays)) == set(lain(DIED, stays[::-1]))


@given(TRACES, STAYS, SHIFTS)
def test_nobody_without_evidence_and_everybody_once(traces: list[Trace], stays: list[Stay], shifts: list[Shift]) -> None:
    found = there(DIED, traces, stays, shifts)
    assert len({p.staff for p in found}) == len(found)
    for one in found:
        mine = [t for t in traces if t.staff == one.staff], [s for s in shifts if s.staff == one.staff]
        assert any(mine)
        assert one in there(DIED, mine[0], stays, mine[1])  # nobody is there because of somebody else
    assert there(DIED, [], stays, []) == ()
