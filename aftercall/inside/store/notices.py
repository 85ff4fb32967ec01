"""What was said of each patient, who did something for them, and where they lay: rows that live three days."""

import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall import retention
from aftercall.inside.road.crew import Stay, Trace, lasted
from aftercall.inside.road.loss import HAND, Heard
from aftercall.inside.road.notice import DEAD, MAYBE, VOID, Marks, Notice, Sign
from aftercall.inside.store import joins, known
from aftercall.inside.store.names import Names
from aftercall.inside.store.tables import alias, coming, notice, pair, trace
from aftercall.sql import among, many, plain
from aftercall.words import Moment, StaffId, moment, seconds

KEPT = retention.NOTICE
LAST = 253402300799  # the end of the year 9999

_COLUMNS = (
    "org, body_hash, record, visit, document, version, joined, signal, facts, doubt, died_at, happened_at, sender_at, sent_at,"
    " unit, event, speaks, at"
)
_NOTICE = (
    f"INSERT INTO notice ({_COLUMNS}) VALUES ({', '.join('?' * 18)})"  # noqa: S608 - our own columns
    " ON CONFLICT (org, body_hash) DO UPDATE SET sender_at = excluded.sender_at, sent_at = excluded.sent_at,"
    " version = excluded.version, visit = excluded.visit, at = excluded.at"
    " WHERE excluded.sender_at > notice.sender_at"
    " OR (excluded.sender_at = notice.sender_at AND excluded.sent_at > notice.sent_at)"
)
_TRACE = (
    "INSERT INTO trace (org, record, staff, why, unit, role, begins, ends, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (org, record, staff, why, unit) DO UPDATE SET"
    " begins = CASE WHEN excluded.begins < trace.begins THEN excluded.begins ELSE trace.begins END,"
    " ends = CASE WHEN excluded.ends > trace.ends THEN excluded.ends ELSE trace.ends END, at = excluded.at"
)
_SPOKEN = (
    "SELECT record FROM notice WHERE org = ? AND (speaks = 1 OR joined != '') AND record IN ?"
    " UNION SELECT joined FROM notice WHERE org = ? AND joined != '' AND joined IN ?"
    " UNION SELECT record FROM notice WHERE org = ? AND visit != '' AND speaks = 1 AND visit IN ?"
)


_JOINS = (
    "SELECT record, joined FROM notice WHERE org = ? AND joined != '' AND record IN ?"
    " UNION SELECT record, joined FROM notice WHERE org = ? AND joined != '' AND joined IN ?"
)


_TRACES = "SELECT staff, why, role, begins, ends, unit FROM trace WHERE org = ? AND record IN ?"
_BELONG = "UPDATE notice SET event = ? WHERE org = ? AND record IN ?"
_ITS = "SELECT record, visit, document FROM notice WHERE org = ? AND event = ? AND event != ''"
_STILL = "UPDATE alias SET at = ? WHERE org = ? AND at < ? AND name IN ?"


class Kept(NamedTuple):
    """Under which names a group of notices was kept."""

    records: list[str]  # of each; "" where only a visit was named
    asked: set[str]  # those of them, and of the visits, of whom something may have been said before, or was now
    visits: set[str]


def keep(conn: Connection, org: str, new: Sequence[Notice], staff: Mapping[tuple[str, str], StaffId], now: Moment) -> Kept:
    """Store them all."""
    names = Names(conn, org, (marks for one in new for marks in _marks(one)))
    found = [(names.one(one.people or _document(one)), names.of(one.visit), names.one(one.joined)) for one in new]
    for marks in (marks for one in new for marks in _came(one)):
        names.of(marks)
    names.write(now)
    found = [(names.now(record), visit, names.now(joined)) for record, visit, joined in found]
    both, then = list(zip(new, found, strict=True)), seconds(now)
    many(conn, _NOTICE, [(org, *_row(one, *its, names), then) for one, its in both if _matters(one)])
    many(conn, _TRACE, [(org, its[0], *row, then) for one, its in both if its[0] for row in _traces(one, staff)])
    joins.keep(conn, org, [(its[0], its[1], one.coming) for one, its in both if one.coming], names, now)
    asked = {record for one, (record, _, joined) in both if joined or _speaks(one) or not names.is_new(record)}
    return Kept([record for record, _, _ in found], asked, {visit for _, visit, _ in found if not names.is_new(visit)})


def _marks(one: Notice) -> Iterable[Marks]:
    return (*one.people, *one.joined, *filter(None, (one.visit, one.document)), *_came(one))


def _came(one: Notice) -> Iterable[Marks]:
    return filter(None, (*one.coming.numbers, one.coming.incident)) if one.coming else ()


def _matters(one: Notice) -> bool:
    return bool(one.signs or one.joined or one.document or "expected" in one.facts)


def _speaks(one: Notice) -> bool:
    """For a death."""
    return any([sign.value in DEAD or sign.value in MAYBE for sign in one.signs])


def _document(one: Notice) -> tuple[Marks, ...]:
    return (one.document,) if one.document else ()


def _row(one: Notice, record: str, visit: str, joined: str, names: Names) -> tuple[object, ...]:
    """From the second of `_COLUMNS` to the last but one."""
    speaks = _speaks(one)
    signal = " ".join([f"{s.path}={s.value}" for s in one.signs])
    document = names.of(one.document)
    plain = record and not (speaks or joined or one.died or any([s.value in VOID for s in one.signs]))
    said, facts = seconds(one.said_at), ",".join(sorted(one.facts)) if one.facts else ""
    return (
        # Of the many that say of one living patient the same, the newest is enough.
        f"{record} {document} {signal} {facts}" if plain else one.body.today,
        record,
        visit,
        document,
        one.version,
        "" if joined == record else joined,
        signal,
        facts,
        one.doubt,
        seconds(one.died) if one.died else None,
        None if one.happened is None else said if one.happened == one.said_at else seconds(one.happened),
        said,
        seconds(one.sent) if one.sent else said,
        one.unit,
        "",
        int(speaks),
    )


def _traces(one: Notice, staff: Mapping[tuple[str, str], StaffId]) -> Iterator[tuple[object, ...]]:
    """staff, why, unit, role, begins, ends; the first is where the patient lay, a row an hour, for one may come back."""
    at = one.happened or one.said_at
    if one.unit:
        then = seconds(at)
        yield "", str(then // 3600), one.unit, "", then, then
    for named in one.named:
        if who := staff.get((named.authority, named.number)):
            begins, ends = lasted(named, at)
            yield who, named.why, one.unit, named.role, seconds(begins), seconds(ends)


def one_patient(conn: Connection, org: str, records: Iterable[str]) -> list[frozenset[str]]:
    """The records put together that were joined, by whatever stands in the rows: one set a patient."""
    todo, sets = set(records) - {""}, list[frozenset[str]]()
    while todo:
        same, edge = set[str](), {todo.pop()}
        while edge:
            same |= edge
            edge = {name for row in among(conn, _JOINS, org, edge, edge) for name in row} - same - {""}
        todo -= same
        sets.append(frozenset(same))
    return sets


def spoken_of(conn: Connection, org: str, kept: Kept) -> set[str]:
    """Of these records those that have ever been said to have died, or are joined to another; and whoever's visit is named."""
    wanted, named = kept.asked - {""}, kept.visits - {""}
    return {name for (name,) in among(conn, _SPOKEN, org, wanted, wanted, named)} - {""}


def said_of(conn: Connection, org: str, records: frozenset[str]) -> tuple[tuple[Heard, ...], set[str]]:
    """Everything said of this patient in three days, and the events it belongs to."""
    rows = conn.execute(sa.select(notice).where(notice.c.org == org, notice.c.record.in_(records))).all()
    owner = {row.visit: row.record for row in rows if row.visit}
    if owner:
        bare = sa.select(notice).where(notice.c.org == org, notice.c.record == "", notice.c.visit.in_(owner))
        rows = [*rows, *conn.execute(bare)]
    return tuple(_heard(row, row.record or owner[row.visit]) for row in rows), {row.event for row in rows if row.event}


def _heard(row: sa.Row[tuple[object, ...]], record: str) -> Heard:
    return Heard(
        body=row.body_hash,
        signs=tuple(Sign(*part.split("=")) for part in row.signal.split()),
        died=None if row.died_at is None else moment(row.died_at),
        said_at=moment(row.sender_at),
        unit=row.unit,
        record=record,
        visit=row.visit,
        joined=(row.joined,) if row.joined else (),
        document=row.document,
        version=row.version,
        sent_at=moment(row.sent_at),
        happened=None if row.happened_at is None else moment(row.happened_at),
        facts=frozenset(filter(None, row.facts.split(","))),
        doubt=row.doubt,
    )


def traces_of(conn: Connection, org: str, records: frozenset[str]) -> tuple[tuple[Trace, ...], tuple[Stay, ...]]:
    """Who did something for this patient, and in which units they were seen, from when to when."""
    rows = among(conn, _TRACES, org, records)
    acts = (Trace(StaffId(who), why, role, moment(begins), moment(ends), at) for who, why, role, begins, ends, at in rows if who)
    return tuple(acts), tuple(Stay(at, moment(begins), moment(ends)) for who, _, _, begins, ends, at in rows if not who)


def patient_of(conn: Connection, org: str, event: str) -> frozenset[str]:
    """The records of which an event is, while they are kept."""
    rows = conn.scalars(
        sa.select(notice.c.record).distinct().where(notice.c.org == org, notice.c.event == event, notice.c.event != "")
    )
    return frozenset(rows) - {""}


def say(conn: Connection, org: str, record: str, sign: Sign, now: Moment) -> None:
    """A human's word on a record, of this moment."""
    then, speaks = seconds(now), int(sign.value in DEAD)
    body, signal = f"{HAND} {secrets.token_hex(12)}", f"{sign.path}={sign.value}"
    row = (org, body, record, "", "", 0, "", signal, "", "", None, None, then, then, "", "", speaks, then)
    many(conn, _NOTICE, [row])


def together(conn: Connection, org: str, run: str, stay: str, now: Moment) -> None:
    """A human says that both records are one patient's. The last word of all, so that what one of the two says undoes nothing
    of the other: a hospital's "not dead" of before the death was entered must not take back what the crew saw."""
    body = f"{HAND} {secrets.token_hex(12)}"
    many(conn, _NOTICE, [(org, body, run, "", "", 0, stay, "", "", "", None, None, LAST, LAST, "", "", 0, seconds(now))])


def apart(conn: Connection, org: str, run: str, stay: str) -> None:
    """They are not, after all."""
    mine = (notice.c.org == org, notice.c.record == run, notice.c.joined == stay, notice.c.sender_at == LAST)
    conn.execute(notice.delete().where(*mine))


def speaking(conn: Connection, org: str, patient: frozenset[str]) -> list[str]:
    """Which of a patient's records have ever said that they died."""
    said = sa.select(notice.c.record).distinct().where(notice.c.org == org, notice.c.record.in_(patient), notice.c.speaks == 1)
    return sorted(conn.scalars(said))


def belong(conn: Connection, org: str, records: frozenset[str], event: str, now: Moment) -> None:
    """All that was said of this patient is of this event, and what it was said of is known for as long as anybody may be told."""
    plain(conn, _BELONG, event, org, records)
    still_named(conn, org, {name for row in plain(conn, _ITS, org, event) for name in row}, now)


def still_named(conn: Connection, org: str, names: Collection[str], now: Moment) -> None:
    """News of a loss is news of the same loss for three days from when it was heard, not from when the patient first came."""
    plain(conn, _STILL, seconds(now), org, seconds(now), names)


def forget(conn: Connection, org: str, now: Moment) -> None:
    at = int((now - KEPT).timestamp())
    known.forget(conn, org, at)
    for table in (notice, trace, alias, coming, pair):
        conn.execute(table.delete().where(table.c.org == org, table.c.at <= at))
