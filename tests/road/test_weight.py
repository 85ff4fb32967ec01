"""How much a loss weighs, what a change of rules would have done, and that nobody is written to too often."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import aftercall.inside
from aftercall.inside.feeds.weights import read_rules
from aftercall.inside.road.offer import APART, SECOND, Quiet, key, may_tell, when
from aftercall.inside.road.weight import FACTS, Line, Past, Rule, preview, weigh
from aftercall.rota.rows import BadList
from aftercall.words import Moment

FILE = (Path(aftercall.inside.__file__).parent / "weights.toml").read_text("utf-8")
RULES = read_rules(FILE)
SUBSETS = st.frozensets(st.sampled_from(sorted(FACTS - {"call"})))


def points(*facts: str) -> int:
    return weigh(frozenset(facts), RULES).points


def test_the_file_that_is_shipped_has_a_rule_with_a_reason_and_a_source_for_every_fact() -> None:
    assert {rule.fact for rule in RULES} == FACTS
    assert all(rule.why.endswith(".") and rule.source for rule in RULES)


def test_a_child_a_young_patient_a_newborn_and_a_mother_are_triggers_and_no_score() -> None:
    assert points() == points("child", "young", "newborn", "maternal") == 1
    assert points("arrest", "child") == points("arrest") == 2


def test_an_expected_death_sends_nothing_and_its_facts_are_kept_for_a_preview() -> None:
    light = weigh(frozenset({"expected", "arrest"}), RULES)
    assert (light.points, light.human, set(light.rules)) == (0, False, {"death", "arrest", "expected"})
    assert light.reasons == ("The death was expected (palliative or hospice service).",)


@pytest.mark.parametrize("fact", ["crew death", "known to us", "suicide", "several dead"])
def test_three_is_a_humans_word_even_when_the_death_was_expected(fact: str) -> None:
    for facts in ({fact}, {fact, "expected"}, {fact, "call"}):
        heavy = weigh(frozenset(facts), RULES)
        assert (heavy.points, heavy.human) == (3, True)


def test_a_call_weighs_by_what_happened_in_it_and_knows_of_no_death() -> None:
    call = weigh(frozenset({"call", "arrest", "child"}), RULES)
    assert call == weigh(frozenset({"call", "arrest", "child", "death"}), RULES)
    assert (call.points, "death" in call.rules) == (2, False)
    assert not any("died" in reason for reason in call.reasons)


@given(SUBSETS)
def test_two_is_the_most_without_a_human_and_every_point_has_its_reason(facts: frozenset[str]) -> None:
    found = weigh(facts, RULES)
    assert found.points in ((3,) if found.human else (0, 1, 2))
    assert len(found.reasons) >= min(1, found.points)
    assert set(found.rules) <= facts | {"death"}
    assert weigh(facts, tuple(reversed(RULES))).points == found.points


ONE = '[[rule]]\nfact = "death"\npoints = 1\nwhy = "A patient died."\nsource = "us"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it holds [[rule]] and nothing else"),
        ("rule = 3", "it holds [[rule]]"),
        ("rule = [3]", "rule 1: write it under [[rule]]"),
        (ONE + "[settings]\na = 1\n", "take out settings"),
        (ONE + "[[rule", "weights.toml: "),
        (ONE + ONE, 'rule 2, key fact: "death" has a rule already'),
        (ONE.replace("death", "chidl"), 'rule 1, key fact: no feed says "chidl"; there are arrest, call, child'),
        (ONE.replace("death", "child"), 'no rule has the fact "death"'),
        (ONE + ONE.replace("death", "child").replace("= 1", "= 4"), "rule 2, key points: write -1"),
        (ONE.replace("= 1", "= true"), "rule 1, key points"),
        (ONE.replace("= 1", "= 3"), "rule 1, key human: 3 points need human = true"),
        (ONE + "human = true\n", "rule 1, key human"),
        (ONE + "weight = 1\n", "rule 1, key weight: there is no such key"),
        (ONE.replace('source = "us"\n', ""), "rule 1, key source: write a text in quotes"),
        (ONE.replace('"A patient died."', '""'), "rule 1, key why"),
    ],
)
def test_a_file_of_rules_that_is_wrong_says_which_rule_and_which_key(text: str, said: str) -> None:
    with pytest.raises(BadList) as problem:
        read_rules(text)
    assert said in str(problem.value)


def test_a_preview_counts_losses_and_messages_before_and_after_and_knows_no_people() -> None:
    past = [
        Past(("death",), 1, 4),
        Past(("death", "emergency"), 2, 6),
        Past(("death", "expected"), 0, 0),
        Past(("death", "child"), 1, 3),
    ]
    after = tuple(Rule(r.fact, 1, r.why, r.source) if r.fact == "child" else r for r in RULES if r.fact != "expected")
    seen = preview(past, RULES, after)
    assert seen.lines == (
        Line(0, (1, 0), (0, 0)),
        Line(1, (2, 2), (14, 8)),
        Line(2, (1, 2), (12, 18)),
        Line(3, (0, 0), (0, 0)),
    )
    assert (seen.uncounted, seen.cannot) == (1, ())
    same = preview(past, RULES, RULES)
    assert all(line.losses[0] == line.losses[1] and line.messages[0] == line.messages[1] for line in same.lines)


def test_a_rule_on_a_fact_that_was_not_kept_says_so() -> None:
    before = tuple(rule for rule in RULES if rule.fact != "maternal")
    after = (*before, Rule("maternal", 1, "A mother died.", "us"))
    seen = preview([Past(("death",), 1, 4)], before, after)
    assert [line.losses for line in seen.lines] == [(0, 0), (1, 1), (0, 0), (0, 0)]
    assert len(seen.cannot) == 1
    assert '"maternal" can\'t be previewed' in seen.cannot[0]


@dataclass
class Person:
    """One of the staff, and the rows that say what is still to come: the rules of offer.py and nothing else."""

    quiet: Quiet
    told: tuple[str, Moment] | None = None  # which offer, and until when no other
    waiting: dict[tuple[str, str], Moment] = field(default_factory=dict)
    tried: set[tuple[str, str]] = field(default_factory=set)
    sent: list[tuple[Moment, str]] = field(default_factory=list)

    def may_tell(self, event: str, again: bool, now: Moment) -> bool:
        new = may_tell(self.told, key(event, "amina", "offer"), again, now)
        self.told = new or self.told
        return new is not None

    def send(self, event: str, step: str, now: Moment, late: timedelta, at_work: bool) -> None:
        """Decided when it is tried, marked when it is out; the gateway may be away in between."""
        del self.waiting[event, step]
        if self.may_tell(event, (event, step) in self.tried, now):
            if late:
                self.tried.add((event, step))
                self.waiting[event, step] = now + late
                return
            self.sent.append((now, event))
        if step == "first":
            self.waiting[event, "day"] = when(now + SECOND, at_work, self.quiet)


def _month(seed: int) -> tuple[Person, list[Moment]]:
    """One person's month: losses at any time and in any order, on shift or not, taken back or not, a gateway that fails."""
    dice = random.Random(seed)
    begin = datetime(2026, dice.randint(1, 12), dice.randint(1, 28), dice.randint(0, 23), dice.randint(0, 59), tzinfo=UTC)
    zone = ZoneInfo(dice.choice(["Africa/Nairobi", "Europe/London", "America/New_York"]))
    person = Person(Quiet(time(22), time(7), zone))
    losses = [
        begin + timedelta(minutes=dice.choice([dice.randint(0, 40_000), dice.randint(0, 3_000)]))
        for _ in range(dice.randint(1, 12))
    ]
    dice.shuffle(losses)
    for number, died in enumerate(losses):
        person.waiting[f"e{number}", "first"] = when(
            died + timedelta(minutes=dice.randint(0, 60)), dice.random() < 0.5, person.quiet
        )
    while person.waiting:
        (event, step), due = min(person.waiting.items(), key=lambda one: (one[1], one[0]))
        if dice.random() < 0.05:
            del person.waiting[event, step]  # taken back
            continue
        late = timedelta(seconds=dice.choice([0, 0, 0, 10, 3600, 100_000]))
        person.send(event, step, due, late, dice.random() < 0.5)
    return person, losses


@settings(max_examples=500)
@given(st.integers(0, 2**32).map(lambda seed: range(seed, seed + 20)))  # ten thousand schedules
def test_one_offer_a_person_in_two_days_whatever_dies_in_whatever_order(seeds: range) -> None:
    for person, losses in map(_month, seeds):
        offers: dict[str, list[Moment]] = {}
        for moment, event in sorted(person.sent):
            offers.setdefault(event, []).append(moment)
        assert len(offers) <= len(losses)
        assert all(len(moments) <= 2 for moments in offers.values())  # the first and the one a day later
        begins = sorted(moments[0] for moments in offers.values())
        assert all(later - earlier >= APART for earlier, later in pairwise(begins))
