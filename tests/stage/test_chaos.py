"""What the chaos checker is worth: a fault put into the running program is caught and named; without it the night is clean."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from aftercall_stage.chaos.fault import read
from aftercall_stage.chaos.nursery import Nursery
from aftercall_stage.chaos.plan import Ask, Death, Habit, Plan
from aftercall_stage.chaos.run import Order, run

SLEEP, ANSWER = Habit("sleeps"), Habit("answers", 10.5)
ALL_SLEEP = (SLEEP,) * 6
ONE_WAKES = (ANSWER, *ALL_SLEEP[1:])


def night(
    fault: str = "",
    deaths: tuple[Death, ...] = (),
    asks: tuple[Ask, ...] = (),
    peers: tuple[Habit, ...] = ALL_SLEEP,
    length: float = 240,
) -> Plan:
    return Plan(0, deaths, asks, peers, (read(fault),) if fault else (), length)


ASKS_AND_DIES = night("kill@outside.before-commit.ask:ask#1", asks=(Ask(5, "off"),))
TEXTS_AND_DIES = replace(night("kill@outside.before-commit.ask:ask#1"), texts=(5,))
ASKED_AND_DIES = night("kill@outside.after-commit.ask:ask#1", asks=(Ask(5, "off"),))
HEARS_AND_DIES = night("kill@inside.before-commit.hear:list#1", deaths=(Death(5),), length=100)
SENDS_AND_DIES = night("kill@inside.before-send.sms#1", deaths=(Death(5),), length=100)
NOBODY_ANSWERS = night(asks=(Ask(5, "off"),))
NO_ROAD_AT_FIRST = night("down@outside.sms#1+40", asks=(Ask(5, "off", wish=0),), peers=ONE_WAKES)
STOPPED = replace(night("kill@inside.after-commit.answer:stop#1", deaths=(Death(5),), length=100), stops=(10,))
TAKEN_BACK = night(deaths=(Death(5, back=15),), length=100)

CAUGHT = {
    "tells-first": (ASKS_AND_DIES, "nobody waits in silence"),
    "tells-first by text": (TEXTS_AND_DIES, "nobody waits in silence"),
    "tells-first inside": (HEARS_AND_DIES, "nothing acknowledged is lost"),
    "forgets": (ASKED_AND_DIES, "nobody waits in silence"),
    "marks-first": (SENDS_AND_DIES, "everyone who was there"),
    "early": (NOBODY_ANSWERS, "never before due"),
    "haunts": (NO_ROAD_AT_FIRST, "nobody rings after an answer"),
    "unstopped": (STOPPED, "a STOP is a stop"),
    "deaf": (TAKEN_BACK, "taken back is taken back"),
}


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    this = Nursery()
    yield this
    this.close()


@pytest.mark.parametrize("plant", CAUGHT)
def test_a_planted_fault_is_caught_and_named(plant: str, nursery: Nursery, tmp_path: Path) -> None:
    plan, name = CAUGHT[plant]
    verdict = run(Order(0, tmp_path / "night", plan=plan, plant=plant.split()[0]), nursery)
    assert name in {broken.name for broken in verdict.broken}


@pytest.mark.parametrize(
    "plan", [ASKS_AND_DIES, ASKED_AND_DIES, TEXTS_AND_DIES, SENDS_AND_DIES, NO_ROAD_AT_FIRST, STOPPED, TAKEN_BACK]
)
def test_the_same_night_without_it_is_clean(plan: Plan, nursery: Nursery, tmp_path: Path) -> None:
    verdict = run(Order(0, tmp_path / "night", plan=plan), nursery)
    assert verdict.broken == ()
    assert verdict.fired == tuple(map(str, plan.faults))
