"""A list from somebody's own spreadsheet: read whole or not at all, with row and column named."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from aftercall.words import Moment

MOST = 64 * 1024 * 1024  # bytes of a list: a year of shifts of 5,000 people are 53 MB
FIRST = frozenset("=@+-")
_PLAIN = re.compile(r"[+-][\d\s().\-/]*")  # a telephone number, or none


STEP = 4_000  # rows between two words of how far it is

Tell = Callable[[float], None]


def untold(_: float) -> None:
    """Nobody wants to know how far it is."""


class BadList(Exception):
    """A list that can't be used: file, row, column, what was wrong and what to write instead."""


def content(path: Path) -> bytes:
    """The bytes of a list. Raises BadList."""
    try:
        if path.stat().st_size > MOST:
            raise BadList(f"{path}: more than {MOST >> 20} MB; leave out what is over, or make several files of it")
        return path.read_bytes()
    except OSError as problem:
        raise BadList(f"{path} can't be read ({problem.strerror}); let this user read it") from None


def rows(
    path: Path, columns: tuple[str, ...], more: tuple[str, ...] = (), *, plain: bool = False, tell: Tell = untold
) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row with its number as a spreadsheet shows it. Those of `more` may be missing; others go unread. Raises BadList.

    `plain`: no cell may begin as a formula does, which a spreadsheet would run (a telephone number's + is none).
    `tell` hears now and then which part of the rows was read, from 0 to 1.
    """
    if not path.exists():
        raise BadList(f"{path} isn't there; make it with the columns {','.join(columns)}")
    try:
        text = content(path).decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise BadList(f"{path}: {_place(problem)} is not UTF-8; save the file as CSV UTF-8") from None
    number = 0
    try:
        read = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
        head = [name.strip().lower() for name in next(read, [])]
        if missing := [name for name in columns if head.count(name) != 1]:
            raise BadList(f"{path}: row 1 must be {','.join(columns)}; {missing[0]} stands there {head.count(missing[0])} times")
        at = [(name, head.index(name) if name in head else -1) for name in (*columns, *more)]
        lines = text.count("\n") + 1
        for number, row in enumerate(read, start=2):
            if number % STEP == 0:
                tell(min(1.0, number / lines))
            if not "".join(row).strip():
                continue
            if len(row) != len(head):
                raise BadList(f"{path}: row {number} has {len(row)} columns, row 1 has {len(head)}; a comma may want quotes")
            wanted = {name: row[place].strip() if place >= 0 else "" for name, place in at}
            if plain:
                _check_plain(wanted, f"{path}: row {number}")
            yield number, wanted
    except csv.Error as problem:
        raise BadList(f"{path}: row {number + 1}: {problem}; save the file as CSV UTF-8 again") from None


def _check_plain(row: dict[str, str], where: str) -> None:
    for name, cell in row.items():
        if cell[:1] in FIRST and not _PLAIN.fullmatch(cell):  # a million rows: nearly all are done with by their first letter
            raise BadList(f"{where}, column {name}: it begins as a formula does; write it without {cell[0]}")


def _place(problem: UnicodeDecodeError) -> str:
    """Row and column of a byte that is no text, as a spreadsheet shows them."""
    before = problem.object[: problem.start]
    head, line = before.partition(b"\n")[0].decode("latin-1"), before.rpartition(b"\n")[2].decode("latin-1")
    names, column = head.split(_delimiter(head)), line.count(_delimiter(head))
    named = f" {names[column].strip()}" if column < len(names) and b"\n" in before else f" {column + 1}"
    return f"row {before.count(bytes([10])) + 1}, column{named}: byte {problem.object[problem.start]:#04x}"


def time_in(text: str, zone: ZoneInfo, where: str) -> Moment:
    """A time without an offset is the clock on the wall in that zone. Raises BadList, which begins with `where`."""
    if not text:
        raise BadList(f"{where}: nothing stands there; write when it begins and when it ends, each with its date")
    try:
        at = datetime.fromisoformat(text)
        if not 1970 <= at.year <= 2199:
            raise ValueError
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadList(f"{where}: write the time as 2026-11-22T22:00") from None


def _delimiter(text: str) -> str:
    """Spreadsheets of half of the world write ; where the others write a comma."""
    head = text.partition("\n")[0]
    return max(",;\t", key=head.count)
