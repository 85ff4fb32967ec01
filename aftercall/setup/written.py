"""The settings file: what was asked with its meaning, what was not asked as a comment that names where it is explained."""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from inspect import get_annotations
from textwrap import wrap
from typing import Any

from aftercall.config import Inside, Outside, Providers, Settings, default_of, toml

WHERE = {Providers: "Providers", Settings: "Both", Inside: "The hospital's half (inside)", Outside: "The care half (outside)"}
"""The heading of docs/running.md under which the settings of a class are explained."""


def text(kind: type[Settings], given: Mapping[str, Any]) -> str:
    """`given`: values by the names of settings."""
    half = kind.__name__.lower()
    return "\n".join(
        [
            f"# {(kind.__doc__ or '').strip()} Made by `aftercall {half} --setup`.",
            f"# Change what you like, then: aftercall doctor {half} --config THIS_FILE. It is read at each start.",
            "# Passwords stand here: nobody but this half's user should be able to read it.",
            "",
            *_asked(kind, given),
            "# Not asked, and as they are without a word from you. Take the # away to change one.",
            f"# `aftercall {half} --example` says what each means.",
            *_others(kind, given),
            "",
        ]
    )


def _asked(kind: type[Settings], given: Mapping[str, Any]) -> Iterator[str]:
    known = {f.name: f for f in fields(kind)}
    for name, value in given.items():
        default = default_of(known[name]) if name in known else MISSING
        meaning = known[name].metadata["meaning"] if name in known else "No setting of this half."
        usual = "Must be given." if default is MISSING else f"Default: {toml(default)}"
        yield from (f"# {line}" for line in wrap(f"{meaning} {usual}", 110))
        yield f"{name} = {toml(value)}"
        yield ""


def _others(kind: type[Settings], given: Mapping[str, Any]) -> Iterator[str]:
    homes = [base for base in reversed(kind.__mro__) if base in WHERE]
    for home in homes:
        names = [f for f in fields(kind) if f.name not in given and _home(kind, f.name) is home]
        if names:
            yield f"\n# docs/running.md, {WHERE[home]}:"
        for f in names:
            yield f"# {f.name} = {toml('' if (default := default_of(f)) is MISSING else default)}"


def _home(kind: type[Settings], name: str) -> type:
    """The class that has the last word on a setting."""
    return next(base for base in kind.__mro__ if name in get_annotations(base))
