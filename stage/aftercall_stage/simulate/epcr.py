"""Write NEMSIS 3.5 reports as an ambulance service exports them: with the crew, and again when the outcome is known."""

import random
from datetime import timedelta
from uuid import UUID

from lxml import etree

from aftercall.words import Moment
from aftercall_stage.simulate.people import AGENCY
from aftercall_stage.simulate.truth import ZONE, Patient, Run, Staff, Told

SPACE = "http://www.nemsis.org"
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_NAMES = {None: SPACE, "xsi": "http://www.w3.org/2001/XMLSchema-instance"}
SOURCE = "ambulance"
LEVEL = {"paramedic": "9925007", "EMT": "9925005", "driver": "9925023"}
TASK = {"paramedic": "2403001", "EMT": "2403003", "driver": "2403005"}


def tell(rng: random.Random, run: Run, fault: str) -> list[Told]:
    """The report, once or twice under one UUID."""
    name = str(UUID(int=rng.getrandbits(128), version=4))
    tried = rng.random() < 0.7
    first = run.ends + timedelta(minutes=rng.randint(15, 120))
    said = "dead" if run.died or run.hard else ""
    told = [_told(run, first, _report(run, name, tried, fault == "no_crew", ""), said, fault)]
    if fault == "outcome_later" and run.encounter:
        later = first + timedelta(hours=rng.uniform(3, 60))
        outcome = "20" if run.died_later and run.died_later < later else "09"
        told.append(_told(run, later, _report(run, name, tried, False, outcome), "", fault))
    return told


def _told(run: Run, at: Moment, body: bytes, tells: str, fault: str) -> Told:
    return Told(at.replace(microsecond=0), SOURCE, "nemsis", body, (run.key,), (tells,), (fault,) if fault else ())


class _Part:
    """One element that is filled line by line, in the schema's order."""

    def __init__(self, element: etree._Element) -> None:
        self.element = element

    def add(self, name: str, text: str = "") -> "_Part":
        child = etree.SubElement(self.element, f"{{{SPACE}}}{name}")
        child.text = text or None
        return _Part(child)

    def fill(self, **values: str) -> "_Part":
        """n01="..." becomes <section.01>; an empty value is nil, not recorded."""
        section = str(etree.QName(self.element).localname).partition(".")[0]
        for number, value in values.items():
            child = self.add(f"{section}.{number[1:3]}", value)
            if not value:
                child.element.set(NIL, "true")
                child.element.set("NV", "7701003")
        return self


def _report(run: Run, name: str, tried: bool, national: bool, outcome: str) -> bytes:
    root = etree.Element(f"{{{SPACE}}}EMSDataSet", nsmap=_NAMES)  # type: ignore[arg-type]  # the stubs know no default namespace
    header = _Part(root).add("Header")
    header.add("DemographicGroup").add("dAgency.01", "0417").element.addnext(_sibling("dAgency.02", AGENCY))
    record = header.add("PatientCareReport")
    record.element.set("UUID", name)
    record.add("eRecord").fill(n01=f"PCR-{run.key}")
    response = record.add("eResponse")
    response.add("eResponse.AgencyGroup").fill(n01=AGENCY, n02="Lakeside Ambulance")
    response.fill(n03=f"INC-{run.key}", n04=f"{AGENCY}-{run.key}", n13=run.unit, n14=run.unit)
    if not national:
        _crew(record.add("eCrew"), run.crew)
    _times(record.add("eTimes"), run)
    _patient(record.add("ePatient"), run.patient, run.begins, national)
    record.add("eScene").fill(n01="9923003", n07="9923001")
    record.add("eSituation").fill(n11="I46.9" if run.arrest else "R07.4", n13=_acuity(run, tried))
    _arrest(record.add("eArrest"), run, tried)
    _procedures(record.add("eProcedures"), run, tried, national)
    _disposition(record.add("eDisposition"), run, tried)
    record.add("eOutcome").fill(n01="", n02=outcome)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _sibling(name: str, text: str) -> etree._Element:
    made = etree.Element(f"{{{SPACE}}}{name}")
    made.text = text
    return made


def _crew(part: _Part, crew: tuple[Staff, ...]) -> None:
    for one in crew:
        part.add("eCrew.CrewGroup").fill(n01=one.ids[0][1], n02=LEVEL[one.role], n03=TASK[one.role])


def _times(part: _Part, run: Run) -> None:
    brought = bool(run.encounter)
    there = run.begins + timedelta(minutes=9)
    part.fill(
        n01=_time(run.begins), n03=_time(run.begins), n05=_time(run.begins + timedelta(minutes=1)), n06=_time(there),
        n07=_time(there + timedelta(minutes=2)), n09=_time(run.ends - timedelta(minutes=10)) if brought else "",
        n11=_time(run.ends) if brought else "", n12=_time(run.ends) if brought else "",
        n13=_time(run.ends + timedelta(minutes=12)),
    )  # fmt: skip


def _patient(part: _Part, who: Patient, at: Moment, national: bool) -> None:
    if not national:
        part.add("ePatient.PatientNameGroup").fill(n02=who.family, n03=who.given)
    part.fill(n13="9906001" if who.sex == "F" else "9906003")
    years = (at - who.born).days // 365
    part.add("ePatient.AgeGroup").fill(n15=str(max(1, years)), n16="2516009")
    part.fill(n17=f"{who.born:%Y-%m-%d}")


def _acuity(run: Run, tried: bool) -> str:
    return ("2813001" if tried else "2813007") if run.died else "2813001" if run.arrest else "2813005"


def _arrest(part: _Part, run: Run, tried: bool) -> None:
    if not run.arrest:
        part.fill(n01="3001001")
    elif run.died:
        when = _time(run.died)
        part.fill(n01="3001003", n03="3003005" if tried else "3003007", n12="3012001", n14=_time(run.begins))
        part.fill(n15=when if tried else "", n16="3016009" if tried else "3016005", n18="3018003")
    else:
        part.fill(n01="3001005", n03="3003005", n12="3012007", n14=_time(run.begins + timedelta(minutes=12)))
        part.fill(n15=_time(run.begins + timedelta(minutes=20)), n16="3016011", n18="3018007")


def _procedures(part: _Part, run: Run, tried: bool, national: bool) -> None:
    for code, who in zip(("89666000", "398041008") if run.arrest and tried else (), run.crew, strict=False):
        made = part.add("eProcedures.ProcedureGroup").fill(n01=_time(run.begins + timedelta(minutes=12)), n03=code)
        made.fill(**({} if national else {"n09": who.ids[0][1]}))


def _disposition(part: _Part, run: Run, tried: bool) -> None:
    moved = "4230001" if run.encounter else "4230013"
    part.add("eDisposition.IncidentDispositionGroup").fill(n27="4227001", n28="4228001", n29="4229001", n30=moved)
    dead = "4219009" if tried else "4219007"
    part.fill(n19=dead if run.died else "4219001" if run.arrest else "4219005")
    if run.encounter:
        part.add("eDisposition.DestinationGroup").fill(n01="Kisumu", n02="0001")


def _time(at: Moment) -> str:
    return at.astimezone(ZONE).isoformat(timespec="seconds")
