"""What happens in an iCalendar file (RFC 5545), with all that repeats and all that was moved, between two moments and no others.

Times without a zone are the site's. A night over the change of the clocks ends by the clock on the wall.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import recurring_ical_events  # type: ignore[import-untyped]  # it ships no types
from dateutil.rrule import rrulestr  # type: ignore[import-untyped]  # nor does this one
from icalendar import Calendar, Component
from icalendar.timezone import tzp

from aftercall.rota.rows import BadList, content
from aftercall.words import Moment

OLDEST = 1990  # a series that begins before is a slip of the pen, and slow
DAYS = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 30, "YEARLY": 365}
A_DAY = 24  # times of a day that one rule may name
SEEN = 40  # years in which a rule that ever happens has happened
STEPS = 2_000_000  # of all rules together, from where each begins until now: some ten seconds
_ZONES = re.compile(rb"BEGIN:VTIMEZONE\r?\n.*?END:VTIMEZONE", re.DOTALL | re.IGNORECASE)
_RULE = re.compile(rb"^RRULE[^:\r\n]*:([^\r\n]*)", re.MULTILINE | re.IGNORECASE)
_BETWEEN = re.compile(r"[,;:/|()\n]")


@dataclass(frozen=True)
class Happening:
    """One event of one day, from when to when; what else stands in it is asked by `lines` and `values`."""

    event: Component
    begins: Moment
    ends: Moment


@dataclass(frozen=True)
class Seen:
    happening: tuple[Happening, ...]
    passed_over: int  # events of others


def in_calendar(path: Path, zone: ZoneInfo, since: Moment, until: Moment, ours: Callable[[Component], bool]) -> Seen:
    """What happens of the series in which one event is `ours`. Raises BadList: which event, which property, what to do."""
    first, last = (at.astimezone(zone).date() for at in (since, until))
    found, passed_over = list[Happening](), 0
    for calendar in _calendars(path):
        passed_over += _only(calendar, ours, path, last)
        for event in _between(calendar, first - timedelta(days=1), last + timedelta(days=2), path):
            if str(event.get("STATUS", "")).upper() != "CANCELLED":
                begins, ends = (_moment(_time(event, name), zone) for name in ("DTSTART", "DTEND"))
                if begins and ends:
                    found.append(Happening(event, begins, ends))
    return Seen(tuple(found), passed_over)


def lines(event: Component, name: str) -> list[str]:
    return [str(value) for value in values(event, name)]


def values(event: Component, name: str) -> list[object]:
    value = event.get(name)
    return [] if value is None else value if isinstance(value, list) else [value]


def parts(line: str) -> tuple[str, ...]:
    """A line as people write it, "Night: Amina / Juma", whole and in its parts."""
    return (line, *_BETWEEN.split(line))


def _calendars(path: Path) -> list[Component]:
    raw = content(path)
    whole = re.sub(rb"\r?\n[ \t]", b"", raw)
    begins, ends = (sorted(re.findall(rb"^%b:[ \t]*(\S+)" % word, whole.upper(), re.MULTILINE)) for word in (b"BEGIN", b"END"))
    if begins != ends or b"VCALENDAR" not in begins:
        raise BadList(f"{path}: not a whole calendar: every BEGIN has its END, and VCALENDAR is one; export it again as .ics")
    for found in _ZONES.finditer(whole):
        if any(b"FREQ=YEARLY" not in rule.upper() for rule in _RULE.findall(found[0])):
            raise BadList(f"{path}: VTIMEZONE, RRULE: clocks change by the year; export the calendar again")
    tzp.use_zoneinfo()  # or a zone of the same name from another file would be used for this one
    try:
        return list(Calendar.from_ical(raw, multiple=True))
    except Exception as problem:  # whatever a stranger's file makes the library raise
        raise BadList(f"{path}: not iCalendar ({type(problem).__name__}); export the calendar again as .ics") from None


def _only(calendar: Component, ours: Callable[[Component], bool], path: Path, until: date) -> int:
    """Leave only the series that are ours, each checked. How many events were left out."""
    events = list(enumerate(calendar.walk("VEVENT"), start=1))
    names = {_series(event, number) for number, event in events if ours(event)}
    mine = [(number, event) for number, event in events if _series(event, number) in names]
    steps = sum(_steps(event, f"{path}: event {number}", until) for number, event in mine)
    if steps > STEPS:
        raise BadList(f"{path}: the series begin too long ago; end them and begin new ones this year")
    calendar.subcomponents = [c for c in calendar.subcomponents if c.name != "VEVENT"] + [event for _, event in mine]
    return len(events) - len(mine)


def _series(event: Component, number: int) -> str:
    return str(event.get("UID", f"event {number}"))


def _steps(event: Component, where: str, until: date) -> int:
    """How many times its rules have come round by now. Raises BadList when it can't be used."""
    if event.errors:
        raise BadList(f"{where}, {event.errors[0][0] or 'a line'}: it can't be read; write it as RFC 5545 has it")
    begins, ends = (_time(event, name) for name in ("DTSTART", "DTEND"))
    if begins is None or not OLDEST <= begins.year <= 2199:
        raise BadList(f"{where}, DTSTART: write when the first one begins, as DTSTART;TZID=Africa/Nairobi:20261122T220000")
    if ends is not None and (type(ends) is not type(begins) or _wall(ends) < _wall(begins)):
        raise BadList(f"{where}, DTEND: it must be after DTSTART, and a time where that is a time")
    rules = event.get("RRULE", [])
    return sum(_checked(rule, where, _wall(begins), until) for rule in (rules if isinstance(rules, list) else [rules]))


def _wall(at: date) -> datetime:
    """As the clock on the wall showed it: a shift that ends before it begins does so in any zone, but for the hour of a change."""
    return datetime.combine(at, time()) if not isinstance(at, datetime) else at.astimezone(UTC).replace(tzinfo=None)


def _checked(rule: Component, where: str, begins: datetime, until: date) -> int:
    """Refuses what would be counted for ever: by the hour and finer, and days that never come."""
    step = DAYS.get(str((rule.get("FREQ") or [""])[0]).upper())
    if step is None:
        raise BadList(f"{where}, RRULE: a rota repeats by the day, week, month or year; write FREQ=DAILY or one of these")
    times = [len(rule.get(name) or [1]) for name in ("BYHOUR", "BYMINUTE", "BYSECOND")]
    if times[0] * times[1] * times[2] > A_DAY:
        raise BadList(f"{where}, RRULE: more than {A_DAY} times a day; write one event for each shift")
    bare = type(rule)({name: value for name, value in rule.items() if name.upper() not in ("COUNT", "UNTIL")})
    try:
        never = next(iter(rrulestr(bare.to_ical().decode(), dtstart=datetime(9999 - SEEN, 1, 1))), None) is None
    except (ValueError, TypeError, KeyError, IndexError, OverflowError):
        raise BadList(f"{where}, RRULE: it can't be read; write it as FREQ=WEEKLY;BYDAY=MO,TU") from None
    if never:
        raise BadList(f"{where}, RRULE: that day never comes; write a day that there is")
    return max(0, (until - begins.date()).days) // step


def _between(calendar: Component, since: date, until: date, path: Path) -> list[Component]:
    try:
        return list(recurring_ical_events.of(calendar).between(since, until))
    except Exception as problem:  # whatever a stranger's file makes the library raise
        raise BadList(f"{path}: a series can't be followed ({type(problem).__name__}); export the calendar again as .ics") from None


def _time(event: Component, name: str) -> date | None:
    at = getattr(event.get(name), "dt", None)
    return at if isinstance(at, date) else None


def _moment(at: date | None, zone: ZoneInfo) -> Moment | None:
    """A day begins and ends at midnight; a time without a zone is the site's."""
    if at is None:
        return None
    when = at if isinstance(at, datetime) else datetime.combine(at, time())
    return (when if when.tzinfo else when.replace(tzinfo=zone)).astimezone(UTC)
