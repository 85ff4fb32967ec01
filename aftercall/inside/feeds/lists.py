"""Staff, units and rota from the hospital's own CSV files: read whole or not at all, with row and column named."""

import csv
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from aftercall.inside.road.crew import Person, Place, Shift
from aftercall.words import Moment, StaffId

STAFF = ("staff", "name", "phone", "mail", "language", "unit", "role", "ids")
UNITS = ("unit", "name", "site")
ROTA = ("unit", "staff", "begins", "ends")


class BadList(Exception):
    """A list that can't be used: file, row, column, what was wrong and what to write instead."""


def rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row with its number as a spreadsheet shows it. Raises BadList."""
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise BadList(f"{path} isn't there; make it with the columns {','.join(columns)}") from None
    except UnicodeDecodeError as problem:
        raise BadList(f"{path}: byte {problem.start} is not UTF-8; save the file as CSV UTF-8") from None
    reader = csv.DictReader(text.splitlines())
    if tuple(reader.fieldnames or ()) != columns:
        raise BadList(f"{path}: row 1 must be {','.join(columns)}; it is {','.join(reader.fieldnames or ())[:200]}")
    for number, row in enumerate(reader, start=2):
        if None in row or None in row.values():
            raise BadList(f"{path}: row {number} has not {len(columns)} columns")
        yield number, {name: value.strip() for name, value in row.items()}


def staff_in(path: Path) -> list[Person]:
    people: dict[str, Person] = {}
    owners: dict[tuple[str, str], str] = {}
    for number, row in rows(path, STAFF):
        if not row["staff"] or row["staff"] in people:
            raise BadList(
                f"{path}: row {number}, column staff: {row['staff'] or 'nothing'} stands there; each person needs one of their own"
            )
        if row["phone"] and not (row["phone"].startswith("+") and row["phone"][1:].isdigit()):
            raise BadList(f"{path}: row {number}, column phone: write it as +254700000001")
        ids = tuple(_pair(part, path, number) for part in row.pop("ids").split(";") if part.strip())
        for pair in ids:
            if owners.setdefault(pair, row["staff"]) != row["staff"]:
                raise BadList(f"{path}: row {number}, column ids: {':'.join(pair)} is {owners[pair]}'s already")
        people[row["staff"]] = _person(row, ids)
    return list(people.values())


def _person(row: dict[str, str], ids: tuple[tuple[str, str], ...]) -> Person:
    who, name, phone, mail, language, unit, role = (row[column] for column in STAFF[:7])
    return Person(StaffId(who), name, phone, mail, language, unit, role, ids)


def units_in(path: Path) -> list[Place]:
    return list({row["unit"]: Place(row["unit"], row["name"], row["site"]) for _, row in rows(path, UNITS)}.values())


def rota_in(path: Path, zone: ZoneInfo, known: set[str]) -> list[Shift]:
    shifts = {}
    for number, row in rows(path, ROTA):
        if row["staff"] not in known:
            raise BadList(f"{path}: row {number}, column staff: {row['staff']} is not in the staff list")
        begins, ends = (_time(row[name], zone, path, number, name) for name in ("begins", "ends"))
        if ends <= begins:
            raise BadList(f"{path}: row {number}, column ends: {row['ends']} is not after {row['begins']}")
        shifts[row["unit"], row["staff"], begins] = Shift(StaffId(row["staff"]), row["unit"], begins, ends)
    return list(shifts.values())


def _pair(text: str, path: Path, number: int) -> tuple[str, str]:
    authority, colon, value = text.strip().rpartition(":")
    if not value or not colon:
        raise BadList(f"{path}: row {number}, column ids: write authority:number, several with ;")
    return authority, value


def _time(text: str, zone: ZoneInfo, path: Path, number: int, column: str) -> Moment:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise BadList(f"{path}: row {number}, column {column}: write the time as 2026-11-22T22:00") from None
    return at if at.tzinfo else at.replace(tzinfo=zone)
