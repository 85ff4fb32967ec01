"""A ward's own list of deaths as CSV, for a hospital without any feed.

Row 1 names the columns, in any order, letters large or small:
  patient    the patient's number (needed)
  died       2026-03-10 14:30 or 2026-03-10 (needed, except to take a row back)
  authority  who gave the number, as the other feeds name it
  unit       where the patient lay, as the list of units has it
  staff      who was there: authority:number, several with ; (in quotes where ; parts the columns)
  state      alive or mistake takes the row back; empty or dead is a death
Columns are parted by comma, semicolon or tab. Each line stands alone: a bad one, or a stray quote, takes no other with it.
"""

import csv
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from aftercall.inside.feeds.site import SKEW, Mark, Site
from aftercall.inside.feeds.times import Time, doubt, time_of
from aftercall.inside.road.notice import Named, Notice, Sign, Unread
from aftercall.words import Moment

LARGEST = 4 * 1024 * 1024
COLUMNS = ("patient", "authority", "unit", "died", "staff", "state")
_STATES = {"": "told", "dead": "told", "died": "told", "alive": "no", "mistake": "void"}
_LONGEST = 4096  # letters of one line
_SEPARATOR = re.compile(r"sep=.\s*", re.IGNORECASE)  # a first line that spreadsheets write for themselves


@dataclass(frozen=True)
class _List:
    """The names of the columns, and what parts them."""

    columns: tuple[str, ...]
    comma: str
    site: Site
    mark: Mark
    now: Moment


def read(body: bytes, site: Site, mark: Mark, now: Moment) -> tuple[Notice | Unread, ...]:
    """One notice for each good row, one Unread for each bad one."""
    if len(body) > LARGEST:
        return (_bad("", "too-large", f"byte {LARGEST}", "A list may have 4 MB. Send the newest rows only."),)
    lines = re.split(r"\r\n|\r|\n", _text(body))
    start = next((number for number, line in enumerate(lines) if line.strip() and not _SEPARATOR.fullmatch(line)), None)
    if start is None:
        return (_bad("", "not-ours", "row 1", f"The list is empty. Row 1 names the columns: {','.join(COLUMNS)}."),)
    comma = max(",;\t", key=lines[start][:_LONGEST].count)
    columns = tuple(name.strip().casefold() for name in _cells(lines[start], comma) or ())
    if "patient" not in columns or "died" not in columns:
        text = f"There is no column patient or no column died. Row 1 names the columns: {','.join(COLUMNS)}."
        return (_bad("", "not-ours", f"row {start + 1}", text),)
    heading = _List(columns, comma, site, mark, now)
    rows = ((number, line) for number, line in enumerate(lines[start + 1 :], start + 2) if line.strip(" \t,;"))
    return (*_unknown(heading, start + 1), *(_row(heading, number, line) for number, line in rows))


def _text(body: bytes) -> str:
    """UTF-8 or UTF-16 with its mark, else as old spreadsheets write: a number stays what it is in all of them."""
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return body.decode("utf-16", "replace")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("latin-1")


def _cells(line: str, comma: str) -> list[str] | None:
    if len(line) > _LONGEST:
        return None
    try:
        return next(csv.reader([line], delimiter=comma), None)
    except csv.Error:
        return None


def _unknown(heading: _List, row: int) -> Iterator[Unread]:
    """A misspelt column would lose the crew without a word. Its name isn't repeated: it may be a patient's."""
    for number, name in enumerate(heading.columns, 1):
        if name and name not in COLUMNS:
            text = f"This column isn't read. The columns are {','.join(COLUMNS)}."
            yield _bad("line list", "not-ours", f"row {row}, column {number}", text)


def _row(heading: _List, number: int, line: str) -> Notice | Unread:
    cells = _cells(line, heading.comma)
    if cells is None or any(cell.strip() for cell in cells[len(heading.columns) :]):
        text = "It has more columns than row 1, or isn't one row of a list. Quote what holds a comma."
        return _bad("line list", "not-ours", f"row {number}", text)
    cells += [""] * (len(heading.columns) - len(cells))
    row = {name: cell.strip() for name, cell in zip(heading.columns, cells, strict=False)}
    died = time_of(row["died"], heading.site.zone)
    if problem := _problem(row, died):
        code, column, text = problem
        return _bad("line list", code, f"row {number}, {column}", text)
    return _notice(heading, number, row, died)


def _problem(row: dict[str, str], died: Time | None) -> tuple[str, str, str] | None:
    """Code, column, and what to do."""
    state = row.get("state", "").casefold()
    pairs = [part for part in row.get("staff", "").split(";") if part.strip()]
    if not row["patient"] or not row["patient"].isprintable():
        return "no-patient", "patient", "There is no patient number. Write the number of the patient's file."
    if state not in _STATES:
        return "not-ours", "state", "Write nothing or dead for a death; alive or mistake takes the row back."
    if (row["died"] or _STATES[state] == "told") and (died is None or died.is_coarse):
        return "time", "died", "There is no day of death that can be read. Write it as 2026-03-10 14:30."
    if any(not all(_pair(part)) for part in pairs):
        return "not-ours", "staff", "Write each as authority:number, several with a semicolon."
    return None


def _pair(text: str) -> tuple[str, str]:
    authority, _, number = text.strip().rpartition(":")
    return authority.strip(), number.strip()


def _notice(heading: _List, number: int, row: dict[str, str], died: Time | None) -> Notice:
    mark, now, site = heading.mark, heading.now, heading.site
    authority, patient = row.get("authority", ""), row["patient"]
    value = _STATES[row.get("state", "").casefold()]
    same = "\x1f".join(row.get(name, "") for name in COLUMNS)
    test = "mannequin" if site.is_mannequin(((authority, patient),)) else ""
    return Notice(
        kind="line list",
        body=mark(f"body|{hashlib.sha256(same.encode('utf-8', 'replace')).hexdigest()}"),
        people=(mark(f"person|{authority}|{patient}"),),
        visit=None,
        signs=(Sign("list", value),),
        died=died.first if died and value == "told" and died.first <= now + SKEW else None,
        said_at=now,  # a list has no time of its own: it says what holds when it is read
        unit=row.get("unit", "")[:64],
        named=tuple(Named(*_pair(part), "list staff") for part in row.get("staff", "").split(";") if part.strip()),
        doubt=doubt(died if value == "told" else None, now, now, left=None, test=test, nobody=False),
        source="list",
        document=mark(f"document|list|{authority}|{patient}"),
        version=number,  # of two rows of one patient the lower one counts
        died_as="" if died is None or value != "told" else "day" if died.is_day else "time",
        corrects={"no": "death", "void": "document"}.get(value, ""),
    )


def _bad(kind: str, code: str, where: str, text: str) -> Unread:
    return Unread(kind or "line list", code, where, text)
