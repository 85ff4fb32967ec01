"""Questions at a terminal: a bad answer says what was wrong and is asked again with what was typed; or all from a file at once."""

import getpass
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from textwrap import fill
from typing import Any, Protocol

try:
    import readline
except ImportError:  # a Python without it asks as well, only that what was typed stands above and not under the cursor
    readline = None  # type: ignore[assignment]

from aftercall.config import Wrong
from aftercall.setup.question import Answers, BadAnswer, Question

NONE = "-"
WORTH = 8  # letters from which on a bad answer is worth changing rather than typing anew
LEAVES = f"Enter takes what stands in brackets, {NONE} means none. Ctrl-C ends it, and nothing was written."


class Terminal(Protocol):
    """Where a human sits."""

    def say(self, text: str) -> None: ...

    def line(self, prompt: str, typed: str) -> str:
        """One line; `typed` stands there already, to be changed."""
        ...

    def secret(self, prompt: str) -> str: ...


class Tty:
    """The terminal this process was started at."""

    def say(self, text: str) -> None:
        print(text)

    def line(self, prompt: str, typed: str) -> str:
        if readline is None:
            return input(prompt)
        readline.set_startup_hook(lambda: readline.insert_text(typed))
        try:
            return input(prompt)
        finally:
            readline.set_startup_hook(None)

    def secret(self, prompt: str) -> str:
        return getpass.getpass(prompt)


def at_terminal() -> Tty:
    """Raises Wrong where nobody sits."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Wrong("--setup: there is no terminal to ask at; give the answers as a file: --answers FILE (see docs/running.md)")
    return Tty()


def ask_all(questions: tuple[Question, ...], at: Terminal, before: Answers) -> dict[str, str]:
    """One after the other. `before`: what was answered in an earlier round, which Enter keeps."""
    so_far: dict[str, str] = {}
    for one in questions:
        if one.when(so_far):
            so_far[one.name] = _ask(one, at, so_far, before.get(one.name))
    return so_far


def look_through(questions: tuple[Question, ...], at: Terminal, answers: dict[str, str]) -> dict[str, str]:
    """All answers once more, numbered; one may be given anew, until Enter."""
    while True:
        asked = [one for one in questions if one.name in answers]
        at.say("\nYour answers:")
        for number, one in enumerate(asked, 1):
            at.say(f"{number:3}  {one.ask}: {shown(one, answers[one.name])}")
        typed = at.line("Enter writes the file. A number: answer that one anew. > ", "").strip()
        if not typed:
            return answers
        if not typed.isdigit() or not 1 <= int(typed) <= len(asked):
            at.say(f"  {typed}: write a number from 1 to {len(asked)}, or press Enter")
            continue
        again = asked[int(typed) - 1]
        answers = {**answers, again.name: _ask(again, at, answers, answers[again.name])}
        answers = _complete(questions, at, answers)


def _complete(questions: tuple[Question, ...], at: Terminal, answers: Mapping[str, str]) -> dict[str, str]:
    """Another answer may open other questions, and close some."""
    whole: dict[str, str] = {}
    for one in questions:
        if one.when(whole):
            whole[one.name] = answers[one.name] if one.name in answers else _ask(one, at, whole, None)
    return whole


def _ask(one: Question, at: Terminal, so_far: Answers, before: str | None) -> str:
    usual = one.usual(so_far) if before is None else before
    more = [one.why, *([f"Example: {one.example}"] if one.example else [])]
    at.say("\n".join(["", one.ask, *(fill(line, 110, initial_indent="  ", subsequent_indent="  ") for line in more)]))
    shows = f" [{shown(one, usual)}]" if usual else ""
    typed = ""
    while True:
        typed = _typed(one, at, shows, typed) or usual
        typed = "" if typed == NONE else typed
        try:
            return one.kept(typed, so_far)
        except BadAnswer as problem:
            typed = "" if typed == usual or len(typed) < WORTH else typed
            stays = " It stands there to be changed; Ctrl-U clears the line." if typed and not one.secret else ""
            at.say(f"  That can't be taken: {problem}.{stays}")


def _typed(one: Question, at: Terminal, shows: str, typed: str) -> str:
    if one.secret:
        return at.secret(f"  (is not shown){shows} > ")
    if not one.many:
        return at.line(f" {shows} > ", typed).strip()
    lines = list[str]()
    waiting = typed.split("\n") if typed else []
    while text := at.line(f"  {len(lines) + 1}.{shows if not lines else ''} > ", waiting.pop(0) if waiting else "").strip():
        lines.append(text)
    return "\n".join(lines)


def shown(one: Question, text: str) -> str:
    """As it may stand on a screen."""
    if not text:
        return "-"
    return "(given)" if one.secret else text.replace("\n", " | ")


# from a file ---------------------------------------------------------------------------------------------------------------


def told(path: Path) -> dict[str, Any]:
    """What an answers file says: TOML, by the names of the settings. "-" is standard input. Raises Wrong."""
    try:
        return tomllib.loads(sys.stdin.read() if str(path) == "-" else path.read_text("utf-8"))
    except FileNotFoundError:
        raise Wrong(f"--answers {path}: it isn't there") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise Wrong(f"--answers {path}: {problem}") from None


def taken(questions: tuple[Question, ...], given: Mapping[str, Any]) -> dict[str, str]:
    """The answers from a file; what isn't there gets its default. Raises Wrong, which names all that is wrong."""
    so_far: dict[str, str] = {}
    problems = []
    for one in questions:
        if one.when(so_far):
            try:
                so_far[one.name] = one.kept(_text(given[one.name]) if one.name in given else one.usual(so_far), so_far)
            except BadAnswer as problem:
                problems.append(f"{one.name} ({one.ask}): {problem}")
    if problems:
        raise Wrong("\n  ".join(["--answers: nothing was written", *problems]))
    return so_far


def _text(value: Any) -> str:
    """As it would have been typed."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "\n".join(map(_text, value))
    return "; ".join(map(str, value.values())) if isinstance(value, dict) else str(value)
