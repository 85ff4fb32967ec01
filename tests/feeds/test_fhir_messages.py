"""Messages that tell of somebody here and now, and messages that take an earlier one back."""

from typing import Any

import pytest

from aftercall.inside.road.notice import Notice, Sign
from tests.feeds.fhir_made import (
    DIED,
    Json,
    bundle,
    concept,
    dead,
    header,
    hears,
    left,
    mark,
    notices,
    one,
    patient,
    refusal,
    said,
    visit,
)

ACTIVITY = "http://medcomfhir.dk/ig/terminology/CodeSystem/medcom-messaging-activityCodes"
ALERT = {"system": "http://hl7.org/fhir/us/davinci-alerts/CodeSystem/notification-event", "code": "notification-discharge"}


def activity(code: str, of: str, revises: str = "", role: str = "revision") -> Json:
    said: Json = {"resourceType": "Provenance", "target": [{"reference": of}], "activity": concept(code, ACTIVITY)}
    return said | ({"entity": [{"role": role, "what": {"reference": revises}}]} if revises else {})


def medcom(ident: str, at: str, *trail: Json, who: Json | None = None, **stay: Any) -> Json:
    """A hospital notification of patient 42's stay; MedCom numbers the stay, not the encounter."""
    whole = {"status": "finished", "class": {"code": "IMP"}, "period": {"start": "2026-03-08", "end": "2026-03-10T14:02:00+03:00"}}
    encounter = visit(f"e-{ident}", **(whole | stay))
    del encounter["identifier"], encounter["meta"]
    encounter["episodeOfCare"] = [{"identifier": {"system": "urn:kisiwa:stay", "value": "s7"}}]
    event = {"code": "hospital-notification-message"}
    parts = (header(event, ident), who or patient(written=None, version="", deceasedBoolean=True), encounter, *trail)
    return bundle("message", *parts, timestamp=at)


ADMITTED = activity("admit-inpatient", "m1")
MORS = medcom("m2", "2026-03-10T14:05:00+03:00", ADMITTED, activity("admit-inpatient", "m2", "m1"))
LIVING = patient(written=None, version="")


def test_a_national_death_message_is_a_death_of_somebody_here() -> None:
    (notice,) = notices(MORS)
    assert (notice.kind, said(notice), notice.doubt) == ("Bundle/message", {"Patient.deceased": "yes"}, "")
    assert notice.visit == mark("visit|urn:kisiwa:stay|s7")
    assert notice.document == mark("document|MessageHeader|m2")


def test_an_activity_that_names_the_death_is_enough() -> None:
    (notice,) = notices(medcom("m2", "2026-03-10T14:05:00+03:00", activity("discharge-inpatient-deceased", "m2", "m1"), who=LIVING))
    assert said(notice) == {"Provenance.activity": "expired"}


@pytest.mark.parametrize("code", ["cancel-admit-inpatient", "revise-discharge-inpatient-home"])
def test_a_correction_stands_in_the_place_of_the_message_it_corrects(code: str) -> None:
    mors, late = one(MORS), "2026-03-10T15:00:00+03:00"
    taken = one(medcom("m3", late, activity(code, "m3", "MessageHeader/m2"), ADMITTED, who=LIVING))
    assert taken.document == mors.document
    assert taken.said_at > mors.said_at
    assert taken.signs == ((Sign("document", "void"),) if code.startswith("cancel") else ())
    assert taken.corrects == "document"


def test_a_cancelled_correction_still_means_the_first_message() -> None:
    trail = (
        activity("revise-discharge-inpatient-home", "m3", "m2"),
        activity("cancel-discharge-inpatient-home", "m4", "m3", "removal"),
    )
    assert one(medcom("m4", "2026-03-10T16:00:00+03:00", *trail, who=LIVING)).document == one(MORS).document


def test_a_later_word_about_the_admission_leaves_the_death_alone() -> None:
    later = one(medcom("m5", "2026-03-10T17:00:00+03:00", activity("revise-admit-inpatient", "m5", "m1"), ADMITTED, who=LIVING))
    assert later.document != one(MORS).document
    assert later.signs == ()


def test_a_cancelled_stay_is_void() -> None:
    trail = (activity("cancel-admit-inpatient", "m3", "m2"),)
    told = notices(medcom("m3", "2026-03-10T15:00:00+03:00", *trail, who=LIVING, status="entered-in-error"))
    assert Sign("visit", "void") in told[1].signs
    assert told[1].visit == one(MORS).visit


def test_an_alert_of_a_discharge_is_read_with_its_disposition() -> None:
    nubc = "http://terminology.hl7.org/CodeSystem/nubc-UB92"
    period = {"start": "2026-03-10T12:30:00+03:00", "end": "2026-03-10T14:10:00+03:00"}
    for code, value in (("1", "other"), ("20", "expired")):
        ended = visit(status="finished", period=period, **left(code, nubc))
        alert = bundle("message", header(ALERT), ended, patient(), timestamp="2026-03-10T14:12:00+03:00")
        _, told = notices(alert)
        assert said(told) == {"Encounter.dischargeDisposition": value}
        assert told.doubt == ""


def test_an_alert_without_its_visit_is_still_of_somebody_here() -> None:
    assert one(bundle("message", header(ALERT), dead(), timestamp="2026-03-10T14:12:00+03:00")).doubt == ""


def certificate(event: str = "vrdr_submission", at: str = "2026-03-10T18:00:00Z", died: Json | None = None) -> Json:
    """A death certificate in its message: a bundle in a bundle, the patient without deceased[x]."""
    found = died or {"valueDateTime": "2026-03-10T14:02:00+03:00"}
    result = {"resourceType": "Observation", "id": "o", "status": "final", "code": concept("81956-5")}
    result |= {"subject": {"reference": "Patient/42"}}
    paper = bundle("document", {"resourceType": "Composition"}, patient(written=None), result | found)
    profile = "http://hl7.org/fhir/us/vrdr/StructureDefinition/vrdr-death-certificate-document"
    paper |= {"identifier": {"value": "2026KE000182"}, "meta": {"profile": [profile]}}
    known = [{"name": "cert_no", "valueUnsignedInt": 182}, {"name": "death_year", "valueUnsignedInt": 2026}]
    number = {"resourceType": "Parameters", "parameter": [*known, {"name": "jurisdiction_id", "valueString": "KE"}]}
    event = f"http://nchs.cdc.gov/{event}"
    parts = (number,) if event.endswith("void") else (number, paper)
    return bundle("message", header(eventUri=event), *parts, timestamp=at)


def test_a_death_certificate_is_a_death_at_its_time() -> None:
    (notice,) = notices(certificate())
    assert said(notice) == {"Observation.valueDateTime": "time"}
    assert (notice.died, notice.document, notice.doubt) == (DIED, mark("document|VRDR|2026KE000182"), "no current visit")


def test_a_certificate_alone_is_the_same_document_as_in_its_message() -> None:
    paper = certificate()["entry"][2]["resource"] | {"timestamp": "2026-03-10T17:00:00Z"}
    assert one(paper).document == one(certificate()).document


def test_a_certificate_may_know_the_day_only_in_parts() -> None:
    root = "http://hl7.org/fhir/StructureDefinition/"
    parts = [{"url": name, "valueUnsignedInt": n} for name, n in (("year", 2026), ("month", 3), ("day", 10))]
    (notice,) = notices(
        certificate(died={"_valueDateTime": {"extension": [{"url": root + "partialDateTime", "extension": parts}]}})
    )
    assert (said(notice), notice.died_as) == ({"Observation.valueDateTime": "day"}, "day")


def test_a_certificate_is_updated_and_voided_under_its_number() -> None:
    first = one(certificate())
    update = one(certificate("vrdr_submission_update", "2026-03-10T19:00:00Z"))
    void = one(certificate("vrdr_submission_void", "2026-03-10T20:00:00Z"))
    assert first.document == update.document == void.document
    assert (void.signs, void.people, void.corrects) == ((Sign("document", "void"),), (), "document")
    assert first.said_at < update.said_at < void.said_at


def test_what_registries_answer_each_other_is_not_ours() -> None:
    assert refusal(certificate("vrdr_acknowledgement")).where == "MessageHeader.eventUri"


@pytest.mark.parametrize(
    ("body", "code", "where"),
    [
        (b"", "not-json", "byte 0"),
        (b"<Patient xmlns='http://hl7.org/fhir'/>", "not-json", "byte 0"),
        (b"// MORS\nInstance: mors\nInstanceOf: Patient\n", "not-json", "byte 0"),
        (b"Id,START,STOP\n1,2,3\n", "not-json", "byte 0"),
        (b'{"resourceType":"Patient","id":NaN}', "not-json", "byte 31"),
        (b'{"a":1}', "not-ours", "resourceType"),
        (b'{"resourceType":"Practitioner","id":"1"}', "not-ours", "resourceType"),
        (b'{"resourceType":"Bundle","type":"collection","entry":[]}', "no-patient", "Bundle.entry"),
        (
            b'{"resourceType":"Patient","deceasedBoolean":true,"meta":{"lastUpdated":"2026-03-10"}}',
            "no-patient",
            "Patient.identifier",
        ),
        (b'{"resourceType":"Patient","id":"1","deceasedBoolean":[]}', "not-json", "Patient.deceasedBoolean"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(body: bytes, code: str, where: str) -> None:
    unread = refusal(body)
    assert (unread.code, unread.where) == (code, where)


def test_a_broken_entry_loses_that_entry_only() -> None:
    whole = bundle("searchset", dead(), visit())
    whole["entry"] += [
        "nonsense",
        {"resource": {"resourceType": "Patient", "identifier": 7}},
        {"fullUrl": 5, "resource": patient("43")},
    ]
    heard = hears(whole)
    assert said(next(h for h in heard if isinstance(h, Notice))) == {"Patient.deceased": "time"}
    wheres = {h.where for h in heard if not isinstance(h, Notice)}
    assert wheres == {"Bundle.entry[2]", "Bundle.entry[3].resource.identifier", "Bundle.entry[4].fullUrl"}
    assert len([h for h in heard if isinstance(h, Notice)]) == 3


def test_a_wrong_field_that_is_not_vital_loses_that_field_only() -> None:
    whole = bundle("searchset", dead(birthDate=7, link="x"), visit(participant="none", location=7))
    heard = hears(whole, base="https://ehr.example/fhir")
    first = next(h for h in heard if isinstance(h, Notice))
    assert (said(first), first.doubt) == ({"Patient.deceased": "time"}, "")
    assert {h.where.rpartition(".")[2] for h in heard if not isinstance(h, Notice)} == {
        "birthDate",
        "link",
        "participant",
        "location",
    }
