"""What each feed has said since this start, counted by its kind, and when it last spoke. Never what it said, or of whom."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from aftercall.config import Inside
from aftercall.inside.feeds.answer import Header
from aftercall.inside.feeds.learn import is_code
from aftercall.inside.road.notice import Listed, Notice, Unread
from aftercall.inside.silence import Hour, Rule, allowed, spoke, was_silent
from aftercall.inside.store import ears as rows
from aftercall.sql import Store
from aftercall.words import Moment

MOST = 200  # kinds that are counted apart; a sender may invent more
SENDERS = 20  # that are told apart
MINUTE = timedelta(minutes=1)
PART, PARTS = 10, 6  # seconds of a part of the last minute, and how many there are
HOUR, HOURS = 3600, 24


@dataclass(frozen=True)
class Silence:
    """One feed. `last` None: never heard. `allowed` None: at this hour it may be silent."""

    feed: str
    last: Moment | None
    allowed: timedelta | None
    set: bool  # by the settings, not learnt
    silent: bool


class Minute:
    """Counts of the last minute, in parts of ten seconds."""

    def __init__(self) -> None:
        self._parts = deque[tuple[int, Counter[tuple[str, str]]]](maxlen=PARTS)

    def note(self, what: tuple[str, str], now: Moment) -> None:
        part = int(now.timestamp() // PART)
        if not self._parts or self._parts[-1][0] != part:
            self._parts.append((part, Counter()))
        _count(self._parts[-1][1], what)

    def of(self, feed: str, now: Moment) -> Counter[str]:
        since = int(now.timestamp() // PART) - PARTS
        found = Counter[str]()
        for part, counts in self._parts:
            if part > since:
                found.update({kind: n for (whose, kind), n in counts.items() if whose == feed})
        return found


class Day:
    """Counts of the last 24 hours: how many messages a feed sent, and how many of them were not read."""

    def __init__(self) -> None:
        self._hours = deque[tuple[int, Counter[tuple[str, bool]]]](maxlen=HOURS)

    def note(self, feed: str, read: bool, now: Moment) -> None:
        hour = int(now.timestamp() // HOUR)
        if not self._hours or self._hours[-1][0] != hour:
            self._hours.append((hour, Counter()))
        self._hours[-1][1][feed, read] += 1

    def of(self, feed: str, now: Moment) -> tuple[int, int]:
        since = int(now.timestamp() // HOUR) - HOURS
        read, unread = (sum(counts[feed, was] for hour, counts in self._hours if hour > since) for was in (True, False))
        return read + unread, unread


def expected(s: Inside) -> tuple[str, ...]:
    """Feeds that are set up, whether or not they were ever heard."""
    return ("mllp", *(["folder"] if s.folder else []), *(["fhir"] if s.fhir_url or s.fhir_token else []))


class Ears:
    def __init__(self, zone: ZoneInfo, rules: tuple[Rule, ...], now: Moment) -> None:
        self._zone, self.rules, self.began = zone, rules, now
        self.heard, self.refused = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
        self._minute, self._day = Minute(), Day()
        self._last = dict[str, Moment]()
        self._own = set[str]()  # feeds heard since this start: the silence before was ours as much as theirs
        self._hours: defaultdict[str, dict[int, Hour]] = defaultdict(dict)
        self._fresh = set[tuple[str, int]]()  # rows to be written

    def note(self, feed: str, heard: Notice | Unread | Listed, now: Moment, header: Header | None = None) -> None:
        """One message more of this feed."""
        name = self._named(feed, header)
        self._day.note(name, not isinstance(heard, Unread), now)
        if isinstance(heard, Unread):
            _count(self.refused, (name, heard.code))
            self._minute.note((name, f"{heard.kind} refused ({heard.code})"), now)
        else:
            _count(self.heard, (name, heard.kind))
            self._minute.note((name, heard.kind), now)
        before = self._last.get(name)
        if before is None or now - before >= MINUTE:
            self._after_silence(name, before, now)
        self._last[name] = now
        self._own.add(name)

    def lately(self, feed: str, now: Moment) -> Counter[str]:
        """How many of each kind within the last minute, in this process."""
        return self._minute.of(feed, now)

    def of_a_day(self, feed: str, now: Moment) -> tuple[int, int]:
        """How many messages within 24 hours, and how many of these were not read; in this process, since it began."""
        return self._day.of(feed, now)

    def _named(self, feed: str, header: Header | None) -> str:
        """One listener may have several senders, and one of them may fall silent behind the others."""
        name = f"{feed} {sender}" if header and (sender := _sender(header.sender)) else feed
        return name if name in self._last or len(self._last) < SENDERS else f"{feed} others"

    def _after_silence(self, feed: str, before: Moment | None, now: Moment) -> None:
        if before is None or feed not in self._own:
            return
        hour = before.astimezone(self._zone).hour
        row = spoke(self._hours[feed].get(hour), feed, before, self._zone)
        self._hours[feed][hour] = was_silent(row, now - before, now)
        self._fresh.add((feed, hour))

    async def keep(self, store: Store, org: str, now: Moment) -> None:
        """What is new goes to the disk; also called at the start, when nothing is."""
        for feed in self._own:
            hour = self._last[feed].astimezone(self._zone).hour
            row = self._hours[feed].get(hour)
            if row is None or row.at < self._last[feed]:
                self._hours[feed][hour] = spoke(row, feed, self._last[feed], self._zone)
                self._fresh.add((feed, hour))
        wanted = [self._hours[feed][hour] for feed, hour in self._fresh]
        self._fresh.clear()
        for row in await store.do(rows.keep, org, wanted, now):
            self._hours[row.feed].setdefault(row.hour, row)
            self._last[row.feed] = max(row.at, self._last.get(row.feed, row.at))

    def silences(self, expected: tuple[str, ...], now: Moment) -> Iterator[Silence]:
        """Every feed that was heard in four weeks, and those that are set up."""
        told = dict.fromkeys([*sorted(self._last), *expected, *(rule.feed for rule in self.rules)])
        for feed in told:
            last = self._last.get(feed)
            set_up = any(rule.feed == feed for rule in self.rules)
            if last is None and any(name.startswith(f"{feed} ") for name in self._last):
                continue  # its senders are told apart
            since = max(last or self.began, self.began)  # who starts again has to wait for the senders to call again
            most = allowed(list(self._hours[feed].values()), self.rules, feed, last or self.began, self._zone, now)
            silent = most is not None and now - since > most and (last is not None or set_up)
            yield Silence(feed, last, most, set_up, silent)


def _count(where: Counter[tuple[str, str]], what: tuple[str, str]) -> None:
    where[what if what in where or len(where) < MOST else (what[0], "other")] += 1


@lru_cache(maxsize=256)
def _sender(raw: tuple[bytes, ...]) -> str:
    """MSH-3 and MSH-4 as a name; "" where they are no codes."""
    words = [part.partition(b"^")[0].decode("ascii", "replace").strip() for part in raw]
    return " ".join(word for word in words if word) if all(is_code(word) for word in words if word) else ""
