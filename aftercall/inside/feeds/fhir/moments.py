"""Times as FHIR writes them: any precision, or a reason why there is none."""

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta, tzinfo

from aftercall.inside.feeds.fhir.shapes import Element, Extension, Period
from aftercall.inside.feeds.times import Time, time_of
from aftercall.words import Moment

_MONTH = re.compile(r"(\d{4})-(\d\d)")
ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
NEVER = frozenset({"not-applicable", "not-permitted"})  # reasons that say there is nothing to be dated


def time_in(text: str | None, zone: tzinfo) -> Time | None:
    text = (text or "").strip()
    month = _MONTH.fullmatch(text)
    return time_of(month[1] + month[2] if month else text, zone)


def precision(time: Time) -> str:
    """How exactly it was said: "time", "day", "month" or "year"."""
    if time.is_day:
        return "day"
    if time.is_coarse:
        return "month" if time.span < timedelta(days=40) else "year"
    return "time"


def around(period: Period | None, zone: tzinfo) -> tuple[Time | None, Time | None]:
    return (time_in(period.start, zone), time_in(period.end, zone)) if period else (None, None)


def first_of(period: Period | None, zone: tzinfo) -> tuple[Moment | None, Moment | None]:
    begins, ends = around(period, zone)
    return begins.first if begins else None, ends.last if ends else None


def is_said_unknown(element: Element | None) -> bool:
    """There is a time, the sender only doesn't know it."""
    said = [extension.value_code or "" for extension in _flat(element) if extension.url == ABSENT]
    return any(code not in NEVER for code in said)


def partial(element: Element | None, zone: tzinfo) -> Time | None:
    """A death certificate's date in parts (VRDR partial dates): year, month and day, as far as they are known."""
    parts: dict[str, str] = {}
    for one in _flat(element):
        name = re.sub(r".*[/-]", "", (one.url or "").casefold())
        number = one.value_unsigned_int if one.value_unsigned_int is not None else one.value_integer
        if name in ("year", "month", "day") and number is not None:
            parts[name] = f"{number:04}" if name == "year" else f"{number:02}"
        elif name == "time" and one.value_time:
            parts[name] = "T" + one.value_time
    if "year" not in parts:
        return None
    text = parts["year"]
    for name in ("month", "day"):
        if name not in parts:
            return time_in(text, zone)
        text += "-" + parts[name]
    return time_in(text + parts.get("time", ""), zone)


def _flat(element: Element | None) -> Iterator[Extension]:
    waiting: Iterable[Extension] = (element.extension or ()) if element else ()
    for _ in range(4):
        yield from waiting
        waiting = [inner for one in waiting for inner in one.extension or ()]
