"""Every other mark of a death: the mortuary, a certificate, a result, a diagnosis; and the list that a site learns from."""

from dataclasses import replace

import pytest

from aftercall.inside.feeds.hl7 import read
from aftercall.inside.road.notice import Sign
from tests.feeds.told import NOW, SITE, YES, hears, line, mark, told

MORGUE = replace(SITE, mortuaries=frozenset({"MORGUE"}))


@pytest.mark.parametrize(
    ("kind", "pv1", "signs"),
    [
        ("ADT^A02", {"f3": "morgue^1"}, (Sign("PV1-3", "maybe"),)),
        ("ADT^A08", {"f3": "MORGUE"}, (Sign("PV1-3", "maybe"),)),
        ("ADT^A03", {"f37": "MORGUE"}, (Sign("PV1-37", "maybe"),)),
        ("ADT^A01", {"f3": "MORGUE"}, ()),
        ("ADT^A02", {"f3": "ICU"}, ()),
        ("ADT^A12", {"f3": "ICU"}, (Sign("PV1-3", "other"),)),
    ],
)
def test_who_is_brought_to_the_mortuary_may_have_died(kind: str, pv1: dict[str, str], signs: tuple[Sign, ...]) -> None:
    assert hears(told({}, pv1, kind), MORGUE).signs == signs
    assert hears(told({}, pv1, kind)).signs == ()


@pytest.mark.parametrize(
    ("pda", "signs"),
    [
        ({"f4": "20260310143000"}, (Sign("PDA-4", "yes"),)),
        ({"f6": "N", "f7": "20260310180000"}, (Sign("PDA-7", "yes"),)),
        ({"f3": "Y"}, (Sign("PDA-3", "yes"),)),
        ({"f1": "I46.9^Cardiac arrest^I10"}, (Sign("PDA-1", "maybe"),)),
        ({"f1": "", "f9": "N"}, ()),
    ],
)
def test_a_death_certificate_is_a_death_and_an_empty_one_is_nothing(pda: dict[str, str], signs: tuple[Sign, ...]) -> None:
    assert hears(told({}, {}) + b"\r" + line("PDA", **pda).encode()).signs == signs


@pytest.mark.parametrize(
    ("segment", "signs"),
    [
        ("OBX|1|TS|81956-5^Date of death^LN||20260310140200||||||F", (Sign("OBX-3", "maybe"),)),
        ("OBX|1|CE|DTH^Cause^L^69453-9^Cause of death^LN||I21^X", (Sign("OBX-3", "maybe"),)),
        ("OBX|1|TS|81956\\X2D\\5^Date of death^LN||20260310140200", (Sign("OBX-3", "maybe"),)),
        ("OBX|1|TS|81956-5^Date of death^LN||||||||F", ()),
        ("OBX|1|TS|81956-5^Date of death^LN||20260310||||||W", (Sign("OBX-3", "other"),)),
        ("OBX|1|NM|2823-3^K^LN||6.9", ()),
        ("DG1|1||R99^Unknown cause^I10", (Sign("DG1-3", "maybe"),)),
        ("DG1|1|I10|i46.9", (Sign("DG1-3", "maybe"),)),
        ("DG1|1||I21.9^Infarction^I10", ()),
        ("DG1|1||R99" + "|" * 18 + "D", (Sign("DG1-3", "other"),)),
    ],
)
def test_a_result_or_a_diagnosis_that_speaks_of_a_death_is_a_weak_mark(segment: str, signs: tuple[Sign, ...]) -> None:
    for kind in ("ADT^A08", "ORU^R01", "MDM^T02"):
        assert hears(told({}, {}, kind) + b"\r" + segment.encode()).signs == signs


@pytest.mark.parametrize(
    "kind", ["ADT^A01", "ADT^A60", "ORM^O01", "OML^O21", "SIU^S12", "MDM^T01", "VXU^V04", "RAS^O17", "DFT^P03"]
)
def test_the_death_indicator_counts_in_any_message(kind: str) -> None:
    assert hears(told({"f30": "Y"}, {}, kind)).signs == (YES,)


@pytest.mark.parametrize(
    ("value", "learned"),
    [
        ("20", ("PV1-36", "20")),
        ("LAMA", ("PV1-36", "LAMA")),
        ("Left, no advice", ("PV1-36", "Left, no advice")),
        ("Mfano", ()),
        ("went home to Zawadi", ()),
        ("seen on 1234567", ()),
        ("42", ()),
        ("a sentence of many words", ()),
        ('""', ()),
    ],
)
def test_dispositions_are_learned_as_codes_and_never_a_patients_name_or_number(
    value: str, learned: tuple[str, str] | tuple[()]
) -> None:
    (reading,) = read(told({"f5": "MFANO^ZAWADI"}, {"f36": value}, "ADT^A03"), SITE, mark, NOW)
    assert reading.learned == ((learned,) if learned else ())
    (other,) = read(told({"f5": "MFANO^ZAWADI"}, {"f36": value}, "ADT^A01"), SITE, mark, NOW)
    assert other.learned == ()
