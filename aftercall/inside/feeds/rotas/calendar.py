"""A rota as iCalendar, for the days around now: who of the staff is meant by an event, and which unit.

Who: X-AFTERCALL-STAFF, else ATTENDEE by mail address, else the staff ids in SUMMARY. Where: X-AFTERCALL-UNIT, LOCATION, CATEGORIES,
else the name of the file.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from icalendar import Component

from aftercall.inside.feeds.rotas.known import Gathered, Known, window
from aftercall.inside.road.crew import Person, Place, Shift
from aftercall.rota.calendar import in_calendar, lines, parts, values
from aftercall.words import Moment, StaffId


def shifts_in_calendar(
    path: Path, zone: ZoneInfo, staff: Iterable[Person], around: Moment, units: Iterable[Place] = ()
) -> list[Shift]:
    """The shifts from four days before `around` to fifteen after. Raises BadList: which event, which property, what to do."""
    known, gathered = Known(staff, units), Gathered(path, around)
    seen = in_calendar(path, zone, *window(around), lambda event: bool(_who(event, known)))
    gathered.read += seen.passed_over
    gathered.nobody += seen.passed_over
    for one in seen.happening:
        gathered.add(_who(one.event, known), known.unit(_where(one.event, path)), one.begins, one.ends)
    return gathered.shifts()


def _who(event: Component, known: Known) -> tuple[StaffId, ...]:
    """The staff it names, each once."""
    said = [part for line in lines(event, "X-AFTERCALL-STAFF") for part in re.split(r"[\\,;\s]+", line)]
    if any(said):
        return _each(known.by_id(part) for part in said)
    came = [one for one in values(event, "ATTENDEE") if str(getattr(one, "params", {}).get("PARTSTAT", "")).upper() != "DECLINED"]
    invited = _each(known.by_mail(re.sub(r"(?i)^mailto:", "", str(one))) for one in came)
    return invited or _each(known.by_id(part) for line in lines(event, "SUMMARY") for part in parts(line))


def _each(found: Iterable[StaffId | None]) -> tuple[StaffId, ...]:
    return tuple(dict.fromkeys(who for who in found if who is not None))


def _where(event: Component, path: Path) -> Iterator[str]:
    for name in ("X-AFTERCALL-UNIT", "LOCATION"):
        for line in lines(event, name):
            yield from parts(line)
    for categories in values(event, "CATEGORIES"):
        yield from (str(one) for one in getattr(categories, "cats", ()))
    yield path.stem
