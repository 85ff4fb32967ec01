"""The hospital's rota in whatever form it has: CSV, iCalendar, FHIR JSON, or a folder of these. Read whole or not at all."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from aftercall.inside.feeds import lists
from aftercall.inside.feeds.rotas.calendar import shifts_in_calendar
from aftercall.inside.feeds.rotas.known import window
from aftercall.inside.feeds.rotas.schedule import shifts_in_schedule
from aftercall.inside.road.crew import Person, Place, Shift
from aftercall.rota.rows import BadList, Tell, untold
from aftercall.words import Moment

SPARE = timedelta(days=1)  # of a shift that ended 26 hours before a death of three days ago
ENDINGS = {".ics": shifts_in_calendar, ".json": shifts_in_schedule}
BESIDE = (".", "~")  # what an office program leaves beside the file that it has open


def rota_in(
    path: Path,
    zone: ZoneInfo,
    staff: Iterable[Person],
    around: Moment,
    units: Iterable[Place] = (),
    *,
    leavers: bool = False,
    strict: bool = False,
    tell: Tell = untold,
) -> list[Shift]:
    """All shifts of the days around a moment. The same shift in two files is one. Raises BadList.

    `leavers`: a CSV may name who is not among the staff any more. `strict`: nobody in it is in two places at once.
    `tell` hears how far a CSV was read, from 0 to 1.
    """
    people, places = tuple(staff), tuple(units)
    shifts: dict[tuple[str, str, Moment], Shift] = {}
    for file in rota_files(path):
        for shift in _in_one(file, zone, people, around, places, leavers, strict, tell):
            key = shift.unit, shift.staff, shift.begins
            if key not in shifts or shift.ends > shifts[key].ends:
                shifts[key] = shift
    return list(shifts.values())


def rota_files(path: Path) -> list[Path]:
    """The file itself, or all in the folder, in their order: also what to look at for changes. Raises BadList."""
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.iterdir() if file.is_file() and not file.name.startswith(BESIDE))
    if not files:
        raise BadList(f"{path}: the folder is empty; put the rota there, as .csv, .ics or .json")
    return files


def _in_one(
    path: Path,
    zone: ZoneInfo,
    people: tuple[Person, ...],
    around: Moment,
    places: tuple[Place, ...],
    leavers: bool,
    strict: bool,
    tell: Tell,
) -> list[Shift]:
    ending = path.suffix.lower()
    if ending == ".csv":
        since, until = window(around)
        days = (since - SPARE, until)
        known = {person.staff for person in people}
        return lists.rota_in(path, zone, known, leavers=leavers, days=days, strict=strict, tell=tell)
    if ending not in ENDINGS:
        raise BadList(f"{path}: a rota ends in .csv, .ics or .json; save it as one of these, or take it out of the folder")
    return ENDINGS[ending](path, zone, people, around, places)
