"""Messages about nobody who dies here: training, mannequins, deaths of last year, deaths at home. They may ring nobody."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from aftercall.words import Moment
from aftercall_stage.simulate.adt import HOUSE, Draft, when
from aftercall_stage.simulate.honest import dead, message
from aftercall_stage.simulate.people import name
from aftercall_stage.simulate.rates import STRANGERS, Rates
from aftercall_stage.simulate.truth import Encounter, Patient, Stay

MANNEQUINS = ("999001", "999002", "KISUMU:999003")
"""As the hospital's settings list them."""


def strangers(rng: random.Random, rates: Rates, visits: list[Encounter]) -> Iterator[list[Draft]]:
    """As many of each kind as the rates say, spread over the visits' time; each stranger's drafts are one list."""
    here = [v for v in visits if not v.second_hospital]
    number = 0
    for kind in STRANGERS:
        for _ in range(round(getattr(rates, kind) * len(visits))):
            number += 1
            like = rng.choice(here)
            at = like.arrives + timedelta(minutes=rng.randint(1, 600))
            made = _MAKERS[kind](rng, _stranger(rng, f"X{number:06}-{kind}", like, at))
            yield [replace(d, faults=(kind,), tells="dead" if d.pid.get(30) == "Y" or d.pid.get(29) else "") for d in made]


def _stranger(rng: random.Random, key: str, like: Encounter, at: Moment) -> Encounter:
    """A visit that never was, in the shape of a real one."""
    patient = Patient(((HOUSE, f"7{key[1:7]}"),), *name(rng), like.patient.born, rng.choice("FM"))
    stay = Stay(like.stays[-1].unit, at - timedelta(hours=4), at, like.stays[-1].attending)
    return replace(
        like, key=key, patient=patient, visit=f"V7{key[1:7]}", stays=(stay,), acts=(), in_roles=(), died=at, expected=False
    )


def training(rng: random.Random, visit: Encounter) -> Iterator[Draft]:
    yield replace(dead(visit, visit.ends + timedelta(minutes=2), "A03"), processing=rng.choice("TD"))


def mannequin(rng: random.Random, visit: Encounter) -> Iterator[Draft]:
    """Dead in every message, even on coming."""
    patient = replace(visit.patient, ids=((HOUSE, rng.choice(MANNEQUINS).rpartition(":")[2]),))
    visit = replace(visit, patient=patient)
    for minutes, trigger in ((-200, "A01"), (-100, "A08"), (3, "A03")):
        yield dead(visit, visit.ends + timedelta(minutes=minutes), trigger)


def historic(rng: random.Random, visit: Encounter) -> Iterator[Draft]:
    """The registry's clean-up: died months ago, entered today."""
    died = visit.ends - timedelta(days=rng.randint(20, 900))
    trigger = rng.choice(("A31", "A28", "A08"))
    draft = message(visit, visit.ends, trigger, visit.stays[0]).with_pid({29: when(died)[: rng.choice((8, 12, 14))], 30: "Y"})
    if trigger == "A08" and rng.random() < 0.5:
        left = died - timedelta(days=3)
        yield draft.with_pv1({44: when(left - timedelta(days=5)), 45: when(left)})
    else:
        yield replace(draft, pv1=None, more=())


def outside(rng: random.Random, visit: Encounter) -> Iterator[Draft]:
    """Died at home yesterday; nobody of ours was there."""
    died = visit.ends - timedelta(hours=rng.randint(8, 60))
    draft = message(visit, visit.ends, "A31", visit.stays[0]).with_pid({29: when(died), 30: "Y"})
    yield replace(draft, pv1={1: "1", 2: "N"} if rng.random() < 0.5 else None, more=())


_MAKERS = {one.__name__: one for one in (training, mannequin, historic, outside)}
