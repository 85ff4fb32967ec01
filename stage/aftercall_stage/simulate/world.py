"""One seed, one world: first who lived and died and who was there, then what the feeds made of it."""

import random
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from aftercall.words import Moment
from aftercall_stage.simulate import adt, bedside, calls, epcr, faulty, fhir, honest, life, people, wire
from aftercall_stage.simulate.rates import CONFLICTS, OF_DEATHS, OF_RUNS, OF_THE_LIVING, Rates, one_of
from aftercall_stage.simulate.strangers import MANNEQUINS, strangers
from aftercall_stage.simulate.truth import Encounter, Label, Plan, Run, Told

START = datetime(2026, 3, 2, 5, tzinfo=UTC)  # a Monday, eight in the morning in Kisumu
A_DAY = 150  # visits, when nobody says for how many days
AFTER = 16  # days of rota after the last arrival


@dataclass(frozen=True)
class World:
    """Everything that was made. The stream is what a product may see; labels and plans are for the marker."""

    seed: int
    start: Moment
    lists: dict[str, str]  # staff.csv, units.csv, rota.csv
    addresses: dict[str, str]  # phone or mail -> staff
    labels: tuple[Label, ...]
    plans: tuple[Plan, ...]
    stream: tuple[Told, ...]
    mannequins: tuple[str, ...] = MANNEQUINS


def simulate(
    seed: int,
    encounters: int = 10_000,
    days: int | None = None,
    rates: Rates | None = None,
    start: Moment = START,
    swaps: float = 0.10,
) -> World:
    """The same arguments give the same bytes. Labels depend on nothing in `rates`."""
    days, rates = days or max(1, round(encounters / A_DAY)), rates or Rates()
    hospital = people.hire(_chance(seed, "people"))
    rota = people.roster(_chance(seed, "rota"), hospital, start, days + AFTER, swaps)
    visits = [life.consulted(_chance(seed, v.key), v) for v in _visits(seed, hospital, rota, start, days, encounters)]
    runs = list(calls.calls(_chance(seed, "calls"), visits, rota, start, days))
    labels = (*(bedside.label(v, rota) for v in visits), *(bedside.run_label(r) for r in runs))
    faults, stream = _tell(seed, rates, visits, runs)
    addresses = {s.phone or s.mail: s.staff for s in hospital.staff if s.enrolled}
    return World(seed, start, people.lists(hospital, rota), addresses, labels, _plans(labels, faults, stream), stream)


def _chance(seed: int, purpose: str) -> random.Random:
    """Its own randomness for each purpose, so that a fault moves nothing else."""
    return random.Random(f"{seed}|{purpose}")


def _visits(seed: int, hospital: people.Hospital, rota: people.Rota, start: Moment, days: int, count: int) -> list[Encounter]:
    return list(life.Life(_chance(seed, "life"), hospital, rota).visits(start, days, count))


def _tell(seed: int, rates: Rates, visits: list[Encounter], runs: list[Run]) -> tuple[dict[str, str], tuple[Told, ...]]:
    """The fault of each visit and call, and the whole stream in the order of arrival."""
    faults, drafts, told = {}, list[adt.Draft](), list[Told]()
    for visit in visits:
        fault = faults[visit.key] = one_of(_chance(seed, f"{visit.key}|fault"), rates, OF_DEATHS if visit.died else OF_THE_LIVING)
        if visit.second_hospital:
            told += fhir.tell(_chance(seed, f"{visit.key}|fhir"), visit, fault)
            faults[visit.key] = fault if fault in fhir.KNOWN else ""
            continue
        said = honest.honest(_chance(seed, f"{visit.key}|told"), visit)
        drafts += faulty.spoil(_chance(seed, f"{visit.key}|spoil"), fault, visit, said)
        twice = _chance(seed, f"{visit.key}|twice")
        if not fault and twice.random() < rates.by_fhir_too:
            told += fhir.tell(twice, visit, brief=True)
    for run in runs:
        faults[run.key] = one_of(_chance(seed, f"{run.key}|fault"), rates, OF_RUNS)
        told += epcr.tell(_chance(seed, f"{run.key}|told"), run, faults[run.key])
    for some in strangers(_chance(seed, "strangers"), rates, visits):
        drafts += some
        faults[some[0].about] = some[0].faults[0]
    told += wire.carry(_chance(seed, "wire"), rates, drafts)
    return faults, tuple(sorted(told, key=lambda t: t.at))


def _plans(labels: tuple[Label, ...], faults: dict[str, str], stream: tuple[Told, ...]) -> tuple[Plan, ...]:
    """What may fairly be asked, from the truth and from when the feeds really said it."""
    truth = {label.key: label for label in labels}
    said: dict[tuple[str, str], list[Moment]] = defaultdict(list)
    for told in stream:
        if "replayed" not in told.faults:
            for key, tells in zip(told.about, told.tells, strict=True):
                said[key, tells].append(told.at)
    return tuple(_plan(key, truth.get(key), fault, said) for key, fault in faults.items())


def _plan(key: str, label: Label | None, fault: str, said: dict[tuple[str, str], list[Moment]]) -> Plan:
    dead, alive = said.get((key, "dead"), []), said.get((key, "alive"), [])
    plan = Plan(key, _want(label, fault), fault, min(dead, default=None), min(alive, default=None))
    if plan.told_at and plan.taken_back:
        return replace(plan, in_time=plan.taken_back - plan.told_at < timedelta(seconds=faulty.SETTLE - 2))
    return plan


def _want(label: Label | None, fault: str) -> str:
    if label is None or (label.died is None and not label.hard):
        return "held" if label and fault in CONFLICTS else "never"
    if fault in CONFLICTS:
        return "held"
    if fault == "very_late":
        return "late"
    return "quiet" if label.expected else "ring"
