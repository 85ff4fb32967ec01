"""What a Patient, an Encounter or a result says of a death: signs and a time, never what stood there."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import tzinfo

from aftercall.inside.feeds.fhir.moments import is_said_unknown, partial, time_in
from aftercall.inside.feeds.fhir.shapes import Coding, Concept, Condition, Deed, Encounter, Meta, Patient
from aftercall.inside.feeds.site import DEATH_RESULTS, NO, YES, Site, bare
from aftercall.inside.feeds.site import is_death_diagnosis as icd_of_death
from aftercall.inside.feeds.times import Time
from aftercall.inside.road.notice import DEAD, Sign

DECEASED = "Patient.deceased"
DISPOSITION = "Encounter.dischargeDisposition"
RESULT = "Observation.code"
DIAGNOSIS = "Condition.code"
CERTIFICATE = "Observation.valueDateTime"
VOIDED = frozenset({"entered-in-error"})

_NUBC = re.compile(r"nubc|ub-?0?4|ub-?92|dischargestatus|2\.16\.840\.1\.113883\.6\.301", re.IGNORECASE)
_NUBC_DEAD = frozenset({"20", "40", "41", "42"})
_DEAD_WORD = re.compile(r"\b(expired|died|dead|deceased|death)\b", re.IGNORECASE)
_EXPECTED = re.compile(r"hospice|palliati|comfort[ -]care|comfort measures|end[ -]of[ -]life", re.IGNORECASE)
_EXPECTED_CODES = frozenset({"385763009", "103735009", "385736008", "133918004", "305284002", "305911006"})
"""SNOMED CT: hospice care, palliative care, dying care, comfort measures, admission to palliative care, to hospice."""


DEATH_CONDITIONS = frozenset({"419620001", "419099009", "397709008"})  # SNOMED CT: death, dead, patient died
_NOT_NOW = frozenset({"entered-in-error", "refuted", "inactive", "remission", "resolved"})


@dataclass(frozen=True)
class Told:
    """The signs of one resource, the time of death where one was given, and where a time could not be read."""

    signs: tuple[Sign, ...] = ()
    died: Time | None = None
    unreadable: str = ""

    @property
    def is_dead(self) -> bool:
        return any(sign.value in DEAD for sign in self.signs)

    def also(self, signs: Iterable[Sign], died: Time | None = None) -> "Told":
        return replace(self, signs=tuple(dict.fromkeys((*self.signs, *signs))), died=self.died or died)


def told_by_patient(patient: Patient, zone: tzinfo) -> Told:
    """A time that can't be read, or lies before the birth, is a weak mark: somebody has to look."""
    signs, died, unreadable = [], None, ""
    word = str(patient.deceased_boolean).strip().casefold() if patient.deceased_boolean is not None else ""
    if word in YES or word in NO:
        signs.append(Sign(DECEASED, "yes" if word in YES else "no"))
    elif word:
        unreadable = "deceasedBoolean"
    if (patient.deceased_date_time or "").strip():
        died = time_in(patient.deceased_date_time, zone)
        born = time_in(patient.birth_date, zone)
        if died is None or (born and died.last < born.first):
            died, unreadable = None, "deceasedDateTime"
        else:
            signs.append(Sign(DECEASED, "day" if died.is_day or died.is_coarse else "time"))
    elif (parts := partial(patient.about_deceased, zone)) is not None:
        died = parts
        signs.append(Sign(DECEASED, "day" if died.is_day or died.is_coarse else "time"))
    elif is_said_unknown(patient.about_deceased):
        signs.append(Sign(DECEASED, "yes"))
    if unreadable and not signs:
        signs.append(Sign(DECEASED, "maybe"))
    return Told(tuple(signs), died, unreadable)


def told_by_encounter(encounter: Encounter, site: Site) -> Told:
    if encounter.status in VOIDED:
        return Told((Sign("visit", "void"),))
    said = next((one.discharge_disposition for one in (encounter.hospitalization, encounter.admission) if one), None)
    return Told((Sign(DISPOSITION, _disposition(said, site)),)) if said and (said.coding or said.text) else Told()


def _disposition(said: Concept, site: Site) -> str:
    codings = said.coding or []
    words = [word for c in codings for word in (str(c.code or ""), c.display or "") if word] + [said.text or ""]
    if any(_is_dead(coding) for coding in codings) or any(site.is_dead(word) for word in words if word):
        return "expired"
    return "maybe" if any(_DEAD_WORD.search(word) for word in words) else "other"


def _is_dead(coding: Coding) -> bool:
    code, system = bare(str(coding.code or "")), coding.system or ""
    if _NUBC.search(system):
        return code in _NUBC_DEAD
    return code == "exp" and (not system or "discharge-disposition" in system)


def is_death_result(deed: Deed) -> bool:
    return any(str(coding.code) in DEATH_RESULTS for coding in (deed.code.coding if deed.code else None) or ())


def told_by_result(deed: Deed, zone: tzinfo, *, certified: bool) -> Told:
    """Only a certificate's own time of death counts; anywhere else a result is a weak mark."""
    if deed.status in VOIDED:
        return Told((Sign("document", "void"),))
    died = time_in(deed.value_date_time, zone) or partial(deed.about_value, zone)
    if not certified:
        return Told((Sign(RESULT, "maybe"),), died)
    if not any(str(coding.code) == "81956-5" for coding in (deed.code.coding if deed.code else None) or ()):
        return Told()
    value = "yes" if died is None else "day" if died.is_day or died.is_coarse else "time"
    return Told((Sign(CERTIFICATE, value),), died)


def is_death_diagnosis(condition: Condition) -> bool:
    """As DG1-3 in HL7 v2: a code that means, or nearly means, a death."""
    return any(
        str(coding.code or "") in DEATH_CONDITIONS if "snomed" in (coding.system or "") else _is_icd_of_death(coding)
        for coding in (condition.code.coding if condition.code else None) or ()
    )


def _is_icd_of_death(coding: Coding) -> bool:
    return "icd" in (coding.system or "").casefold() and icd_of_death(str(coding.code or ""))


def told_by_diagnosis(condition: Condition) -> Told:
    """Weak; one that was taken back, refuted, or is of former times says so no longer."""
    states = (condition.verification_status, condition.clinical_status)
    codes = {str(coding.code or "") for state in states if state for coding in state.coding or ()}
    return Told((Sign(DIAGNOSIS, "other" if codes & _NOT_NOW else "maybe"),))


def is_expected(concepts: Iterable[Concept | None], site: Site, *texts: str | None) -> bool:
    """A hospice or palliative service, by this site's list or by what it is called."""
    words = [text for text in texts if text]
    for concept in concepts:
        for coding in (concept.coding if concept else None) or ():
            words += [word for word in (str(coding.code or ""), coding.display or "") if word]
        words += [concept.text] if concept and concept.text else []
    return any(word in _EXPECTED_CODES or site.is_expected(word) or _EXPECTED.search(word) for word in words)


def is_test(metas: Iterable[Meta | None]) -> bool:
    """Tagged as made for a test (v3-ActReason HTEST)."""
    return any(coding.code == "HTEST" for meta in metas if meta for coding in (*(meta.tag or ()), *(meta.security or ())))
