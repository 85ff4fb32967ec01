"""The rules of weight from their file, read whole or not at all, with rule and key named."""

import tomllib
from collections.abc import Mapping

from aftercall.inside.road.weight import FACTS, HUMAN, MOST, Rule
from aftercall.rota.rows import BadList

TEXTS = ("fact", "why", "source")
KEYS = (*TEXTS, "points", "human")
LONGEST = 300  # characters of a text


def read_rules(text: str, name: str = "weights.toml") -> tuple[Rule, ...]:
    """Raises BadList: which rule, which key, and what to write instead."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise BadList(f"{name}: {problem}") from None
    rules = given.pop("rule", None)
    if given or not isinstance(rules, list) or not rules:
        raise BadList(
            f"{name}: it holds [[rule]] and nothing else, at least one" + (f"; take out {', '.join(given)}" if given else "")
        )
    read = tuple(_rule(rule, f"{name}: rule {number}") for number, rule in enumerate(rules, start=1))
    facts = [rule.fact for rule in read]
    for number, fact in enumerate(facts, start=1):
        if fact in facts[: number - 1]:
            raise BadList(f'{name}: rule {number}, key fact: "{fact}" has a rule already; keep one of the two')
    if not {"death", "call"} & set(facts):
        raise BadList(f'{name}: no rule has the fact "death"; without it most losses weigh nothing and nobody is written to')
    return read


def _rule(given: object, where: str) -> Rule:
    if not isinstance(given, Mapping):
        raise BadList(f"{where}: write it under [[rule]], with {', '.join(KEYS)}")
    if unknown := sorted(set(given) - set(KEYS)):
        raise BadList(f"{where}, key {unknown[0]}: there is no such key; there are {', '.join(KEYS)}")
    fact, why, source = (_text(given.get(key), f"{where}, key {key}") for key in TEXTS)
    if fact not in FACTS:
        raise BadList(f'{where}, key fact: no feed says "{fact[:40]}"; there are {", ".join(sorted(FACTS))}')
    points, human = given.get("points"), given.get("human", False)
    if isinstance(points, bool) or not isinstance(points, int) or not -1 <= points <= HUMAN:
        raise BadList(f"{where}, key points: write -1 (no message), 0 (only shown), 1 or {MOST}, or {HUMAN} with human = true")
    if not isinstance(human, bool) or human != (points == HUMAN):
        raise BadList(f"{where}, key human: {HUMAN} points need human = true, because a person decides; others must not have it")
    return Rule(fact, points, why, source, human)


def _text(given: object, where: str) -> str:
    if not isinstance(given, str) or not given.strip() or len(given) > LONGEST:
        raise BadList(f'{where}: write a text in quotes, up to {LONGEST} characters, as in fact = "child"')
    return given.strip()
