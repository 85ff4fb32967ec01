"""KenyaEMR's messages and OpenMRS records: the dead of this ward are heard, the clinic's old news rings nobody."""

import json
import time
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aftercall.inside.feeds import kenya
from aftercall.inside.feeds.site import Site
from aftercall.inside.road.notice import Marks, Named, Notice, Unread

NOW = datetime(2026, 3, 11, 9, tzinfo=UTC)
SITE = Site(zone=ZoneInfo("Africa/Nairobi"), mannequins=frozenset({"CCC:999"}))


def mark(text: str) -> Marks:
    return Marks(text)


def letter(head: dict[str, Any] | None = None, visit: str = "20260310", **patient: Any) -> bytes:
    """A message of 10 March, 15:00 in Mombasa, of patient 42, as the interoperability layer writes it: every field, most empty."""
    header = {"SENDING_APPLICATION": "KENYAEMR", "SENDING_FACILITY": "12345", "MESSAGE_DATETIME": "20260310150000", "SECURITY": ""}
    header |= {"MESSAGE_TYPE": "ADT^A08", "PROCESSING_ID": "P"} | (head or {})
    number = {"ID": "42", "IDENTIFIER_TYPE": "CCC_NUMBER", "ASSIGNING_AUTHORITY": "CCC"}
    identification = {
        "EXTERNAL_PATIENT_ID": {"ID": "", "IDENTIFIER_TYPE": "GODS_NUMBER", "ASSIGNING_AUTHORITY": "MPI"},
        "INTERNAL_PATIENT_ID": [number],
        "PATIENT_NAME": {"FIRST_NAME": "MFANO"},
        "DATE_OF_BIRTH": "20100101",
        "DEATH_DATE": "",
        "DEATH_INDICATOR": "",
    }
    both = {"MESSAGE_HEADER": header, "PATIENT_IDENTIFICATION": identification | patient, "PATIENT_VISIT": {"VISIT_DATE": visit}}
    return json.dumps(both | {"OBSERVATION_RESULT": [{"UNITS": "KG"}]}).encode()


def read(body: bytes) -> Notice | Unread:
    (one,) = kenya.read(body, SITE, mark, NOW)
    return one


def heard(body: bytes) -> Notice:
    notice = read(body)
    assert isinstance(notice, Notice)
    return notice


def said(notice: Notice) -> dict[str, str]:
    return {sign.path: sign.value for sign in notice.signs}


@pytest.mark.parametrize(
    ("date", "first", "exactly"),
    [
        ("20260310", datetime(2026, 3, 9, 21, tzinfo=UTC), "day"),
        ("20260310143000", datetime(2026, 3, 10, 11, 30, tzinfo=UTC), "time"),
        ("2026-03-10T14:30:00+03:00", datetime(2026, 3, 10, 11, 30, tzinfo=UTC), "time"),
        ("2026-03-10 14:30:00", datetime(2026, 3, 10, 11, 30, tzinfo=UTC), "time"),
        (20260310, datetime(2026, 3, 9, 21, tzinfo=UTC), "day"),
    ],
)
def test_a_death_is_heard_with_its_time_however_it_is_written(date: str | int, first: datetime, exactly: str) -> None:
    notice = heard(letter(DEATH_INDICATOR="Y", DEATH_DATE=date))
    assert said(notice) == {"DEATH_INDICATOR": "yes", "DEATH_DATE": exactly}
    assert (notice.died, notice.died_as, notice.doubt) == (first, exactly, "")
    assert notice.people == (mark("person|CCC|42"),)
    assert (notice.unit, notice.kind, notice.source) == ("12345", "ADT^A08", "kenya")
    assert notice.said_at == datetime(2026, 3, 10, 12, tzinfo=UTC)
    assert notice.facts == {"child", "young"}


def test_an_empty_field_says_nothing() -> None:
    assert heard(letter()).signs == ()


def test_a_date_beside_a_no_is_said_with_both() -> None:
    assert said(heard(letter(DEATH_INDICATOR="N", DEATH_DATE="20260310"))) == {"DEATH_INDICATOR": "no", "DEATH_DATE": "day"}


@pytest.mark.parametrize(
    ("body", "doubt"),
    [
        (letter(DEATH_INDICATOR="Y", visit="20150317"), "no current visit"),
        (letter(DEATH_INDICATOR="Y", visit=""), "no current visit"),
        (letter({"PROCESSING_ID": "T"}, DEATH_INDICATOR="Y"), "training"),
        (letter({"PROCESSING_ID": ""}, DEATH_INDICATOR="Y"), ""),
        (letter(DEATH_INDICATOR="Y", DEATH_DATE="20250101"), "long ago"),
        (letter(DEATH_INDICATOR="Y", DEATH_DATE="20310101"), "future time"),
        (letter(DEATH_INDICATOR="Y", INTERNAL_PATIENT_ID=[{"ID": "999", "ASSIGNING_AUTHORITY": "CCC"}]), "mannequin"),
    ],
)
def test_what_the_clinic_hears_of_elsewhere_is_doubted(body: bytes, doubt: str) -> None:
    assert heard(body).doubt == doubt
    assert heard(body).unit == ("" if doubt else "12345")  # who is not here must not look as if seen here


@pytest.mark.parametrize(
    ("body", "code", "where"),
    [
        (letter(INTERNAL_PATIENT_ID=[]), "no-patient", "INTERNAL_PATIENT_ID"),
        (letter({"MESSAGE_DATETIME": ""}, DEATH_INDICATOR="Y"), "time", "MESSAGE_HEADER.MESSAGE_DATETIME"),
        (letter()[:200], "not-json", "byte 200"),
        (letter(INTERNAL_PATIENT_ID=[[1]]), "not-json", "$.PATIENT_IDENTIFICATION.INTERNAL_PATIENT_ID[0]"),
        (b"", "not-json", "byte 0"),
        (b"\xff\xfe{\x00}\x00", "not-json", "byte 0"),
        (b'{"a":' * 100_000, "not-json", "byte 500000"),
        (b"[" * 100_000, "not-json", "$[0]"),
        (b'{"resourceType":"Patient"}', "not-ours", "uuid"),
        (b" " * (16 * 1024 * 1024 + 1), "too-large", "byte 16777216"),
    ],
)
def test_what_cant_be_read_is_refused_by_place_and_without_content(body: bytes, code: str, where: str) -> None:
    begun = time.perf_counter()
    unread = read(body)
    assert isinstance(unread, Unread)
    assert (unread.code, unread.where) == (code, where)
    assert "MFANO" not in str(unread)
    assert time.perf_counter() - begun < 1


def person(dead: bool | None = True, **more: Any) -> dict[str, Any]:
    return {"uuid": "u-42", "display": "Mfano", "dead": dead, "birthdate": "1960-01-01T00:00:00.000+0300"} | more


AUDIT: dict[str, Any] = {
    "auditInfo": {"dateCreated": "2020-01-01T00:00:00.000+0300", "dateChanged": "2026-03-10T15:00:00.000+0300"}
}


def patient(who: dict[str, Any]) -> dict[str, Any]:
    return {"uuid": "u-42", "identifiers": [{"uuid": "i", "display": "OpenMRS ID = 100GEJ"}], "person": who}


def visit(who: dict[str, Any], **more: Any) -> dict[str, Any]:
    part = {"provider": {"uuid": "p-1", "display": "J100 - Juma"}, "encounterRole": {"display": "Clinician"}}
    encounter = {"uuid": "e", "encounterDatetime": "2026-03-10T14:00:00.000+0300", "encounterProviders": [part]}
    start = {
        "uuid": "v-1",
        "startDatetime": "2026-03-09T14:00:00.000+0300",
        "location": {"display": "Ward 5"},
        "encounters": [encounter],
    }
    return start | {"patient": patient(who)} | more


def of(record: Any) -> Notice:
    return heard(json.dumps(record).encode())


def test_a_visit_of_openmrs_tells_death_ward_and_who_was_there() -> None:
    notice = of(visit(person(deathDate="2026-03-10T14:30:00.000+0300", causeOfDeath={"uuid": "c"}, **AUDIT)))
    assert said(notice) == {"person.dead": "yes", "person.deathDate": "time"}
    assert notice.died == datetime(2026, 3, 10, 11, 30, tzinfo=UTC)
    assert notice.said_at == datetime(2026, 3, 10, 12, tzinfo=UTC)
    assert notice.people == (mark("person|openmrs|u-42"), mark("person|OpenMRS ID|100GEJ"))
    assert notice.visit == mark("visit|openmrs|v-1")
    assert (notice.unit, notice.kind, notice.source, notice.doubt) == ("Ward 5", "openmrs/visit", "openmrs", "")
    at = datetime(2026, 3, 10, 11, tzinfo=UTC)
    assert notice.named == tuple(Named("openmrs", n, "encounterProvider", "Clinician", at, at) for n in ("p-1", "J100"))


def test_a_person_alone_has_no_visit_behind_it() -> None:
    notice = of(person(deathDate="2026-03-10T00:00:00.000+0300", **AUDIT))
    assert (notice.kind, notice.doubt, notice.died_as, notice.unit) == ("openmrs/person", "no current visit", "day", "")


def test_a_server_that_says_not_since_when_speaks_for_this_moment() -> None:
    assert of(patient(person())).said_at == NOW


def test_alive_and_taken_back_are_heard() -> None:
    assert said(of(visit(person(False)))) == {"person.dead": "no"}
    assert said(of(visit(person(None, causeOfDeath={"uuid": "c"})))) == {"person.causeOfDeath": "maybe"}
    assert said(of(visit(person(voided=True)))) == {"record": "void"}
    assert said(of(visit(person(None), voided=True))) == {"visit": "void"}
    assert said(of(visit(person(False, deathDate="2026-03-10T14:30:00.000+0300")))) == {
        "person.dead": "no",
        "person.deathDate": "time",
    }


def test_an_estimated_date_is_a_day_at_best() -> None:
    notice = of(visit(person(deathDate="2026-03-10T14:30:00.000+0300", deathdateEstimated=True)))
    assert notice.died_as == "day"


def test_a_search_result_is_as_many_notices() -> None:
    found = kenya.read(json.dumps({"results": [person(), patient(person(False)), visit(person())]}).encode(), SITE, mark, NOW)
    assert [one.kind for one in found] == ["openmrs/person", "openmrs/patient", "openmrs/visit"]


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=300, deadline=1000)
@given(st.data())
def test_whatever_is_damaged_is_a_notice_or_a_refusal(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from([letter(DEATH_INDICATOR="Y"), json.dumps(visit(person(**AUDIT))).encode()]))
    body = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 6))):
        at, new = data.draw(st.integers(0, len(body) - 1)), data.draw(st.binary(max_size=4))
        body[at : at + data.draw(st.integers(0, 20))] = new
    for one in kenya.read(bytes(body), SITE, mark, NOW):
        assert isinstance(one, Notice | Unread)


@settings(max_examples=300, deadline=1000)
@given(st.data())
def test_any_value_may_stand_anywhere(data: st.DataObject) -> None:
    record = data.draw(st.sampled_from([json.loads(letter(DEATH_INDICATOR="Y")), visit(person(**AUDIT)), patient(person())]))
    place: Any = json.loads(json.dumps(record))
    whole = place
    while isinstance(place, dict) and place:
        name = data.draw(st.sampled_from(sorted(place)))
        if not isinstance(place[name], dict) or data.draw(st.booleans()):
            place[name] = data.draw(ANY)
            break
        place = place[name]
    for one in kenya.read(json.dumps(whole).encode(), SITE, mark, NOW):
        assert isinstance(one, Notice | Unread)
        for marks in one.people if isinstance(one, Notice) else ():
            marks.today.encode()
