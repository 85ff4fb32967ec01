"""A rota as FHIR R4 JSON: Schedule with its Slots, or the hours of a PractitionerRole; a Bundle, or one resource.

Who: the identifiers of the Practitioner, the one in the reference itself, else the id in it as a staff id. Where: the Location's
identifiers, name or id. A Schedule without slots is one shift as long as its planningHorizon, where that is no longer than a week.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from aftercall.inside.feeds.rotas.known import Gathered, Known, window
from aftercall.inside.feeds.times import time_of
from aftercall.inside.road.crew import Person, Place, Shift
from aftercall.rota.rows import BadList, content
from aftercall.words import Moment, StaffId

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
AWAY = frozenset({"busy-unavailable", "entered-in-error"})  # a Slot in which nobody is at work


class Identifier(msgspec.Struct):
    system: str = ""
    value: str = ""


class Reference(msgspec.Struct):
    reference: str = ""
    identifier: Identifier | None = None
    display: str = ""


class Period(msgspec.Struct):
    start: str = ""
    end: str = ""


class Hours(msgspec.Struct, rename="camel"):
    days_of_week: list[str] = []
    all_day: bool = False
    available_start_time: str = ""
    available_end_time: str = ""


class Away(msgspec.Struct):
    during: Period | None = None


class Resource(msgspec.Struct, rename="camel"):
    """The fields wanted of all the kinds that are read; everything else is left unread."""

    resource_type: str = ""
    id: str = ""
    identifier: list[Identifier] = []
    active: bool = True
    name: str | list[dict[str, object]] = ""  # of a Location; a Practitioner's is not looked at
    actor: list[Reference] = []
    planning_horizon: Period | None = None
    schedule: Reference | None = None
    status: str = ""
    start: str = ""
    end: str = ""
    practitioner: Reference | None = None
    location: list[Reference] = []
    available_time: list[Hours] = []
    not_available: list[Away] = []
    period: Period | None = None


class Entry(msgspec.Struct, rename="camel"):
    full_url: str = ""
    resource: msgspec.Raw = msgspec.Raw(b"null")


class Head(msgspec.Struct, rename="camel"):
    resource_type: str = ""
    entry: list[Entry] = []


KINDS = frozenset({"Schedule", "Slot", "PractitionerRole", "Practitioner", "Location"})
_head, _any, _one = msgspec.json.Decoder(Head), msgspec.json.Decoder(Head), msgspec.json.Decoder(Resource)


def shifts_in_schedule(
    path: Path, zone: ZoneInfo, staff: Iterable[Person], around: Moment, units: Iterable[Place] = ()
) -> list[Shift]:
    """The shifts from four days before `around` to fifteen after. Raises BadList: which resource, which field, what to do."""
    book = _Book(path, zone, Known(staff, units))
    gathered = Gathered(path, around)
    spans = (*book.by_slots(), *book.by_hours(tuple(at.astimezone(zone).date() for at in window(around))))
    for who, unit, begins, ends in spans:
        gathered.add(who, unit, begins, ends)
    if not spans:
        raise BadList(f"{path}: there is no Schedule, Slot or PractitionerRole with hours in it; is it the rota?")
    return gathered.shifts()


_Span = tuple[tuple[StaffId, ...], str, Moment, Moment]


class _Book:
    """The resources of one file, by the references that they have to each other."""

    def __init__(self, path: Path, zone: ZoneInfo, known: Known) -> None:
        self._path, self._zone, self._known = path, zone, known
        self._all: dict[str, Resource] = {}
        self._names: dict[int, str] = {}
        for number, (url, resource) in enumerate(_read(path), start=1):
            if resource.resource_type in KINDS:
                name = f"{resource.resource_type}/{resource.id or number}"
                self._names[id(resource)] = name
                for key in filter(None, (name, url)):
                    self._all.setdefault(key, resource)

    def _of(self, kind: str) -> dict[str, Resource]:
        return {name: r for name, r in self._all.items() if r.resource_type == kind and name.startswith(f"{kind}/")}

    def by_slots(self) -> Iterator[_Span]:
        """Slots that touch are one shift: a clinic's are ten minutes long."""
        slots = defaultdict[str, list[tuple[Moment, Moment]]](list)
        for name, slot in self._of("Slot").items():
            if slot.status not in AWAY:
                owner = self._find(slot.schedule.reference if slot.schedule else "")
                if owner is None:
                    raise BadList(f"{self._path}: {name}, schedule: it is not in this file; export schedules and slots together")
                slots[self._names[id(owner)]].append((self._at(slot.start, name, "start"), self._at(slot.end, name, "end")))
        for name, schedule in self._of("Schedule").items():
            who, unit = self._actors(schedule)
            if schedule.active:
                for begins, ends in _joined(slots[name]) or self._horizon(schedule, name):
                    yield who, unit, begins, ends

    def by_hours(self, days: tuple[date, ...]) -> Iterator[_Span]:
        """The weekly hours of a role, day by day. Those that end before they begin end on the next day."""
        for name, role in self._of("PractitionerRole").items():
            who, unit = self._actors(Resource(actor=[Reference(name)]))
            away = [self._period(a.during, name, "notAvailable.during") for a in role.not_available if a.during]
            since, until = self._period(role.period, name, "period") if role.period else (None, None)
            for hours in role.available_time if role.active else ():
                for day in _days(days[0] - timedelta(days=1), days[-1], hours.days_of_week):
                    begins, ends = self._hours(day, hours, name)
                    gone = (since and ends <= since) or (until and begins >= until)
                    if not gone and not any((not a or a < ends) and (not b or b > begins) for a, b in away):
                        yield who, unit, begins, ends

    def _hours(self, day: date, hours: Hours, name: str) -> tuple[Moment, Moment]:
        try:
            first = time() if hours.all_day else time.fromisoformat(hours.available_start_time)
            last = time() if hours.all_day else time.fromisoformat(hours.available_end_time)
        except ValueError:
            raise BadList(f"{self._path}: {name}, availableTime: write availableStartTime and -EndTime as 19:00:00") from None
        after = day + timedelta(days=1 if last <= first else 0)
        begins, ends = datetime.combine(day, first, self._zone), datetime.combine(after, last, self._zone)
        return begins.astimezone(UTC), ends.astimezone(UTC)

    def _horizon(self, schedule: Resource, name: str) -> list[tuple[Moment, Moment]]:
        begins, ends = self._period(schedule.planning_horizon, name, "planningHorizon")
        return [(begins, ends)] if begins and ends else []

    def _period(self, period: Period | None, name: str, field: str) -> tuple[Moment | None, Moment | None]:
        """A day as an end is that whole day."""
        if period is None:
            return None, None
        begins = self._at(period.start, name, f"{field}.start") if period.start else None
        ends = self._at(period.end, name, f"{field}.end") if period.end else None
        if ends and len(period.end) == len("2026-11-22"):
            ends = datetime.combine(ends.astimezone(self._zone).date() + timedelta(days=1), time(), self._zone).astimezone(UTC)
        return begins, ends

    def _at(self, text: str, name: str, field: str) -> Moment:
        at = time_of(text, self._zone)
        if at is None:
            raise BadList(f"{self._path}: {name}, {field}: write the time as 2026-11-22T22:00:00+03:00")
        return at.first

    def _actors(self, schedule: Resource) -> tuple[tuple[StaffId, ...], str]:
        """Whose schedule it is, and of which unit."""
        who, where = list[StaffId](), list[str]()
        todo, seen = list(schedule.actor), set[str]()
        while todo:
            reference = todo.pop(0)
            one = self._find(reference.reference) or Resource()
            kind = one.resource_type or _kind(reference)
            numbers = [*one.identifier, *([reference.identifier] if reference.identifier else [])]
            if kind == "PractitionerRole" and reference.reference not in seen:
                seen.add(reference.reference)
                todo += [*([one.practitioner] if one.practitioner else []), *one.location]
            if kind in ("Practitioner", "PractitionerRole"):
                found = [self._known.by_number(n.system, n.value) for n in numbers]
                who += [person for person in (*found, self._known.by_id(_bare(reference))) if person]
            if kind == "Location":
                where += [*(n.value for n in numbers), one.name if isinstance(one.name, str) else "", _bare(reference)]
                where.append(reference.display)
        return tuple(dict.fromkeys(who)), self._known.unit(where)

    def _find(self, reference: str) -> Resource | None:
        return self._all.get(reference) or self._all.get("/".join(reference.split("/")[-2:]))


def _read(path: Path) -> Iterator[tuple[str, Resource]]:
    raw = content(path).removeprefix(b"\xef\xbb\xbf")
    where = "the file"
    try:
        head = _head.decode(raw)
        if head.resource_type != "Bundle":
            yield "", _one.decode(raw)
        for number, entry in enumerate(head.entry, start=1):
            where = f"entry {number}"
            if _any.decode(entry.resource).resource_type in KINDS:
                yield entry.full_url, _one.decode(entry.resource)
    except msgspec.MsgspecError as problem:
        text = str(problem) if isinstance(problem, msgspec.ValidationError) else "it is not JSON"
        raise BadList(f"{path}: {where}: {text}; write it as FHIR R4 JSON has it") from None
    except RecursionError:
        raise BadList(f"{path}: {where}: too deep; write it as FHIR R4 JSON has it") from None


def _joined(spans: list[tuple[Moment, Moment]]) -> list[tuple[Moment, Moment]]:
    whole: list[tuple[Moment, Moment]] = []
    for begins, ends in sorted(spans):
        if whole and begins <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(ends, whole[-1][1]))
        else:
            whole.append((begins, ends))
    return whole


def _days(first: date, last: date, of_week: list[str]) -> Iterator[date]:
    day = first
    while day <= last:
        if not of_week or DAYS[day.weekday()] in of_week:
            yield day
        day += timedelta(days=1)


def _kind(reference: Reference) -> str:
    return reference.reference.split("/")[-2] if "/" in reference.reference else ""


def _bare(reference: Reference) -> str:
    return reference.reference.rpartition("/")[2]
