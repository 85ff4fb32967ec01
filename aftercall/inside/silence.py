"""How long a feed is usually silent at this hour, and whether it is silent now for longer: feeds stop quietly."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from aftercall.words import Moment

LEARNT = timedelta(days=7)  # a feed must have been heard for, before its own silences count
USUAL = timedelta(hours=24)  # until then
LEAST = timedelta(minutes=10)
TWICE = 2  # the longest silence there was
FADES = 3, 4  # of a silence that was longest, a week later
_RULE = re.compile(r"(?P<feed>[^=@]+)=(?P<minutes>\d{1,6})(?:@(?P<begins>\d\d)-(?P<ends>\d\d))?")


@dataclass(frozen=True)
class Hour:
    """Of one feed and one hour of the day, in the site's zone: the longest silence that began in it, and when it last spoke."""

    feed: str
    hour: int
    since: Moment
    at: Moment
    longest: timedelta
    week: int  # in which `longest` was looked at last


@dataclass(frozen=True)
class Rule:
    """What the settings say of a feed. Outside of its hours it may be silent."""

    feed: str
    longest: timedelta
    begins: int = 0
    ends: int = 24

    def holds(self, hour: int) -> bool:
        return self.begins <= hour < self.ends if self.begins < self.ends else not self.ends <= hour < self.begins


def rules_in(lines: Iterable[str]) -> tuple[Rule, ...]:
    """Raises ValueError, with the line and how it should be written."""
    found = []
    for line in lines:
        said = _RULE.fullmatch(line.strip())
        if not said or max(int(said["begins"] or 0), int(said["ends"] or 0)) > 24:
            raise ValueError(f"{line}: write the feed and minutes as mllp=30, with the hours in which it holds as folder=240@07-19")
        hours = (int(said["begins"]), int(said["ends"])) if said["begins"] else (0, 24)
        found.append(Rule(said["feed"].strip(), timedelta(minutes=int(said["minutes"])), *hours))
    return tuple(found)


def spoke(row: Hour | None, feed: str, at: Moment, zone: ZoneInfo) -> Hour:
    """The row of this hour, after it spoke."""
    row = row or Hour(feed, at.astimezone(zone).hour, at, at, timedelta(0), _week(at))
    return replace(row, at=max(row.at, at))


def was_silent(row: Hour, length: timedelta, now: Moment) -> Hour:
    """The row of the hour in which that silence began. Older ones fade, so that an outage is forgotten in a month or two."""
    longest = row.longest
    for _ in range(min(_week(now) - row.week, 20)):
        longest = longest * FADES[0] // FADES[1]
    return replace(row, longest=max(longest, length), week=_week(now))


def allowed(hours: Sequence[Hour], rules: Iterable[Rule], feed: str, last: Moment, zone: ZoneInfo, now: Moment) -> timedelta | None:
    """How long this feed may be silent after `last`. None: as long as it likes, at this hour. What is set wins."""
    if mine := [rule for rule in rules if rule.feed == feed]:
        held = [rule.longest for rule in mine if rule.holds(now.astimezone(zone).hour)]
        return min(held, default=None)
    if not hours or now - min(row.since for row in hours) < LEARNT:
        return USUAL
    at, known = last.astimezone(zone).hour, [row for row in hours if row.longest]
    nearest = min(known, key=lambda row: min((row.hour - at) % 24, (at - row.hour) % 24), default=None)
    return max(LEAST, TWICE * nearest.longest) if nearest else USUAL


def _week(at: Moment) -> int:
    return int(at.timestamp()) // 604800
