"""Is the hospital's half well? Its feeds, its outbox, its disk, and a canary through all of it. Never a person or a unit."""

import asyncio
import ipaddress
import logging
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from sqlalchemy.engine import Connection, Engine

from aftercall.config import Inside
from aftercall.inside import acts, listening
from aftercall.inside.counted import OUT, Counted
from aftercall.inside.ears import Silence, expected
from aftercall.inside.feeds.frames import CR, FS, VT
from aftercall.inside.half import Half
from aftercall.inside.store.standing import Standing, standing
from aftercall.sql import reading
from aftercall.watch import looks
from aftercall.watch.audit import OVERDUE, Audit, late
from aftercall.watch.canary import PATIENCE, Fallen, Flights
from aftercall.watch.doctor import examined
from aftercall.watch.figures import Figure, gauge, text
from aftercall.watch.findings import BROKEN, LOOK, OK, Finding
from aftercall.words import Moment

log = logging.getLogger("aftercall.inside")

K = TypeVar("K", bound=tuple[str, ...])
COUNT = timedelta(minutes=1)  # between two counts of whole tables
FEED = "feed "  # what a finding about a feed begins with
DESK = "the desk"
NOTHING = Standing(0.0, False, 0, 0, {})


class Watch:
    """`listens`, `clock`: do these parts of the half run in this process? Else another worker's watch speaks of them."""

    def __init__(self, half: Half, roads: Counted, listens: bool, clock: bool) -> None:
        self._half, self._roads, self._clock_here = half, roads, clock
        self._way = Way(half, listens and may_call_itself(half.settings))
        self.flights = Flights(self._fly, half.clock, half.settings.canary if clock else 0)
        self._looked: Moment | None = None
        self._counted: Moment | None = None
        self._silent = set[str]()
        self._stands, self._disk, self._log, self._slowest = NOTHING, 1.0, 0, 0.0

    async def _fly(self) -> None:
        """Of several workers one at a time sends its canary."""
        if await self._half.company.reads("canary", self.flights.lease):
            await self._way.fly()

    async def look(self) -> None:
        half, now = self._half, self._half.clock.now()
        await half.ears.keep(half.store, half.rules.org, now)
        known = self._stands.outbox if self._counted and timedelta(0) <= now - self._counted < COUNT else None
        self._stands = await asyncio.to_thread(counted_apart, half.store.engine, half.rules.org, now, known)
        self._counted = now if known is None else self._counted
        self._say_who_fell_silent(now)
        self._disk, self._log = looks.free(half.settings.data), log_of(half.settings)
        self._slowest, self._looked = half.store.pulse.slowest_since(), now

    def audit(self) -> Audit:
        now = self._half.clock.now()
        since = (now - self._looked).total_seconds() if self._looked else 2 * OVERDUE
        tick = (now - self._half.ticked).total_seconds() if self._clock_here else 0.0
        stands = self._stands
        return Audit(tick, since, stands.overdue, self.flights.told, self._disk, stands.old, self._log)

    def problems(self) -> tuple[str, ...]:
        return self.audit().problems()

    def health(self) -> tuple[bool, str]:
        wrong = self.problems()
        now = self._half.clock.now()
        found = [*self._found(self.audit()), *of_rows(self._stands), *(_feed(one, now) for one in self._feeds(now))]
        lines = [f"{'ok' if one.state == OK else 'NO'}  {one.what}: {one.seen}" for one in found]
        return not wrong, "\n".join([*lines, "well" if not wrong else f"NOT WELL: {'; '.join(wrong)}", ""])

    def metrics(self) -> str:
        half, audit, pulse = self._half, self.audit(), self._half.store.pulse
        feeds = [one for one in self._feeds(half.clock.now()) if one.last or one.silent]
        return text(
            (
                gauge("aftercall_tick_age_seconds", "Since the clock last came round.", round(audit.tick_age, 3)),
                gauge("aftercall_overdue_seconds", "The oldest row that is overdue.", round(audit.overdue, 3)),
                gauge("aftercall_canary_passed", "1 when the last canary came back.", not audit.canary),
                gauge("aftercall_well", "1 when the audit passes and a heartbeat may go out.", not audit.problems()),
                _by("aftercall_heard_total", "Messages heard since the start.", ("feed", "kind"), half.ears.heard),
                _by(
                    "aftercall_refused_total",
                    "Messages not read, or not ours.",
                    ("feed", "code"),
                    half.ears.refused,
                ),
                _by("aftercall_feed_silence_seconds", "Since a feed last spoke.", ("feed",), self._silent_for(feeds), "gauge"),
                _by("aftercall_feed_silent", "1 for longer than usual.", ("feed",), {(f.feed,): f.silent for f in feeds}, "gauge"),
                gauge("aftercall_quarantine_rows", "Messages that lie aside.", self._stands.quarantine),
                _by("aftercall_outbox_rows", "Messages that wait.", ("template",), _named(self._stands.outbox), "gauge"),
                _by("aftercall_messages_total", "Messages by what became of a try.", ("road", "outcome"), self._roads.went),
                gauge("aftercall_writer_jobs", "Jobs in the writer's line.", half.store.waiting),
                Figure("aftercall_commits_total", "counter", "Commits since the start.", {(): pulse.commits}),
                Figure("aftercall_commit_seconds_total", "counter", "Time in COMMIT (fsync).", {(): round(pulse.seconds, 6)}),
                gauge("aftercall_commit_slowest_seconds", "The slowest COMMIT between two looks.", round(self._slowest, 6)),
                gauge("aftercall_disk_free_ratio", "Of the volume of the data folder.", round(audit.disk, 4)),
                gauge("aftercall_log_bytes", "Of the write-ahead log.", audit.log),
            )
        )

    def _silent_for(self, feeds: list[Silence]) -> dict[tuple[str, ...], float]:
        now = self._half.clock.now()
        return {(f.feed,): round((now - f.last).total_seconds()) for f in feeds if f.last}

    async def doctor(self) -> list[Finding]:
        self._counted = None
        await self.look()
        now = self._half.clock.now()
        return [
            *self._found(self.audit()),
            *of_rows(self._stands),
            *(self._lately(_feed(one, now), one.feed, now) for one in self._feeds(now)),
            await asyncio.to_thread(self._chain),
            *self._roads_found(),
            *of_this_machine(self._half.settings, now),
        ]

    def _lately(self, found: Finding, feed: str, now: Moment) -> Finding:
        """The same, with how many of each kind were heard within the last minute."""
        told = ", ".join(f"{n} x {kind}" for kind, n in sorted(self._half.ears.lately(feed, now).items()))
        return replace(found, seen=f"{found.seen}; in the last minute {told}") if told else found

    def _feeds(self, now: Moment) -> list[Silence]:
        return list(self._half.ears.silences(expected(self._half.settings), now))

    def _say_who_fell_silent(self, now: Moment) -> None:
        """Once each, in the log; the figure and the doctor say it for as long as it lasts."""
        silent = {one.feed for one in self._feeds(now) if one.silent}
        for feed in sorted(silent - self._silent):
            log.error("the feed %s has been silent for longer than it ever should; `aftercall doctor inside` says more", feed)
        self._silent = silent

    def _found(self, audit: Audit) -> Iterator[Finding]:
        yield looks.clock(audit, self._clock_here)
        yield self._canary(audit.canary)
        if self._half.bad_list:
            yield Finding(
                "lists", BROKEN, self._half.bad_list, "Mend the file; until then staff, units and rota stay as they were."
            )

    def _canary(self, told: str) -> Finding:
        if not self.flights.wanted:
            return Finding("canary", LOOK if self._clock_here else OK, "none flies here", "Set `canary` to seconds, as 300.")
        if told:
            return Finding("canary", BROKEN, f"did not come back: {told}", "What stands in this half's log? Start it again.")
        how = "HL7 over MLLP" if self._way.over_the_wire else "HL7, not by its own link (mllp_allow or mllp_clients keep it out)"
        return Finding("canary", OK, f"the last one came back: {how}, heard, believed, weighed, sent to nobody, marked, gone")

    def _chain(self) -> Finding:
        half = self._half
        _, wrong = acts.looked_over(half.store.engine, half.rules.org, half.settings.data)
        return looks.chain(wrong, DESK)

    def _roads_found(self) -> Iterator[Finding]:
        for road in ("sms", "mail"):
            if road not in self._roads:
                continue
            tries = self._roads.failing[road]
            if not tries:
                sent = self._roads.went[road, "sent"]
                yield Finding(f"by {road}", OK, f"{sent} sent since the start" if sent else "nothing to send since the start")
                continue
            seen = f"{tries} failed in a row; the last: {self._roads.problem[road]}"
            do = "Is the provider there, the account in credit, the password right? What waits goes when it works again."
            yield Finding(f"by {road}", BROKEN if tries >= OUT else LOOK, seen, do)


def counted_apart(engine: Engine, org: str, now: Moment, known: dict[str, int] | None) -> Standing:
    """Not in the writer's line."""
    apart = reading(engine)
    try:
        with apart.connect() as conn:
            return standing(conn, org, now, known)
    finally:
        apart.dispose()


def of_rows(stands: Standing) -> Iterator[Finding]:
    """What the rows say, whoever reads them."""
    if stands.overdue > OVERDUE:
        do = "Messages stand still. Is this half running, and is its database there?"
        yield Finding("overdue", BROKEN, f"the oldest message has been due for {late(stands.overdue):.0f} s", do)
    else:
        yield Finding("overdue", OK, "nothing is overdue by more than 30 s")
    if stands.old:
        yield Finding("outbox", BROKEN, "messages were tried three times or more, and wait", "Look at the roads.")
    else:
        yield Finding("outbox", OK, f"{sum(stands.outbox.values())} wait for their day; none has failed again and again")
    seen = f"{stands.lately} messages could not be read within a day, {stands.quarantine} within 30 days"
    yield Finding("aside", LOOK if stands.lately else OK, seen, "The desk says what and where." if stands.lately else "")


def _feed(one: Silence, now: Moment) -> Finding:
    what = f"{FEED}{one.feed}"
    if one.last is None:
        do = "Point the sender here, and try it: aftercall replay FILE --to HOST:PORT"
        return Finding(what, BROKEN if one.silent else LOOK, "nothing was ever heard", do)
    heard = f"last heard {_ago((now - one.last).total_seconds())} ago"
    if one.allowed is None:
        return Finding(what, OK, f"{heard}; it may be silent at this hour")
    most = f"{heard}; {'set' if one.set else 'usual'} is at most {_ago(one.allowed.total_seconds())}"
    if not one.silent:
        return Finding(what, OK, most)
    do = "Ask whoever runs the sender: is its queue standing? A feed that is no more is forgotten after 28 days."
    return Finding(what, BROKEN, f"SILENT: {most}", do)


def _ago(seconds: float) -> str:
    minutes = int(seconds // 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h" if minutes < 72 * 60 else f"{minutes // 1440} days"


def log_of(s: Inside) -> int:
    """Bytes of SQLite's write-ahead log. PostgreSQL's is its administrator's to watch: this half's role may not see it."""
    try:
        return 0 if s.url else (s.data / "event.db-wal").stat().st_size
    except OSError:
        return 0


def of_this_machine(s: Inside, now: Moment) -> Iterator[Finding]:
    """What is seen without the half."""
    yield looks.disk(looks.free(s.data))
    yield looks.apart(s)
    if not s.url:
        size = log_of(s) // (1024 * 1024)
        yield Finding("log", OK if size < 256 else BROKEN, f"{size} MB of write-ahead log", "" if size < 256 else "Start it again.")
    yield from looks.door(s, now)
    for what, path in (("MLLP certificate", s.mllp_cert), ("senders", s.mllp_clients)):
        if path:
            yield looks.certificate(what, Path(path), now)
    missing = [str(path) for path in (s.units, s.rota, *([] if s.scim_token else [s.staff])) if not path.exists()]
    if missing:
        yield Finding("files", BROKEN, f"missing: {', '.join(missing)}", "Without them nobody is known to be there.")


def _named(by: dict[str, int]) -> dict[tuple[str, ...], float]:
    return {(name,): n for name, n in by.items()}


def _by(name: str, help: str, labels: tuple[str, ...], values: Mapping[K, float], kind: str = "counter") -> Figure:
    return Figure(name, kind, help, {tuple(zip(labels, key, strict=True)): float(n) for key, n in values.items()})


def examine(s: Inside, now: Moment) -> list[Finding]:
    """`aftercall doctor inside`."""

    def rows(conn: Connection) -> Iterator[Finding]:
        yield from of_rows(standing(conn, s.org, now))
        yield looks.chain(acts.wrong(conn, s.org, s.data), DESK)

    return examined(s, "inside", s.data / "event.db", rows, of_this_machine(s, now))


# the canary's way ----------------------------------------------------------------------------------------------------------


def may_call_itself(s: Inside) -> bool:
    """Not where only known senders get in."""
    own = ipaddress.ip_address("127.0.0.1")
    return not s.mllp_clients and (not s.mllp_allow or any(own in network for network in listening.networks(s)))


@dataclass(frozen=True)
class Way:
    half: Half
    over_the_wire: bool

    async def fly(self) -> None:
        """Sent, heard, believed, weighed, claimed, sent to nobody, marked, gone. Raises Fallen."""
        canary = self.half.canary
        told = await canary.settle()
        try:
            answer = await (self._call(told) if self.over_the_wire else self.half.hear(told))
            if b"MSA|AA|" not in answer:
                raise Fallen("its message was not acknowledged with AA")
            await canary.nobody.came()
            await canary.marked()
        finally:
            await canary.clear()

    async def _call(self, told: bytes) -> bytes:
        s = self.half.settings
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(s.mllp_host, s.mllp_host)  # noqa: S104 - not where we listen
        itself = ssl.create_default_context() if s.mllp_cert else None
        if itself:
            itself.check_hostname, itself.verify_mode = False, ssl.CERT_NONE  # our own listener, by another name
        try:
            async with asyncio.timeout(PATIENCE):
                reader, writer = await asyncio.open_connection(host, s.mllp_port, ssl=itself)
                try:
                    writer.write(VT + told + FS + CR)
                    return await reader.readuntil(FS + CR)
                finally:
                    writer.close()
        except (OSError, asyncio.IncompleteReadError) as problem:
            raise Fallen(f"its own MLLP listener did not answer ({type(problem).__name__})") from None
