"""Write FHIR R4 as a second hospital's interface does: a message bundle at each step of a visit, and acts with their performers."""

import json
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from aftercall.words import Moment
from aftercall_stage.simulate.faulty import SETTLE
from aftercall_stage.simulate.people import SECOND_STAFF
from aftercall_stage.simulate.truth import ZONE, Act, Encounter, Staff, Stay, Told

Resource = dict[str, Any]
DISPOSITION = "http://terminology.hl7.org/CodeSystem/discharge-disposition"
ROLE = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
SOURCE = "fhir"
KNOWN = frozenset({"only_disposition", "only_flag", "only_time", "midnight", "late_death", "very_late", "home_yet_dead",
                   "disposition_but_no", "retracted_soon", "retracted_late", "living_conflict"})  # fmt: skip
"""The faults of a telling that FHIR can have; the others are HL7 v2's own."""


def tell(rng: random.Random, visit: Encounter, fault: str = "", brief: bool = False) -> list[Told]:
    """The bundles of one visit. `brief`: a second feed of a visit that HL7 v2 tells of as well, without its acts."""
    teller = _Teller(rng, visit, fault)
    told = [*teller.moves(brief), *([] if brief else teller.acts()), *teller.end(), *teller.mistake()]
    return sorted(told, key=lambda t: t.at)


class _Teller:
    def __init__(self, rng: random.Random, visit: Encounter, fault: str) -> None:
        self._rng, self._visit, self._fault = rng, visit, fault if fault in KNOWN else ""

    def moves(self, brief: bool) -> Iterator[Told]:
        for stay in self._visit.stays[:1] if brief else self._visit.stays:
            yield self._bundle(stay.begins, stay, {}, "in-progress", "")

    def acts(self) -> Iterator[Told]:
        for act in self._visit.acts:
            if act.told and act.staff.ids:
                said = act.at + timedelta(minutes=self._rng.uniform(0, 12))
                yield self._pack(said, [_patient(self._visit, {}, said), *_acted(self._visit, act)], "", "collection")

    def end(self) -> Iterator[Told]:
        visit, last = self._visit, self._visit.stays[-1]
        if visit.died is None:
            yield self._bundle(visit.ends, last, {}, "finished", "home")
            return
        at = visit.died + timedelta(minutes=min(200.0, max(1.0, self._rng.lognormvariate(2.3, 0.9))))
        if self._fault in ("late_death", "very_late"):
            yield self._bundle(at, last, {}, "finished", "")
            hours = (74, 140) if self._fault == "very_late" else (0.5, 20)
            at += timedelta(hours=self._rng.uniform(*hours))
        dead, code = _death(visit.died, self._fault)
        yield self._bundle(at, last, dead, "finished", code, "dead")

    def mistake(self) -> Iterator[Told]:
        """A living patient is called dead, and that is taken back; or the two halves of a bundle disagree."""
        last = self._visit.stays[-1]
        at = last.begins + (last.ends - last.begins) * self._rng.uniform(0.3, 0.9)
        if self._fault == "living_conflict":
            yield self._bundle(at, last, {"deceasedBoolean": False}, "in-progress", "exp", "dead")
        elif self._fault in ("retracted_soon", "retracted_late"):
            span = (20, SETTLE - 40) if self._fault == "retracted_soon" else (SETTLE + 60, 6 * 3600)
            yield self._bundle(at, last, {"deceasedDateTime": _time(at)}, "in-progress", "", "dead")
            later = at + timedelta(seconds=self._rng.randint(*span))
            yield self._bundle(later, last, {"deceasedBoolean": False}, "in-progress", "", "alive")

    def _bundle(self, at: Moment, stay: Stay, dead: Resource, status: str, code: str, tells: str = "") -> Told:
        people = {s.staff: s for s, _ in _participants(self._visit, stay)}
        place = {"resourceType": "Location", "id": stay.unit, "identifier": [{"value": stay.unit}], "name": stay.unit}
        visit = _encounter(self._visit, stay, status, code, at)
        parts = [_patient(self._visit, dead, at), visit, place, *(_practitioner(s) for s in people.values())]
        return self._pack(at, parts, tells, "message")

    def _pack(self, at: Moment, parts: list[Resource], tells: str, kind: str) -> Told:
        at = at.replace(microsecond=0)
        if kind == "message":
            parts = [self._header(), *parts]
        entry = [{"fullUrl": f"urn:uuid:{self._uuid()}", "resource": part} for part in parts]
        bundle = {"resourceType": "Bundle", "id": self._uuid(), "type": kind, "timestamp": _time(at), "entry": entry}
        arrives = at + timedelta(seconds=self._rng.randint(1, 5))
        body = json.dumps(bundle, ensure_ascii=False, separators=(",", ":")).encode()
        return Told(arrives, SOURCE, "fhir", body, (self._visit.key,), (tells,), (self._fault,) if self._fault else ())

    def _header(self) -> Resource:
        event = {"system": "http://hl7.org/fhir/us/davinci-alerts/CodeSystem/notification-event", "code": "notification"}
        return {"resourceType": "MessageHeader", "id": self._uuid(), "eventCoding": event, "source": {"endpoint": "urn:siaya:his"}}

    def _uuid(self) -> str:
        return str(UUID(int=self._rng.getrandbits(128), version=4))


def _death(died: Moment, fault: str) -> tuple[Resource, str]:
    """Patient.deceased[x] and the disposition, as this fault has them."""
    time, yes, no = {"deceasedDateTime": _time(died)}, {"deceasedBoolean": True}, {"deceasedBoolean": False}
    day = {"deceasedDateTime": died.astimezone(ZONE).date().isoformat()}
    said: dict[str, tuple[Resource, str]] = {
        "only_disposition": ({}, "exp"), "only_flag": (yes, ""), "only_time": (time, ""), "midnight": (day, "exp"),
        "home_yet_dead": (yes, "home"), "disposition_but_no": (no, "exp"),
    }  # fmt: skip
    return said.get(fault, (time, "exp"))


def _time(at: Moment) -> str:
    return at.astimezone(ZONE).isoformat(timespec="seconds")


def _patient(visit: Encounter, dead: Resource, at: Moment) -> Resource:
    who = visit.patient
    return {
        "resourceType": "Patient", "id": f"p{who.ids[0][1]}", "meta": {"lastUpdated": _time(at)},
        "identifier": [{"system": authority, "value": number} for authority, number in who.ids],
        "name": [{"family": who.family, "given": [who.given]}], "gender": "female" if who.sex == "F" else "male",
        "birthDate": f"{who.born:%Y-%m-%d}", **dead,
    }  # fmt: skip


def _encounter(visit: Encounter, stay: Stay, status: str, code: str, at: Moment) -> Resource:
    made: Resource = {
        "resourceType": "Encounter", "id": visit.visit, "meta": {"lastUpdated": _time(at)},
        "identifier": [{"system": visit.patient.ids[0][0], "value": visit.visit}], "status": status,
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "EMER" if visit.emergency else "IMP"},
        "subject": {"reference": f"Patient/p{visit.patient.ids[0][1]}"},
        "serviceType": {"coding": [{"code": "PAL" if visit.expected else stay.unit}]},
        "participant": [_participant(s, role) for s, role in _participants(visit, stay)],
        "period": {"start": _time(visit.arrives), **({"end": _time(visit.ends)} if status == "finished" else {})},
        "location": [{"location": {"reference": f"Location/{stay.unit}", "display": stay.unit},
                      "period": {"start": _time(stay.begins)}}],
    }  # fmt: skip
    if code:
        made["hospitalization"] = {"dischargeDisposition": {"coding": [{"system": DISPOSITION, "code": code}]}}
    return made


def _participants(visit: Encounter, stay: Stay) -> Iterator[tuple[Staff, str]]:
    yield stay.attending, "ATND"
    yield visit.admitting, "ADM"
    if visit.consulting:
        yield visit.consulting, "CON"
    yield from ((s, "SPRF") for s in visit.in_roles)


def _participant(who: Staff, role: str) -> Resource:
    return {"type": [{"coding": [{"system": ROLE, "code": role}]}], "individual": _reference(who)}


def _reference(who: Staff) -> Resource:
    system, number = next((pair for pair in who.ids if pair[0] == SECOND_STAFF), who.ids[0])
    return {"reference": f"Practitioner/{who.staff}", "identifier": {"system": system, "value": number}}


def _practitioner(who: Staff) -> Resource:
    listed = [{"system": authority, "value": number} for authority, number in who.ids]
    return {"resourceType": "Practitioner", "id": who.staff, "identifier": listed, "name": [{"text": who.name}]}


def _acted(visit: Encounter, act: Act) -> list[Resource]:
    about = {"subject": {"reference": f"Patient/p{visit.patient.ids[0][1]}"}, "status": "final"}
    link = {"reference": f"Encounter/{visit.visit}"}
    one, many = {"actor": _reference(act.staff)}, [_reference(act.staff)]
    made: Resource
    if act.how == "gave medication":
        made = {"resourceType": "MedicationAdministration", **about, "status": "completed", "context": link}
        made |= {"effectiveDateTime": _time(act.at), "performer": [one]}
    elif act.how in ("did CPR", "intubated"):
        made = {"resourceType": "Procedure", **about, "status": "completed", "encounter": link, "performer": [one]}
        made |= {"performedDateTime": _time(act.at), "code": {"text": act.how}}
    else:
        made = {"resourceType": "Observation", **about, "encounter": link, "performer": many}
        made |= {"effectiveDateTime": _time(act.at), "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]}}
    return [_encounter(visit, visit.at(act.at), "in-progress", "", act.at), made, _practitioner(act.staff)]
