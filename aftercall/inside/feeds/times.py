"""Read a time of any precision as exactly as it was said, and no more exactly."""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import NamedTuple

from aftercall.inside.feeds.site import CURRENT, SHORT, SKEW
from aftercall.words import Moment

LONGEST = 40  # letters of the longest time there is


def time_of(text: str, zone: tzinfo) -> "Time | None":
    """A DTM of any precision (HL7 v2.5.1 2.A.22) or an ISO 8601 time; None when it is neither, as `0000` is."""
    return _known(text, zone) if text and len(text) <= LONGEST else None


def read_time(text: str, zone: tzinfo) -> "Time | None":
    """The same for whoever remembers what was read, as the readers of HL7 v2 do with what stood on the wire."""
    if quick := _to_the_second(text, zone):
        return quick
    found = _DTM.fullmatch(text) or _ISO.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, offset = found.groups()
    span = _SPAN["day" if day else "month" if month else "year"]
    try:
        start = datetime(int(year), int(month or 1), int(day or 1), tzinfo=_offset(offset) or zone)
    except ValueError:
        return None
    if not 1850 <= start.year <= 2199:
        return None
    if hour and int(hour + (minute or "") + (second or "")):
        with suppress(ValueError):  # an impossible hour (2400) leaves the day, which was said as well
            start = start.replace(hour=int(hour), minute=int(minute or 0), second=min(59, int(second or 0)))
            span = timedelta(0) if minute else timedelta(hours=1)
    return Time(start.astimezone(UTC), span)


_known = lru_cache(maxsize=1024)(read_time)


def _to_the_second(text: str, zone: tzinfo) -> "Time | None":
    """Nearly every time of a feed, `20260310142210` with or without an offset. Any other is read with more care."""
    if _SECONDS.fullmatch(text) is None or text[8:14] == "000000":
        return None
    try:
        said = datetime.fromisoformat(f"{text[:8]}T{text[8:]}")
    except ValueError:
        return None
    if not 1850 <= said.year <= 2199:
        return None
    return Time((said if said.tzinfo else said.replace(tzinfo=zone)).astimezone(UTC), _INSTANT)


class Time(NamedTuple):
    """A time as exactly as it was said: the first and the last instant that it can mean."""

    first: Moment
    span: timedelta

    @property
    def last(self) -> Moment:
        return self.first + self.span - _SECOND if self.span else self.first

    @property
    def is_day(self) -> bool:
        return self.span == _SPAN["day"]

    @property
    def is_coarse(self) -> bool:
        """Only a month or a year."""
        return self.span > _SPAN["day"]


_INSTANT, _SECOND = timedelta(0), timedelta(seconds=1)
_SPAN = {"day": timedelta(days=1), "month": timedelta(days=31), "year": timedelta(days=366)}
_SECONDS = re.compile(r"\d{14}(?:[+-]\d{4})?", re.ASCII)
_DTM = re.compile(r"([12]\d{3})(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:\.\d{0,9})?)?)?)?)?)?\s*([+-]\d{4}|Z)?", re.ASCII)
_ISO = re.compile(r"([12]\d{3})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d{0,9})?)?)?\s*([+-]\d\d:?\d\d|Z)?", re.ASCII)


def _offset(text: str | None) -> tzinfo | None:
    if not text or text == "Z":
        return UTC if text else None
    ahead = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(-ahead if text[0] == "-" else ahead)


def doubt(died: Time | None, now: Moment, sent: Moment, *, left: Time | None, test: str, nobody: bool) -> str:
    """Why nobody may be written to because of this report: the first reason that holds, or "".

    `sent` is the last time the sender wrote; `left` the end of the visit; `test` is "training", "mannequin" or "";
    `nobody` says that no visit stands behind it. Judged by the sender's last time, not by when it says that it happened:
    a death of last year that is entered today happened last year.
    """
    if test:
        return test
    # Nobody dies a day after the message that says so: a mannequin's dates, or a slip of the pen.
    if died is not None and died.first > min(now + SKEW, sent + SHORT):
        return "future time"
    if nobody or (left is not None and left.last + CURRENT < sent):
        return "no current visit"
    return "long ago" if died is not None and died.last + CURRENT < sent else ""
