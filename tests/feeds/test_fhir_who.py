"""Who the record names as having been there, with the reason, and who it does not."""

from datetime import UTC, datetime, timedelta
from typing import Any

from aftercall.inside.road.notice import Named
from tests.feeds.fhir_made import DIED, STAFF, Json, attended, bundle, concept, dead, one, patient, staff, visit


def ward(*participants: Json, **more: Any) -> Json:
    return visit(participant=list(participants), **more)


def deed(kind: str, at: str, who: str, **more: Any) -> Json:
    performer = {"reference": who} if kind == "Observation" else {"actor": {"reference": who}}
    field = "performedDateTime" if kind == "Procedure" else "effectiveDateTime"
    status = "final" if kind == "Observation" else "completed"
    return {
        "resourceType": kind,
        "status": status,
        "subject": {"reference": "Patient/42"},
        field: at,
        "performer": [performer],
    } | more


def test_the_visit_names_its_people_by_their_own_numbers() -> None:
    there = ward(
        attended("ATND", "Practitioner/a"), attended("CON", "Practitioner/b"), attended("REF", "Practitioner?identifier=urn:x|77")
    )
    assert one(bundle("searchset", dead(), there, staff("a", "1004"))).named == (
        Named(STAFF, "1004", "Encounter.participant ATND", "ATND"),
        Named("", "b", "Encounter.participant CON", "CON"),
        Named("urn:x", "77", "Encounter.participant REF", "REF"),
    )


def test_a_person_in_a_role_is_the_person_and_the_role() -> None:
    role: Json = {"resourceType": "PractitionerRole", "id": "r", "identifier": [{"system": "urn:role", "value": "R9"}]}
    role |= {"practitioner": {"reference": "Practitioner/a"}}
    named = one(bundle("searchset", dead(), ward(attended("PPRF", "PractitionerRole/r")), role, staff("a", "1004"))).named
    assert {(n.authority, n.number) for n in named} == {("urn:role", "R9"), (STAFF, "1004")}


def test_who_came_after_the_death_or_admitted_days_ago_is_dated_so() -> None:
    late = attended("ATND", "Practitioner/late", start="2026-03-10T16:00:00+03:00")
    there = ward(late, attended("ADM", "Practitioner/a"), period={"start": "2026-03-08T08:00:00+03:00"})
    (named,) = one(bundle("searchset", dead(), there)).named
    assert (named.number, named.begins, named.ends) == (
        "a",
        datetime(2026, 3, 8, 5, tzinfo=UTC),
        datetime(2026, 3, 8, 5, tzinfo=UTC),
    )


def test_hands_on_the_patient_in_the_last_twelve_hours_are_named() -> None:
    deeds = (
        deed("Procedure", "2026-03-10T13:40:00+03:00", "Practitioner/cpr"),
        deed("MedicationAdministration", "2026-03-10T13:50:00+03:00", "Practitioner/nurse"),
        deed("Observation", "2026-03-10T13:30:00+03:00", "Practitioner/vitals"),
        deed("Observation", "2026-03-09T13:30:00+03:00", "Practitioner/yesterday"),
        deed("Observation", "2026-03-10T15:30:00+03:00", "Practitioner/after"),
        deed("Procedure", "2026-03-10T13:40:00+03:00", "Practitioner/never", status="not-done"),
        deed("Procedure", "2026-03-10T13:40:00+03:00", "Practitioner/other", subject={"reference": "Patient/43"}),
    )
    named = one(bundle("searchset", dead(), visit(), *deeds)).named
    assert [(n.number, n.why) for n in named] == [
        ("cpr", "Procedure.performer"),
        ("nurse", "MedicationAdministration.performer"),
        ("vitals", "Observation.performer"),
    ]
    assert all(n.begins and DIED - timedelta(hours=12) <= n.begins <= DIED for n in named)


def test_an_active_care_team_is_named_and_no_family_and_no_old_team() -> None:
    member = {"role": [concept("nurse")], "member": {"reference": "Practitioner/n"}}
    family = {"member": {"reference": "RelatedPerson/wife"}}
    team: Json = {
        "resourceType": "CareTeam",
        "status": "active",
        "subject": {"reference": "Patient/42"},
        "participant": [member, family],
    }
    old = team | {"status": "inactive", "participant": [{"member": {"reference": "Practitioner/old"}}]}
    gone = team | {"period": {"end": "2026-03-01"}, "participant": [{"member": {"reference": "Practitioner/gone"}}]}
    named = one(bundle("searchset", dead(), visit(), team, old, gone)).named
    assert named == (Named("", "n", "CareTeam.participant nurse", "nurse"),)


def test_who_looks_after_a_living_patient_is_not_even_read() -> None:
    living = one(bundle("searchset", patient(deceasedBoolean=False), ward(attended("ATND", "Practitioner/a"))))
    assert (living.named, living.facts, living.unit) == ((), frozenset(), "RES")


def test_the_unit_is_where_the_patient_lay_then() -> None:
    places = [
        {"location": {"display": "WARD 7"}, "period": {"start": "2026-03-08", "end": "2026-03-10T12:00:00+03:00"}},
        {
            "location": {"identifier": {"value": "ICU2"}, "display": "Intensive care"},
            "period": {"start": "2026-03-10T12:00:00+03:00"},
        },
        {"location": {"display": "MORTUARY"}, "period": {"start": "2026-03-10T16:00:00+03:00"}},
    ]
    assert one(bundle("searchset", dead(), visit(location=places))).unit == "ICU2"
    place = {"resourceType": "Location", "id": "res", "identifier": [{"value": "RES1"}], "name": "Resuscitation"}
    assert one(bundle("searchset", dead(), visit(), place)).unit == "RES1"
    assert one(bundle("searchset", dead(), visit(location=None, serviceProvider={"display": "Cardiology"}))).unit == "Cardiology"


def test_an_expected_death_and_a_young_one_are_facts() -> None:
    hospice = visit(serviceType=concept("305336008", display="Hospice"), period={"start": "2026-03-01"})
    assert one(bundle("searchset", dead(), hospice)).facts == {"emergency", "expected"}
    assert "expected" in one(bundle("searchset", dead(), visit(serviceType=concept("PAL")))).facts
    flag = {
        "resourceType": "Flag",
        "status": "active",
        "subject": {"reference": "Patient/42"},
        "code": {"text": "Comfort care only"},
    }
    assert "expected" in one(bundle("searchset", dead(), visit(), flag)).facts
    admitted = visit() | {"class": {"code": "IMP"}}
    assert one(bundle("searchset", dead(birthDate="2010-01-01"), admitted)).facts == {"child", "young", "short stay"}
