"""Who ordered, charted, gave or did something is named with when; who didn't isn't."""

from datetime import UTC, datetime, timedelta

import pytest

from aftercall.inside.road.notice import Named
from tests.feeds.told import hears, line, told

AT = datetime(2026, 3, 10, 11, 2, tzinfo=UTC)
THEN = "20260310140200"
SISTER = "77^MUTUA^FAITH^^^^^^KISIWA"


def named(segment: str, kind: str = "ORU^R01", version: str = "2.5") -> tuple[Named, ...]:
    return hears(told({}, {}, kind).replace(b"|P|2.5", f"|P|{version}".encode()) + b"\r" + segment.encode()).named


@pytest.mark.parametrize(
    ("segment", "number", "when", "why"),
    [
        ("ORC", 10, 9, "ORC-10 enterer"),
        ("ORC", 11, 9, "ORC-11 verifier"),
        ("ORC", 12, 15, "ORC-12 orderer"),
        ("ORC", 19, 9, "ORC-19 actor"),
        ("OBR", 10, 7, "OBR-10 collector"),
        ("OBR", 16, 6, "OBR-16 orderer"),
        ("OBX", 16, 14, "OBX-16 observer"),
        ("OBX", 16, 19, "OBX-16 observer"),
        ("RXA", 10, 3, "RXA-10 administerer"),
        ("PR1", 8, 5, "PR1-8 anaesthetist"),
        ("PR1", 11, 5, "PR1-11 surgeon"),
        ("PR1", 12, 5, "PR1-12 practitioner"),
        ("TXA", 5, 4, "TXA-5 activity provider"),
        ("TXA", 9, 4, "TXA-9 originator"),
        ("TXA", 10, 4, "TXA-10 authenticator"),
    ],
)
def test_whoever_acted_is_named_with_the_time(segment: str, number: int, when: int, why: str) -> None:
    role = why.split(" ", 1)[1]
    said = line(segment, **{f"f{number}": SISTER, f"f{when}": THEN})
    assert named(said) == (Named("KISIWA", "77", why, role, AT, AT),)
    assert named(line(segment, **{f"f{number}": SISTER})) == (Named("KISIWA", "77", why, role),)


@pytest.mark.parametrize("number", [32, 33, 34, 35])
def test_who_read_a_result_stands_in_parts_of_a_component_or_in_components(number: int) -> None:
    (new,) = named(line("OBR", **{f"f{number}": f"77&MUTUA&FAITH&&&&&&KISIWA&1.2&ISO^{THEN}^20260310150000"}))
    assert (new.authority, new.number, new.begins, new.ends) == ("KISIWA", "77", AT, AT + timedelta(minutes=58))
    (old,) = named(line("OBR", **{f"f{number}": SISTER}))
    assert (old.authority, old.number, old.begins) == ("KISIWA", "77", None)


def test_a_role_has_its_beginning_and_its_end() -> None:
    rol = named("ROL|1|AD|RN^Nurse|77^^^^^^^^KISIWA|20260310140200|20260310150200")
    prt = named("PRT|1|AD||RN^Nurse|77^^^^^^^^KISIWA||||||20260310140200|20260310150200")
    assert [(n.why, n.role, n.begins, n.ends) for n in (*rol, *prt)] == [
        ("ROL-4 RN", "RN", AT, AT + timedelta(hours=1)),
        ("PRT-5 RN", "RN", AT, AT + timedelta(hours=1)),
    ]


def test_an_operation_lasts_its_minutes_and_a_day_its_day() -> None:
    (surgeon,) = named(line("PR1", f5=THEN, f7="90", f11="5^ALI"))
    assert (surgeon.begins, surgeon.ends) == (AT, AT + timedelta(minutes=90))
    (nurse,) = named(line("OBX", f14="20260310", f16="77"))
    assert (nurse.begins, nurse.ends) == (datetime(2026, 3, 9, 21, tzinfo=UTC), datetime(2026, 3, 10, 20, 59, 59, tzinfo=UTC))


@pytest.mark.parametrize("field", [{"f20": "NA"}, {"f20": "RE"}, {"f21": "D"}])
def test_a_dose_that_was_not_given_names_nobody(field: dict[str, str]) -> None:
    assert named(line("RXA", f3=THEN, f10="77", **field)) == ()


def test_one_doctor_under_three_authorities_is_three_until_the_staff_list_joins_them() -> None:
    notice = hears(told({}, {"f7": "1^A^^^^^^^K~2^A^^^^^^^&1.2.3&ISO~3^A"}))
    assert [(n.authority, n.number) for n in notice.named] == [("K", "1"), ("1.2.3", "2"), ("", "3")]


def test_before_version_2_3_the_authority_stood_one_component_earlier() -> None:
    for version, authority in (("2.1", "K"), ("2.2", "K"), ("2.3", ""), ("2.5.1", "")):
        assert named(line("OBX", f16="77^MUTUA^FAITH^^^^^K"), version=version)[0].authority == authority


def test_the_same_act_said_twice_is_one_and_at_two_times_is_two() -> None:
    first, later = (line("OBX", f14=when, f16="77") for when in (THEN, "20260310150000"))
    assert len(named("\r".join([first, first, later]))) == 2


def test_who_has_no_number_is_not_named() -> None:
    assert hears(told({}, {"f7": '^OTIENO^PETER~""'})).named == ()
