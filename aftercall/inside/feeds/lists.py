"""Staff, units and rota from the hospital's own CSV files: read whole or not at all, with row and column named."""

import logging
import re
from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from aftercall.inside.road.crew import Person, Place, Shift
from aftercall.rota.rows import BadList, Tell, rows, time_in, untold
from aftercall.words import Moment, StaffId

log = logging.getLogger("aftercall.inside")

STAFF = ("staff", "name", "phone", "mail", "language", "unit", "role", "ids")
UNITS = ("unit", "name", "site")
REACHED = ("phone", "mail", "language")  # columns a units list may have: where the unit itself is written to
ROTA = ("unit", "staff", "begins", "ends")
EVER = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
ON_CALL = timedelta(hours=24)  # a longer shift is no hours at one bedside
_Span = tuple[Moment, Moment, int, str]  # begins, ends, row, unit
LONGEST = timedelta(days=8)  # a week on call, and the day it is handed over; anything longer is a slip of the pen


def staff_in(path: Path, country: str = "", *, plain: bool = False) -> list[Person]:
    """Everybody on the list. `country` as +254: what a telephone number begins with that is written as 07... Raises BadList.

    `plain`: as `rows` has it.
    """
    people: dict[str, Person] = {}
    owners: dict[tuple[str, str], str] = {}
    for number, row in rows(path, STAFF, plain=plain):
        where = f"{path}: row {number}, column"
        if not row["staff"] or row["staff"] in people:
            raise BadList(f"{where} staff: {row['staff'] or 'nothing'} stands there; each person needs one of their own")
        phone = phone_of(row["phone"], country)
        if phone is None:
            raise BadList(f"{where} phone: write it as +254700000001, or STOP from that phone would not be known to be theirs")
        if row["mail"] and not re.fullmatch(r"[^@\s]+@[^@\s]+", row["mail"]):
            raise BadList(f"{where} mail: write one address as name@hospital.example, or nothing")
        ids = tuple(dict.fromkeys(_pair(part, where) for part in row["ids"].split(";") if part.strip()))
        for pair in ids:
            if owners.setdefault(pair, row["staff"]) != row["staff"]:
                raise BadList(f"{where} ids: {':'.join(pair)} is {owners[pair]}'s already; a number belongs to one person")
        people[row["staff"]] = _person({**row, "phone": phone}, ids)
    if silent := sum(not (person.phone or person.mail) for person in people.values()):
        log.warning("%s: %d of %d people have neither phone nor mail and can't be written to", path, silent, len(people))
    return list(people.values())


def phone_of(text: str, country: str = "") -> str | None:
    """A number as +254700000001, "" for none, None where it can't be told which country it is of."""
    bare = re.sub(r"[\s().\-/\u00a0\u2011]", "", text)
    bare = re.sub(r"^00", "+", bare)
    if country and re.fullmatch(r"0[1-9]\d+", bare, re.ASCII):
        bare = country + bare[1:]
    return bare if not bare or re.fullmatch(r"\+[1-9]\d{6,14}", bare, re.ASCII) else None


def units_in(path: Path, *, plain: bool = False) -> list[Place]:
    """Raises BadList. `plain`: as `rows` has it."""
    places: dict[str, Place] = {}
    for number, row in rows(path, UNITS, REACHED, plain=plain):
        phone = phone_of(row["phone"])
        if phone is None:
            raise BadList(f"{path}: row {number}, column phone: write it as +254700000001, or nothing")
        place = Place(row["unit"], row["name"], row["site"], phone, row["mail"], row["language"])
        if not place.unit or places.setdefault(place.unit, place) != place:
            raise BadList(
                f"{path}: row {number}, column unit: {place.unit or 'nothing'} stands there; each unit needs one of its own"
            )
    return list(places.values())


def rota_in(
    path: Path,
    zone: ZoneInfo,
    known: Collection[str],
    *,
    leavers: bool = False,
    days: tuple[Moment, Moment] = EVER,
    strict: bool = False,
    tell: Tell = untold,
) -> list[Shift]:
    """Shifts of the staff ids in `known` that touch these days; every row is checked. A night ends on the next day, so both ends
    carry their date. Raises BadList.

    With `leavers` whoever isn't among them has left, and is passed over. `strict`: nobody is in two places at once, and no cell
    begins as a formula does. `tell`: as `rows` has it.
    """
    shifts: dict[tuple[str, str, Moment], Shift] = {}
    read, worked = dict[str, Moment](), defaultdict[str, list[_Span]](list)
    for number, row in rows(path, ROTA, plain=strict, tell=tell):
        if row["staff"] not in known and leavers:
            continue
        begins, ends = _span(row, known, zone, read, f"{path}: row {number}, column")
        if strict and ends - begins <= ON_CALL:
            worked[row["staff"]].append((begins, ends, number, row["unit"]))
        if ends >= days[0] and begins <= days[1]:
            shift = Shift(StaffId(row["staff"]), row["unit"], begins, ends)
            same = shifts.setdefault((shift.unit, shift.staff, begins), shift)
            if ends > same.ends:
                shifts[shift.unit, shift.staff, begins] = shift
    for spans in worked.values():
        _one_at_a_time(spans, path)
    return list(shifts.values())


def _span(
    row: dict[str, str], known: Collection[str], zone: ZoneInfo, read: dict[str, Moment], where: str
) -> tuple[Moment, Moment]:
    """From when to when. `read`: the times that were read before; a year has some thousands, in a million rows."""
    if row["staff"] not in known:
        raise BadList(f"{where} staff: {row['staff'] or 'nothing'} is not in the staff list")
    if not row["unit"]:
        raise BadList(f"{where} unit: nothing stands there; write the unit as the units list has it")
    for name in ("begins", "ends"):
        if row[name] not in read:
            read[row[name]] = time_in(row[name], zone, f"{where} {name}")
    begins, ends = read[row["begins"]], read[row["ends"]]
    if ends <= begins:
        raise BadList(f"{where} ends: {row['ends']} is not after {row['begins']}; a night ends on the next day")
    if ends - begins > LONGEST:
        raise BadList(f"{where} ends: more than {LONGEST.days} days after it begins; write one row a shift")
    return begins, ends


def _one_at_a_time(spans: list[_Span], path: Path) -> None:
    """Raises BadList where one of these shifts of one person begins before another has ended."""
    spans.sort()
    for (begins, ends, row, unit), (begins_2, _, row_2, unit_2) in pairwise(spans):
        if begins_2 < ends and (begins, unit) != (begins_2, unit_2):
            raise BadList(
                f"{path}: row {max(row, row_2)}, column begins: row {min(row, row_2)} has that person at work at the same time; "
                f"let one shift end before the next begins (on call, of more than {ON_CALL.days * 24} h, may lie beside others)"
            )


def _person(row: dict[str, str], ids: tuple[tuple[str, str], ...]) -> Person:
    who, name, phone, mail, language, unit, role = (row[column] for column in STAFF[:7])
    return Person(StaffId(who), name, phone, mail, language, unit, role, ids)


def _pair(text: str, where: str) -> tuple[str, str]:
    authority, colon, value = text.strip().rpartition(":")
    if not value or not colon:
        raise BadList(f"{where} ids: write authority:number, several with ;")
    return authority, value
