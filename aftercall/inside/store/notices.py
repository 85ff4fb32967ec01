"""What was said of each patient, who did something for them, and where they lay: rows that live three days."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall.inside.road.crew import Stay, Trace
from aftercall.inside.road.loss import HAND, Heard
from aftercall.inside.road.notice import DEAD, MAYBE, VOID, Marks, Named, Notice, Sign
from aftercall.inside.store.names import Names
from aftercall.inside.store.tables import alias, notice, trace
from aftercall.words import Moment, StaffId, moment, seconds

KEPT = timedelta(hours=72)

_NOTICE = sa.text(
    "INSERT INTO notice (org, body_hash, record, visit, document, version, joined, signal, facts, doubt, died_at, happened_at,"
    " sender_at, sent_at, unit, event, speaks, at) VALUES (:org, :body_hash, :record, :visit, :document, :version, :joined, :signal,"
    " :facts, :doubt, :died_at, :happened_at, :sender_at, :sent_at, :unit, '', :speaks, :at)"
    " ON CONFLICT (org, body_hash) DO UPDATE SET sender_at = excluded.sender_at, sent_at = excluded.sent_at,"
    " version = excluded.version, visit = excluded.visit, at = excluded.at"
    " WHERE excluded.sender_at > notice.sender_at"
    " OR (excluded.sender_at = notice.sender_at AND excluded.sent_at > notice.sent_at)"
)
_TRACE = sa.text(
    "INSERT INTO trace (org, record, staff, why, unit, role, begins, ends, at)"
    " VALUES (:org, :record, :staff, :why, :unit, :role, :begins, :ends, :at) ON CONFLICT (org, record, staff, why, unit) DO UPDATE SET"
    " begins = CASE WHEN excluded.begins < trace.begins THEN excluded.begins ELSE trace.begins END,"
    " ends = CASE WHEN excluded.ends > trace.ends THEN excluded.ends ELSE trace.ends END, at = excluded.at"
)


def keep(
    conn: Connection, org: str, new: Sequence[Notice], staff: Mapping[tuple[str, str], StaffId], now: Moment
) -> tuple[list[str], list[str]]:
    """Store them all. The record of each ("" where only a visit was named), and the names of the visits."""
    names = Names(conn, org, (marks for one in new for marks in _marks(one)))
    found = [(names.one(one.people or _document(one)), names.of(one.visit), names.one(one.joined)) for one in new]
    names.write(now)
    found = [(names.now(record), visit, names.now(joined)) for record, visit, joined in found]
    both = list(zip(new, found, strict=True))
    rows = [_row(one, record, visit, joined, names, now) for one, (record, visit, joined) in both if _matters(one)]
    if rows:
        conn.execute(_NOTICE, [{"org": org, **row} for row in rows])
    traces = [row for one, (record, _, _) in both if record for row in _traces(one, record, staff, now)]
    if traces:
        conn.execute(_TRACE, [{"org": org, **row} for row in traces])
    return [record for record, _, _ in found], [visit for _, visit, _ in found]


def _marks(one: Notice) -> Iterable[Marks]:
    return (*one.people, *one.joined, *filter(None, (one.visit, one.document)))


def _matters(one: Notice) -> bool:
    return bool(one.signs or one.joined or one.document or "expected" in one.facts)


def _document(one: Notice) -> tuple[Marks, ...]:
    return (one.document,) if one.document else ()


def _row(one: Notice, record: str, visit: str, joined: str, names: Names, now: Moment) -> dict[str, object]:
    speaks = any(s.value in DEAD or s.value in MAYBE for s in one.signs)
    signal = " ".join(f"{s.path}={s.value}" for s in one.signs)
    document = names.of(one.document)
    plain = record and not (speaks or joined or one.died or any(s.value in VOID for s in one.signs))
    return {
        # Of the many that say of one living patient the same, the newest is enough.
        "body_hash": f"{record} {document} {signal}" if plain else one.body.today,
        "record": record,
        "visit": visit,
        "document": document,
        "version": one.version,
        "joined": "" if joined == record else joined,
        "signal": signal,
        "facts": ",".join(sorted(one.facts)),
        "doubt": one.doubt,
        "died_at": None if one.died is None else seconds(one.died),
        "happened_at": None if one.happened is None else seconds(one.happened),
        "sender_at": seconds(one.said_at),
        "sent_at": seconds(one.sent or one.said_at),
        "unit": one.unit,
        "speaks": int(speaks),
        "at": seconds(now),
    }


def _traces(one: Notice, record: str, staff: Mapping[tuple[str, str], StaffId], now: Moment) -> Iterable[dict[str, object]]:
    at = one.happened or one.said_at
    same = {"record": record, "at": seconds(now)}
    if one.unit:
        yield {**same, "staff": "", "why": "", "role": "", "unit": one.unit, "begins": seconds(at), "ends": seconds(at)}
    for named in one.named:
        if who := staff.get((named.authority, named.number)):
            yield {**same, "staff": who, "why": named.why, "role": named.role, "unit": one.unit, **_span(named, at)}


def _span(named: Named, at: Moment) -> dict[str, int]:
    begins = named.begins or named.ends or at
    return {"begins": seconds(begins), "ends": seconds(max(begins, named.ends or (begins if named.begins else at)))}


def one_patient(conn: Connection, org: str, records: Iterable[str]) -> list[frozenset[str]]:
    """The records put together that were joined, by whatever stands in the rows: one set a patient."""
    todo, sets = set(records) - {""}, list[frozenset[str]]()
    while todo:
        same, edge = set[str](), {todo.pop()}
        while edge:
            same |= edge
            joins = sa.select(notice.c.record, notice.c.joined).where(
                notice.c.org == org, notice.c.joined != "", notice.c.record.in_(edge) | notice.c.joined.in_(edge)
            )
            edge = {name for row in conn.execute(joins) for name in row} - same - {""}
        todo -= same
        sets.append(frozenset(same))
    return sets


def spoken_of(conn: Connection, org: str, records: Iterable[str], visits: Iterable[str]) -> set[str]:
    """Of these records those that have ever been said to have died, or are joined to another; and whoever's visit is named."""
    wanted, named = set(records) - {""}, set(visits) - {""}
    found = sa.select(notice.c.record).distinct().where(notice.c.org == org)
    spoken = found.where(notice.c.record.in_(wanted), (notice.c.speaks == 1) | (notice.c.joined != ""))
    joined = sa.select(notice.c.joined).distinct().where(notice.c.org == org, notice.c.joined.in_(wanted), notice.c.joined != "")
    visited = found.where(notice.c.visit.in_(named), notice.c.speaks == 1) if named else None
    return {name for query in (spoken, joined, visited) if query is not None for name in conn.scalars(query)} - {""}


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
    rows = conn.execute(sa.select(trace).where(trace.c.org == org, trace.c.record.in_(records))).all()
    acts = (Trace(StaffId(r.staff), r.why, r.role, moment(r.begins), moment(r.ends), r.unit) for r in rows if r.staff)
    return tuple(acts), tuple(Stay(r.unit, moment(r.begins), moment(r.ends)) for r in rows if not r.staff)


def patient_of(conn: Connection, org: str, event: str) -> frozenset[str]:
    """The records of which an event is, while they are kept."""
    rows = conn.scalars(
        sa.select(notice.c.record).distinct().where(notice.c.org == org, notice.c.event == event, notice.c.event != "")
    )
    return frozenset(rows) - {""}


def say(conn: Connection, org: str, record: str, sign: Sign, now: Moment) -> None:
    """A human's word on a record, of this moment."""
    nothing = {"visit": "", "document": "", "version": 0, "joined": "", "facts": "", "doubt": "", "died_at": None, "unit": ""}
    spoken = {"signal": f"{sign.path}={sign.value}", "speaks": int(sign.value in DEAD), "happened_at": None}
    at = {"sender_at": seconds(now), "sent_at": seconds(now), "at": seconds(now)}
    conn.execute(_NOTICE, {"org": org, "body_hash": f"{HAND} {secrets.token_hex(12)}", "record": record, **nothing, **spoken, **at})


def belong(conn: Connection, org: str, records: frozenset[str], event: str) -> None:
    """All that was said of this patient is of this event."""
    conn.execute(notice.update().where(notice.c.org == org, notice.c.record.in_(records)).values(event=event))


def forget(conn: Connection, org: str, now: Moment) -> None:
    at = int((now - KEPT).timestamp())
    for table in (notice, trace, alias):
        conn.execute(table.delete().where(table.c.org == org, table.c.at <= at))
