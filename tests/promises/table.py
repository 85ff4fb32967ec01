"""The table of `make promises`: each promise, its tests, the leaks planted for them, and whether each was caught."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

PROMISES = {
    "P1": "No message can be read from our disks",
    "P2": "Nothing links your name to use",
    "P3": "Two requests of yours cannot be tied together",
    "P4": "The size tells nothing",
    "P5": "Answers stay on your phone",
    "P6": "Your boss sees only the page",
    "P7": "Deleted is gone",
    "P8": "A false peer key is refused",
    "P9": "We keep no addresses",
    "P10": "The notice says nothing",
    "P11": "The same offer to all",
    "P12": "Leaders' numbers hide you",
    "P13": "Times tell little",
    "P14": "The page is the published page",
    "P15": "It still answers",
    "DECISIONS 13": "Nothing moves when you ask",
}
ELSEWHERE = {  # tests that say it in no file of their own name
    "promises/test_on_postgres.py": ("P1", "P2", "P4", "P9"),
    "promises/test_browser_side.py": ("P3", "P4", "P8"),
    "promises/test_nothing_moves.py": ("DECISIONS 13",),
    "house/test_release.py": ("P14",),
}
Leak = tuple[str, str, str]  # promise, leak, and in which words it was named; "" is not caught


@dataclass
class Line:
    """Of one promise."""

    passed: int = 0
    failed: int = 0
    files: set[str] = field(default_factory=set)
    leaks: list[tuple[str, str]] = field(default_factory=list)


def promises_of(nodeid: str) -> tuple[str, ...]:
    """Of a test, by the name of its file."""
    if named := re.search(r"promises/test_(p\d+)_", nodeid):
        return (named[1].upper(),)
    return next((these for file, these in ELSEWHERE.items() if file in nodeid), ())


def lines(tests: Iterable[tuple[str, bool]], leaks: Iterable[Leak]) -> dict[str, Line]:
    """`tests`: the id of each that was run, and whether it passed."""
    found = defaultdict[str, Line](Line) | {promise: Line() for promise in PROMISES}
    for nodeid, passed in tests:
        for promise in promises_of(nodeid):
            found[promise].passed += passed
            found[promise].failed += not passed
            found[promise].files.add(nodeid.partition("::")[0].rpartition("/")[2])
    for promise, leak, named in leaks:
        found[promise].leaks.append((leak, named))
    return found


def wrong(these: dict[str, Line]) -> Iterator[str]:
    """Why this is no proof; nothing is well."""
    for promise, line in these.items():
        if not line.passed + line.failed:
            yield f"{promise} has no test"
        if line.failed:
            yield f"{promise}: {line.failed} of its tests failed"
        if not line.leaks:
            yield f"{promise} has no planted leak: a check that can't fail doesn't count"
        yield from (f"{promise}: not caught: {leak}" for leak, named in line.leaks if not named)


def shown(these: dict[str, Line], width: int = 132) -> Iterator[str]:
    for promise, line in these.items():
        counted = f"{line.passed} passed" + (f", {line.failed} FAILED" if line.failed else "")
        yield f"{promise:4} {PROMISES.get(promise, '')}: {counted} ({', '.join(sorted(line.files)) or 'NO TEST'})"
        for leak, named in line.leaks or [("NONE", "")]:
            yield f"     {leak[:58]:58} {'caught: ' + named if named else 'NOT CAUGHT'}"[:width]
