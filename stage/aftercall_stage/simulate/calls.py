"""Ambulance calls: who came, whether it was hard, who died with the crew, and whom they brought to the hospital."""

import random
from collections.abc import Iterator
from datetime import timedelta

from aftercall.words import Moment
from aftercall_stage.simulate.people import AMBULANCES, Rota, name
from aftercall_stage.simulate.truth import Encounter, Patient, Run

BROUGHT = {"ED": 0.25, "RES": 0.7, "S-ED": 0.2}
AT_SCENE = 0.02  # deaths with the crew, as a share of visits
NEVER_BROUGHT = 0.05  # calls that end at the scene with everybody alive


def calls(rng: random.Random, visits: list[Encounter], rota: Rota, start: Moment, days: int) -> Iterator[Run]:
    """Every call of these days, in no order."""
    number = 0
    for visit in visits:
        unit = visit.stays[0].unit
        if rng.random() < BROUGHT.get(unit, 0):
            number += 1
            yield _brought(rng, f"R{number:06}", visit, rota)
    for share, dies in ((AT_SCENE, True), (NEVER_BROUGHT, False)):
        for _ in range(round(share * len(visits))):
            number += 1
            yield _at_scene(rng, f"R{number:06}", start + timedelta(seconds=rng.randint(0, days * 86400)), rota, dies)


def _brought(rng: random.Random, key: str, visit: Encounter, rota: Rota) -> Run:
    """A patient who is alive when the crew hands them over; one of five in the resuscitation room had an arrest before."""
    ends = visit.arrives
    begins = ends - timedelta(minutes=rng.randint(25, 70))
    arrest = visit.stays[0].unit == "RES" and rng.random() < 0.2
    unit = rng.choice(AMBULANCES).unit
    crew = rota.working(unit, begins)
    return Run(key, visit.patient, unit, crew, begins, ends, arrest, arrest, None, visit.key, visit.died)


def _at_scene(rng: random.Random, key: str, begins: Moment, rota: Rota, dies: bool) -> Run:
    unit = rng.choice(AMBULANCES).unit
    age = rng.randint(1, 90) * 365
    born = (begins - timedelta(days=age)).replace(hour=0, minute=0, second=0)
    patient = Patient((("AMBULANCE", key),), *name(rng), born, rng.choice("FM"))
    ends = begins + timedelta(minutes=rng.randint(40, 110))
    died = begins + timedelta(seconds=rng.randint(900, 2300)) if dies else None
    return Run(key, patient, unit, rota.working(unit, begins), begins, ends, dies, False, died, "", None)
