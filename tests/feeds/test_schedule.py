"""A rota as FHIR: whose it is, where, and when, by whatever references a server writes."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercall.inside.feeds.rotas.schedule import shifts_in_schedule
from aftercall.inside.road.crew import Person, Place
from aftercall.rota.rows import BadList
from aftercall.words import StaffId

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 10, 24, 12, tzinfo=UTC)
GMC = "https://regulator.example/gmc"
STAFF = [
    Person(StaffId("amina"), "Amina", "", "", "en", "RES", "", ((GMC, "7001"),)),
    Person(StaffId("juma"), "Juma", "", "", "en", "EMS", "", ()),
]
UNITS = [Place("RES", "Resus", "Kisumu"), Place("EMS", "Ambulance", "Kisumu")]
AMINA = {"resourceType": "Practitioner", "id": "p1", "identifier": [{"system": GMC, "value": "7001"}], "name": [{"family": "Y"}]}
RESUS = {"resourceType": "Location", "id": "l1", "name": "Resus"}
Found = list[tuple[str, str, str, str]]


def read(tmp_path: Path, *resources: dict[str, Any], urls: bool = False) -> Found:
    entries = [{"resource": r, **({"fullUrl": f"urn:uuid:{r.get('id')}"} if urls else {})} for r in resources]
    return of(tmp_path, json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode())


def of(tmp_path: Path, raw: bytes) -> Found:
    path = tmp_path / "rota.json"
    path.write_bytes(raw)
    shifts = shifts_in_schedule(path, LONDON, STAFF, NOW, UNITS)
    return sorted((s.staff, s.unit, f"{s.begins:%dT%H:%M}", f"{s.ends:%dT%H:%M}") for s in shifts)


def slot(begins: str, ends: str, status: str = "busy", schedule: str = "Schedule/s1") -> dict[str, Any]:
    return {"resourceType": "Slot", "schedule": {"reference": schedule}, "status": status, "start": begins, "end": ends}


def schedule(*actors: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Schedule", "id": "s1", "actor": [{"reference": one} for one in actors], **more}


def test_slots_that_touch_are_one_shift_and_those_of_who_is_away_are_none(tmp_path: Path) -> None:
    slots = [slot(f"2026-10-24T{hour}:00:00Z", f"2026-10-24T{hour + 1}:00:00Z", "free") for hour in (10, 12, 11, 20)]
    away = [slot("2026-10-25T10:00:00Z", "2026-10-25T11:00:00Z", status) for status in ("busy-unavailable", "entered-in-error")]
    found = read(tmp_path, schedule("Practitioner/p1", "Location/l1"), AMINA, RESUS, *slots, *away)
    assert found == [("amina", "RES", "24T10:00", "24T13:00"), ("amina", "RES", "24T20:00", "24T21:00")]


def test_a_schedule_without_slots_is_one_shift_as_long_as_its_horizon(tmp_path: Path) -> None:
    horizon = {"start": "2026-10-24T21:00:00", "end": "2026-10-25T07:00:00"}  # over the change of the clocks
    found = read(tmp_path, schedule("Practitioner/p1", "Location/l1", planningHorizon=horizon), AMINA, RESUS)
    assert found == [("amina", "RES", "24T20:00", "25T07:00")]
    week = {"start": "2026-10-24", "end": "2026-10-25"}
    assert read(tmp_path, schedule("Practitioner/p1", "Location/l1", planningHorizon=week), AMINA, RESUS)[0][2:] == (
        "23T23:00",
        "26T00:00",
    )
    with pytest.raises(BadList, match="1 last more than 8 days"):
        read(
            tmp_path,
            schedule("Practitioner/p1", "Location/l1", planningHorizon={"start": "2026-01-01", "end": "2026-12-31"}),
            AMINA,
            RESUS,
        )


def test_a_person_is_found_by_the_role_by_the_reference_itself_or_by_the_staff_id(tmp_path: Path) -> None:
    horizon = {"planningHorizon": {"start": "2026-10-24T08:00:00Z", "end": "2026-10-24T16:00:00Z"}}
    role = {
        "resourceType": "PractitionerRole",
        "id": "r1",
        "practitioner": {"reference": "urn:uuid:p1"},
        "location": [{"reference": "urn:uuid:l1"}],
    }
    by_role = read(tmp_path, schedule("urn:uuid:r1", **horizon), role, AMINA, RESUS, urls=True)
    there: dict[str, Any] = schedule(**horizon)
    there["actor"] = [
        {"reference": "https://fhir.example/r4/Practitioner/9", "identifier": {"system": GMC, "value": "7001"}},
        {"reference": "Location/9", "display": "resus"},
    ]
    assert by_role == read(tmp_path, there) == [("amina", "RES", "24T08:00", "24T16:00")]
    assert read(tmp_path, schedule("Practitioner/juma", "Location/EMS", **horizon)) == [("juma", "EMS", "24T08:00", "24T16:00")]


def test_the_hours_of_a_role_go_by_the_week_and_end_by_the_clock_on_the_wall(tmp_path: Path) -> None:
    role = {
        "resourceType": "PractitionerRole", "id": "r1", "practitioner": {"reference": "Practitioner/p1"},
        "location": [{"reference": "Location/l1"}], "period": {"start": "2026-10-21"},
        "availableTime": [{"daysOfWeek": ["sat"], "availableStartTime": "21:00:00", "availableEndTime": "07:00:00"}],
        "notAvailable": [{"description": "leave", "during": {"start": "2026-10-31", "end": "2026-11-01"}}],
    }  # fmt: skip
    found = read(tmp_path, role, AMINA, RESUS)
    assert found == [("amina", "RES", "07T21:00", "08T07:00"), ("amina", "RES", "24T20:00", "25T07:00")]
    with pytest.raises(BadList, match="no Schedule, Slot or PractitionerRole with hours"):
        read(tmp_path, {**role, "active": False}, AMINA, RESUS)
    with pytest.raises(BadList, match="PractitionerRole/r1, availableTime"):
        read(tmp_path, {**role, "availableTime": [{"daysOfWeek": ["sat"], "availableStartTime": "nine"}]}, AMINA, RESUS)


def test_roles_that_point_at_each_other_take_no_time(tmp_path: Path) -> None:
    ring = {
        "resourceType": "PractitionerRole",
        "id": "r1",
        "location": [{"reference": "PractitionerRole/r1"}] * 500,
        "availableTime": [{"allDay": True}],
    }
    with pytest.raises(BadList, match="name nobody on the staff list"):
        read(tmp_path, ring)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"not json", "the file: it is not JSON"),
        (b"[]", "the file: Expected `object`, got `array`"),
        (
            b'{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Slot","start":7}}]}',
            "entry 1: Expected `str`, got `int` - at `$.start`",
        ),
        (b'{"resourceType":"Patient","id":"1"}', "no Schedule, Slot or PractitionerRole"),
        (
            json.dumps({"resourceType": "Bundle", "entry": [{"resource": slot("2026", "2027")}]}).encode(),
            "Slot/1, schedule: it is not in this file",
        ),
        (
            json.dumps({"resourceType": "Bundle", "entry": [{"resource": schedule()}, {"resource": slot("soon", "")}]}).encode(),
            "Slot/2, start: write",
        ),
        (b'{"resourceType":"Bundle","entry":' + b"[" * 200_000, "rota.json"),
    ],
)
def test_a_file_that_can_not_be_used_says_where(tmp_path: Path, raw: bytes, said: str) -> None:
    with pytest.raises(BadList) as problem:
        of(tmp_path, raw)
    assert said in str(problem.value)


KEYS = st.sampled_from(["resourceType", "entry", "resource", "actor", "reference", "schedule", "start", "end", "planningHorizon"])
LEAVES = st.none() | st.booleans() | st.text(max_size=5) | st.sampled_from(["Bundle", "Schedule", "Slot", "PractitionerRole"])


@given(st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4)))
def test_no_json_makes_it_do_anything_but_say_what_is_wrong(tmp_path_factory: pytest.TempPathFactory, anything: object) -> None:
    with pytest.raises(BadList, match=r"rota\.json"):
        of(tmp_path_factory.mktemp("x"), json.dumps(anything).encode())
