"""What the law of a place says to a programme like this, as data with sources. None of it is advice: have counsel read it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


class NoPlace(Exception):
    """A place we have no pack for: says which there are."""


@dataclass(frozen=True)
class Pack:
    """A place's pack. Texts are by language; "en" is always there."""

    place: str
    name: Mapping[str, str]
    limits: Mapping[str, str]  # of confidentiality, as the page of promises shows them
    retention: Mapping[str, str]  # a sentence for the policy that is signed
    chat: str  # "counsel": counsel decides whether letters may be written at all; "no": they may not, so `chat = false`
    helplines: tuple[Mapping[str, str], ...]  # to be dialled before they stand anywhere
    sources: tuple[str, ...]
    counsel: str  # "have counsel read this", and what for
    statute: Mapping[str, str] = field(default_factory=dict)


def pack(place: str) -> Pack:
    """The pack of "kenya", "eu", "uk", "us", or a state as "us-az". Raises NoPlace."""
    country, _, state = place.lower().partition("-")
    path = FOLDER / f"{country}.toml"
    if not country.isalpha() or not path.is_file():
        raise NoPlace(f"place: there is no pack for {place!r}; there are {', '.join(names())}")
    given = tomllib.loads(path.read_text("utf-8"))
    states = given.pop("state", {})
    if state and state not in states:
        raise NoPlace(f"place: of {country} there is nothing for {state!r}; there are {', '.join(sorted(states))}")
    return _made(place, {**given, **states.get(state, {})})


def _made(place: str, given: dict[str, Any]) -> Pack:
    return Pack(place=place, **{**given, "helplines": tuple(given["helplines"]), "sources": tuple(given["sources"])})


def names() -> list[str]:
    """All there are."""
    found = []
    for path in sorted(FOLDER.glob("*.toml")):
        states = tomllib.loads(path.read_text("utf-8")).get("state", {})
        found += [path.stem, *(f"{path.stem}-{state}" for state in sorted(states))]
    return found


def said(texts: Mapping[str, str], language: str) -> tuple[str, str]:
    """The text in that language, else in English, and which it is."""
    return (texts[language], language) if language in texts else (texts["en"], "en")
