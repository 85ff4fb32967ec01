"""A resource or a bundle becomes notices that say what was said of a death, and nothing of who the patient is."""

import json
from datetime import UTC, datetime

import pytest

from aftercall.inside.road.notice import Notice, Sign, Unread
from tests.feeds.fhir_made import (
    DIED,
    MRN,
    NOW,
    Json,
    bundle,
    concept,
    dead,
    hears,
    is_dead,
    left,
    mark,
    notices,
    one,
    patient,
    refusal,
    said,
    visit,
)

WEEKS_AGO = {"start": "2026-02-01", "end": "2026-02-02"}


def absent(reason: str) -> Json:
    url = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
    return {"_deceasedDateTime": {"extension": [{"url": url, "valueCode": reason}]}}


def test_a_death_in_the_emergency_room_is_heard_whole() -> None:
    notice = one(bundle("searchset", dead(), visit()))
    assert notice.kind == "Bundle/searchset"
    assert notice.source == "fhir"
    assert notice.people == (mark(f"person|{MRN}|42"), mark("person|https://ehr.example/fhir/Patient|42"))
    assert notice.visit == mark("visit|urn:kisiwa:visit|v1")
    assert notice.signs == (Sign("Patient.deceased", "time"),)
    assert (notice.died, notice.died_as) == (DIED, "time")
    assert notice.said_at == datetime(2026, 3, 10, 11, 20, tzinfo=UTC)
    assert notice.document == mark("document|Patient|https://ehr.example/fhir/Patient/42")
    assert (notice.version, notice.unit, notice.doubt) == (3, "RES", "")
    assert notice.facts == {"emergency", "short stay"}


def test_nothing_of_the_patient_survives_but_hashes() -> None:
    kept = repr(hears(bundle("searchset", dead(), visit()))) + repr(hears(dead(ident="x", deceasedBoolean={"a": "MFANO"})))
    for secret in ("MFANO", "ZAWADI", "1971", "'42'", "|42"):
        assert secret not in kept


@pytest.mark.parametrize(
    ("fields", "value", "precision"),
    [
        ({"deceasedBoolean": True}, "yes", ""),
        ({"deceasedBoolean": "true"}, "yes", ""),
        ({"deceasedBoolean": False}, "no", ""),
        ({"deceasedDateTime": "2026-03-10T14:02:00+03:00"}, "time", "time"),
        ({"deceasedDateTime": "2026-03-10"}, "day", "day"),
        ({"deceasedDateTime": "2026-03"}, "day", "month"),
        ({"deceasedDateTime": "2026"}, "day", "year"),
        (absent("unknown"), "yes", ""),
        (absent("not-applicable"), None, ""),
        ({"active": False}, None, ""),
        ({"deceasedDateTime": ""}, None, ""),
        ({}, None, ""),
    ],
)  # fmt: skip
def test_deceased_is_said_in_many_ways_and_never_by_absence(fields: Json, value: str | None, precision: str) -> None:
    notice = one(bundle("searchset", patient(**fields), visit()))
    assert said(notice).get("Patient.deceased") == value
    assert notice.died_as == precision


def test_a_time_of_death_that_is_none_is_refused_by_path_and_held_for_a_human() -> None:
    heard = hears(bundle("searchset", visit(), patient(deceasedDateTime="yesterday")))
    (unread,) = (h for h in heard if isinstance(h, Unread))
    assert (unread.code, unread.where) == ("time", "Bundle.entry[1].resource.deceasedDateTime")
    assert {"Patient.deceased": "maybe"} in [said(h) for h in heard if isinstance(h, Notice)]


def test_dead_before_birth_is_for_a_human() -> None:
    heard = hears(bundle("searchset", patient(deceasedDateTime="1962-03-10"), visit()))
    assert [said(h) for h in heard if isinstance(h, Notice) and h.signs] == [{"Patient.deceased": "maybe"}]


def test_alive_by_word_and_dead_by_date_says_both() -> None:
    notice = one(bundle("searchset", dead(deceasedBoolean=False), visit()))
    assert notice.signs == (Sign("Patient.deceased", "no"), Sign("Patient.deceased", "time"))


def test_a_patient_of_whom_nothing_is_said_takes_the_older_death_back_as_the_newer_form() -> None:
    older, newer = one(bundle("searchset", dead(), visit())), one(bundle("searchset", patient(written="2026-03-10T15:00:00+03:00")))
    assert newer.signs == ()
    assert newer.document == older.document
    assert newer.said_at > older.said_at


@pytest.mark.parametrize(
    ("ended", "value"),
    [
        (left("exp", "http://terminology.hl7.org/CodeSystem/discharge-disposition"), "expired"),
        (left("20", "https://www.nubc.org/CodeSystem/PatDischargeStatus"), "expired"),
        (left("041", "http://www.nubc.org/patient-discharge"), "expired"),
        (left("1", "http://terminology.hl7.org/CodeSystem/nubc-UB92"), "other"),
        (left("20", "urn:somewhere-else"), "other"),
        (left("dcd"), "expired"),
        (left("9", "urn:local", "Patient deceased"), "maybe"),
        (left("home", "http://terminology.hl7.org/CodeSystem/discharge-disposition"), "other"),
    ],
)
def test_a_disposition_counts_by_its_system_and_the_sites_own_list(ended: Json, value: str) -> None:
    period = {"start": "2026-03-10T12:30:00+03:00", "end": "2026-03-10T14:10:00+03:00"}
    silent, told = notices(bundle("searchset", patient(), visit(status="finished", period=period, **ended)))
    assert silent.signs == ()
    assert said(told) == {"Encounter.dischargeDisposition": value}
    assert told.people == silent.people
    assert told.document == mark("document|Encounter|https://ehr.example/fhir/Encounter/v1")
    assert told.doubt == ""
    assert told.happened == (datetime(2026, 3, 10, 11, 10, tzinfo=UTC) if value in ("expired", "maybe") else None)


def test_a_visit_without_its_patient_is_known_by_the_patients_address() -> None:
    ended = visit(status="finished", **left("exp"))
    (told,) = notices(ended, base="https://ehr.example/fhir/")
    whole = one(bundle("searchset", patient()))
    assert set(told.people) < set(whole.people)
    assert said(told) == {"Encounter.dischargeDisposition": "expired"}


def test_a_visit_entered_in_error_is_void() -> None:
    (told,) = notices(visit(status="entered-in-error"))
    assert told.signs == (Sign("visit", "void"),)
    assert (told.visit, told.corrects) == (mark("visit|urn:kisiwa:visit|v1"), "admission")


@pytest.mark.parametrize(
    ("document", "doubt"),
    [
        (dead(), "no current visit"),
        (bundle("searchset", dead(), visit(status="finished", period=WEEKS_AGO)), "no current visit"),
        (bundle("searchset", dead(), visit(status="planned")), "no current visit"),
        (bundle("searchset", dead(), visit(status="cancelled"), visit("v2")), ""),
        (bundle("searchset", dead(), visit(period={"start": "2026-03-11T10:00:00+03:00"})), ""),
        (bundle("searchset", dead(), visit(status="finished", period={})), ""),
        (bundle("searchset", dead(written="2026-03-14T14:00:00+03:00"), visit()), ""),
        (bundle("searchset", patient(deceasedDateTime="2027-03-10"), visit()), "future time"),
        (bundle("searchset", dead(meta={"tag": [{"code": "HTEST"}]}), visit(), timestamp="2026-03-10T14:30:00Z"), "training"),
        (bundle("message", {"resourceType": "MessageHeader", "meta": {"security": [{"code": "HTEST"}]}}, dead()), "training"),
        (bundle("searchset", dead(ident="999"), visit(of="Patient/999")), "mannequin"),
    ],
)  # fmt: skip
def test_a_death_is_doubted_when_no_visit_stands_behind_it_or_it_is_a_test(document: Json, doubt: str) -> None:
    notice = one(document)
    assert is_dead(notice)
    assert notice.doubt == doubt


def test_an_old_death_is_long_ago() -> None:
    assert one(bundle("transaction", dead(written=None), visit()), now=datetime(2036, 1, 1, tzinfo=UTC)).doubt == "long ago"
    assert one(bundle("transaction", dead(written=None), visit()), now=NOW).doubt == ""


def test_a_visit_after_the_death_takes_nothing_back_and_its_staff_is_not_named() -> None:
    ward = visit(status="finished", period={"start": "2026-03-10T12:30:00+03:00", "end": "2026-03-10T14:05:00+03:00"})
    after = visit("v9", period={"start": "2026-03-10T16:00:00+03:00"}, type=[concept("308646001", "http://snomed.info/sct")])
    after["participant"] = [{"individual": {"identifier": {"system": "s", "value": "certifier"}}}]
    notice = one(bundle("transaction", dead(), ward, after))
    assert said(notice) == {"Patient.deceased": "time"}
    assert (notice.visit, notice.named, notice.doubt) == (mark("visit|urn:kisiwa:visit|v1"), (), "")
    assert one(bundle("transaction", dead(), after)).doubt == "no current visit"


@pytest.mark.parametrize("kind", ["replaced-by", "replaces"])
def test_a_merge_joins_two_records(kind: str) -> None:
    link = [{"type": kind, "other": {"reference": "Patient/43"}}]
    first, _ = notices(bundle("searchset", patient(link=link), patient("43")))
    assert first.joined == (mark(f"person|{MRN}|43"), mark("person|https://ehr.example/fhir/Patient|43"))
    assert first.corrects == "merge"
    assert one(bundle("searchset", patient(link=[{"type": "seealso", "other": {"reference": "Patient/43"}}]))).joined == ()


@pytest.mark.parametrize("loinc", ["69453-9", "69409-1", "81956-5"])
def test_a_result_about_a_death_is_a_weak_mark(loinc: str) -> None:
    result = {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "code": concept(loinc, "http://loinc.org"),
        "subject": {"reference": "Patient/42"},
        "issued": "2026-03-10T15:00:00+03:00",
        "valueDateTime": "2026-03-10T14:02:00+03:00",
    }
    silent, _, weak = notices(bundle("searchset", patient(), visit(), result))
    assert (silent.signs, weak.signs) == ((), (Sign("Observation.code", "maybe"),))
    assert weak.died == DIED


def test_deaths_that_a_certificate_in_the_record_dates_have_that_time() -> None:
    result = {"resourceType": "Observation", "code": concept("81956-5"), "subject": {"reference": "Patient/42"}}
    result |= {"issued": "2026-03-10", "valueDateTime": "2026-03-10T14:02:00+03:00"}
    assert one(bundle("searchset", patient(deceasedBoolean=True), visit(), result)).died == DIED


def test_a_deleted_patient_is_as_if_never_told() -> None:
    history: Json = {"resourceType": "Bundle", "type": "history", "timestamp": "2026-03-10T16:00:00Z"}
    history |= {"entry": [{"fullUrl": "https://ehr.example/fhir/Patient/42", "request": {"method": "DELETE", "url": "Patient/42"}}]}
    (gone,) = notices(history)
    assert gone.signs == (Sign("document", "void"),)
    assert gone.document == one(bundle("searchset", dead())).document


def test_a_bulk_export_is_read_line_by_line() -> None:
    lines = [json.dumps(dead()), json.dumps(visit()), "", "{oh", json.dumps(patient("43"))]
    heard = hears("\n".join(lines).encode())
    first = next(h for h in heard if isinstance(h, Notice))
    assert (first.signs, first.doubt) == ((Sign("Patient.deceased", "time"),), "")
    assert [h.where for h in heard if isinstance(h, Unread)] == ["line 4"]


def test_a_death_without_any_time_is_refused_and_a_search_is_of_now() -> None:
    assert refusal(patient(written=None, deceasedBoolean=True)).code == "time"
    assert one(bundle("searchset", patient(written=None, deceasedBoolean=True))).said_at == NOW


def test_a_replay_has_the_same_body_and_another_version_has_not() -> None:
    first, again = one(bundle("searchset", dead(), visit())), one(bundle("searchset", dead(), visit()))
    other = one(bundle("searchset", dead(version="4"), visit()))
    assert first == again
    assert first.body != other.body


def test_two_patients_of_two_messages_under_one_address_stay_two() -> None:
    one_, two = (one(bundle("message", patient(n) | {"id": "p1"}, timestamp="2026-03-10T14:00:00Z")) for n in ("42", "43"))
    assert not set(one_.people) & set(two.people)
    assert one_.document != two.document
