"""`--setup`: ask, look through, check, write one file that was not there, lay out what belongs to it, and say what is next."""

import logging
import shlex
import sys
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from shutil import which
from typing import Any, Generic, TypeVar

from aftercall import whole
from aftercall.config import Inside, Outside, Settings, Wrong, settled
from aftercall.inside import run as inside
from aftercall.inside import watch as inside_watch
from aftercall.outside import run as outside
from aftercall.outside import watch as outside_watch
from aftercall.setup import care, hospital
from aftercall.setup.asking import LEAVES, Terminal, ask_all, at_terminal, look_through, taken
from aftercall.setup.question import Answers, Question, settings_of
from aftercall.setup.written import text
from aftercall.watch.findings import OK, Finding, table

S = TypeVar("S", bound=Settings)


@dataclass(frozen=True)
class First(Generic[S]):
    """What a half has of its own in its first run."""

    kind: type[S]
    what: str
    questions: tuple[Question, ...]
    check: Callable[[S], None]
    found: Callable[[S], list[Finding]]
    lay_out: Callable[[S], list[Path]]
    then: Callable[[S, str, str, Answers], str]

    @property
    def half(self) -> str:
        return self.kind.__name__.lower()


INSIDE = First(
    Inside,
    "the hospital's half",
    hospital.QUESTIONS,
    inside.check_settings,
    lambda s: list(inside_watch.of_this_machine(s, datetime.now(UTC))),
    hospital.lay_out,
    lambda s, config, us, _: hospital.then(s, config, us),
)
OUTSIDE = First(
    Outside,
    "the care half",
    care.QUESTIONS,
    outside.check_settings,
    lambda s: list(outside_watch.of_this_machine(s, datetime.now(UTC))),
    lambda _: [],
    lambda s, config, us, answers: care.then(s, config, us, answers["code"]),
)


def set_up(first: First[S], config: Path | None, given: Mapping[str, Any] | None, say: Callable[[str], None]) -> None:
    """`given`: the answers from a file, else somebody is asked. Raises Wrong; then no settings were written."""
    path = config or Path(f"{first.half}.toml")
    if path.exists():
        say(there(first, path))
        return
    if given is None:
        answers, made = _talk(first, path, at_terminal())
    else:
        answers = taken(first.questions, given)
        made = _checked(first, path, _settings(first, answers, given))
    whole.new(path, made.encode())
    s = _read(first, path, made)
    s.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    say(f"\n{path} is written; nobody but this user can read it.")
    for fresh in first.lay_out(s):
        say(f"{fresh} is made, with its first line alone.")
    say(f"\nLeft to do, as `aftercall doctor {first.half}` sees it; the steps below do a part of it:")
    say(table(first.half, [one for one in first.found(s) if one.state != OK]))
    say(first.then(s, shlex.quote(str(path)), called(sys.argv[0]), answers))


def called(program: str) -> str:
    """How whoever reads this calls us."""
    return program if Path(program).name == "aftercall" and "/" in program and not which("aftercall") else "aftercall"


def there(first: First[S], path: Path) -> str:
    return (
        f"{path} is there already: nothing was asked, and nothing was changed.\n"
        f"To change a setting, edit it there; `aftercall {first.half} --example` says what each means. Then:\n"
        f"  aftercall doctor {first.half} --config {path}\n"
        "To answer all questions anew, move it away first."
    )


def _talk(first: First[S], path: Path, at: Terminal) -> tuple[Answers, str]:
    """Until the answers make settings with which the half would start."""
    at.say(f"A few questions for {first.what}; the answers go to {path}. {LEAVES}")
    answers: dict[str, str] = {}
    while True:
        answers = look_through(first.questions, at, ask_all(first.questions, at, answers))
        try:
            return answers, _checked(first, path, _settings(first, answers, {}))
        except Wrong as problem:
            at.say(f"\nWith these the half would not start: {problem}.\nOnce more, please; Enter keeps what you said.")


def _settings(first: First[S], answers: Answers, given: Mapping[str, Any]) -> dict[str, Any]:
    """Of a file also what nobody would have been asked, as it stands there."""
    asked = {one.name for one in first.questions}
    more = {name: value for name, value in given.items() if name not in asked}
    if unknown := sorted(set(more) - {f.name for f in fields(first.kind)}):
        raise Wrong(f"--answers: there is no question and no setting called {', '.join(unknown)}")
    return settings_of(first.questions, answers) | more


def _checked(first: First[S], path: Path, settings: Mapping[str, Any]) -> str:
    """The file's text, when the half would start with it. Raises Wrong."""
    made = text(first.kind, settings)
    s = _read(first, path, made)
    log = logging.getLogger("aftercall")
    before = log.level
    log.setLevel(logging.ERROR)  # what a start would warn of stands in the doctor's lines
    try:
        first.check(s)
    finally:
        log.setLevel(before)
    return made


def _read(first: First[S], path: Path, made: str) -> S:
    return settled(first.kind, tomllib.loads(made), path.resolve().parent, str(path))
