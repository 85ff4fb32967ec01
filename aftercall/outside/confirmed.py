"""What only a human can look at, and on which day they did: each number dialled, and where the data folder lies.

A file beside the database, written by whoever runs `aftercall doctor outside`; the half itself only reads it.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path

from aftercall import whole
from aftercall.config import Outside, Wrong
from aftercall.watch.findings import BROKEN, LOOK, OK, Finding

NAME = "confirmed.json"
DIALLED, QUARTER, SOON = timedelta(days=90), timedelta(days=92), timedelta(days=14)
VOLUME = (
    "Does it lie on a volume outside machine snapshots, or under a key they don't hold? Then somebody who knows says so: "
    '`aftercall doctor outside --volume "THEIR NAME"`. Until then the page of promises says less.'
)


@dataclass(frozen=True)
class Confirmed:
    """Days as 2026-11-30. `volume`: by whom (DECISIONS 19)."""

    dialled: dict[str, str] = field(default_factory=dict)
    volume: str = ""
    volume_on: str = ""


def read(folder: Path) -> Confirmed:
    """Nothing, where there is no such file or it can't be read: what is not known is not confirmed."""
    try:
        return Confirmed(**json.loads((folder / NAME).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return Confirmed()


def _write(folder: Path, new: Confirmed) -> None:
    whole.write(folder / NAME, json.dumps(asdict(new), ensure_ascii=False, indent=1).encode())


def numbers(s: Outside) -> dict[str, str]:
    """Every number that a page shows to somebody in need: bare, and as it is shown, with its name."""
    shown = [("the duty phone", s.duty_tel), *((line["name"], line["tel"]) for line in s.lines)]
    return {bare(tel): f"{tel} ({name})" for name, tel in shown if tel}


def bare(tel: str) -> str:
    return re.sub(r"[^0-9+]", "", tel)


def dial(s: Outside, tel: str, today: date) -> str:
    """Somebody has dialled it today and reached whom the page promises. Raises Wrong for a number that no page shows."""
    known = numbers(s)
    if bare(tel) not in known:
        raise Wrong(f"--dialled {tel}: no page shows this number. Those that are shown: {', '.join(known.values())}")
    have = read(s.data)
    _write(s.data, Confirmed({**have.dialled, bare(tel): today.isoformat()}, have.volume, have.volume_on))
    return known[bare(tel)]


def stand_for(s: Outside, name: str, today: date) -> None:
    """A named person has looked where the data folder lies. Raises Wrong without a name."""
    if len(name.strip()) < 3:
        raise Wrong("--volume: give the name of the person who has looked")
    _write(s.data, Confirmed(read(s.data).dialled, name.strip()[:80], today.isoformat()))


def stands_apart(folder: Path, today: date) -> bool:
    """Has a named person looked within the quarter? Else the page of promises says less (DECISIONS 19)."""
    try:
        return timedelta(0) <= today - date.fromisoformat(read(folder).volume_on) <= QUARTER
    except ValueError:
        return False


def dialled(s: Outside, today: date) -> dict[str, Finding]:
    """Of each number that a page shows, how long ago somebody dialled it."""
    have, found = read(s.data).dialled, dict[str, Finding]()
    for tel, shown in numbers(s).items():
        do = f"Dial it, hear who answers, then: aftercall doctor outside --dialled {tel}"
        found[tel] = _since(f"number {tel}", have.get(tel, ""), today, DIALLED, (f"{shown} was dialled", f"dialled {shown}"), do)
    return found


def findings(s: Outside, today: date) -> Iterator[Finding]:
    have = read(s.data)
    yield from dialled(s, today).values()
    looked = (f"{have.volume} looked where it lies", "said where it lies")
    yield _since("data folder", have.volume_on, today, QUARTER, looked, VOLUME)


def _since(what: str, on: str, today: date, good: timedelta, did: tuple[str, str], do: str) -> Finding:
    """`did`: what somebody did, and what nobody did where no day is known."""
    try:
        ago = today - date.fromisoformat(on)
    except ValueError:
        return Finding(what, BROKEN, f"nobody has {did[1]} yet", do)
    state = OK if ago <= good - SOON else LOOK if ago <= good else BROKEN
    return Finding(what, state, f"{did[0]} {ago.days} days ago", "" if state == OK else do)
