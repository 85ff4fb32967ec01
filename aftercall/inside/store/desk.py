"""What the desk reads: what it has a word on, and why. Counts of who was there, never who; nothing of who told it."""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall.inside.road.join import Pair, Side
from aftercall.inside.road.loss import CALL, CONFIRMED, HELD, SUSPECTED, Loss, believe
from aftercall.inside.road.notice import ALIVE, DEAD, MAYBE, Marks, Sign
from aftercall.inside.road.weight import Past
from aftercall.inside.store import joins, notices
from aftercall.inside.store.tables import attendance, event, learned, notice, quarantine, rota, staff, unit
from aftercall.words import Moment, moment

SHOWN = 50  # pairs of a run and a stay
SEEN = 500  # values a site can have seen; more than that is no list of codes


@dataclass(frozen=True)
class Undecided:
    """An event the desk has a word on. `signs` speak for a death, `against` against it: where it stood, and the class of value."""

    event: str
    state: str
    unit: str
    died: Moment | None
    there: int
    rules: tuple[str, ...]
    signs: tuple[Sign, ...] = ()
    against: tuple[Sign, ...] = ()


def undecided(conn: Connection, org: str) -> list[Undecided]:
    """Held, suspected, and those whose team waits for a human's yes; the newest first."""
    mine = sa.or_(event.c.state.in_((HELD, SUSPECTED)), _released_by_hand(org))
    rows = sa.select(event).where(event.c.org == org, event.c.died_at.isnot(None), mine)
    return [undecided_of(conn, org, row) for row in conn.execute(rows.order_by(event.c.died_at.desc(), event.c.event)).all()]


def urgent(conn: Connection, org: str) -> set[str]:
    """The events for which somebody waits on the desk: held, or not to be written about without a yes."""
    mine = sa.or_(event.c.state == HELD, _released_by_hand(org))
    return set(conn.scalars(sa.select(event.c.event).where(event.c.org == org, event.c.died_at.isnot(None), mine)))


def _released_by_hand(org: str) -> sa.ColumnElement[bool]:
    """Somebody of its team has no moment for their first message yet."""
    nobody = (attendance.c.step == "first", attendance.c.due.is_(None))
    waits = sa.exists().where(attendance.c.org == org, attendance.c.event == event.c.event, *nobody)
    return sa.and_(event.c.state.in_((CONFIRMED, CALL)), waits)


def undecided_of(conn: Connection, org: str, row: sa.Row[tuple[object, ...]]) -> Undecided:
    """The same of one event, whatever its state."""
    _, speaks, against = _signs(conn, org, notices.patient_of(conn, org, row.event))
    died = None if row.died_at is None else moment(row.died_at)
    return Undecided(row.event, row.state, row.unit or "", died, row.there, _rules(row.rules), speaks, against)


def _signs(conn: Connection, org: str, records: frozenset[str]) -> tuple[Loss, tuple[Sign, ...], tuple[Sign, ...]]:
    """What is believed of these records, the signs that speak for a death, and those that speak against it."""
    heard, _ = notices.said_of(conn, org, records)
    loss = believe(heard)
    signs = sorted({sign for one in heard for sign in one.signs}, key=lambda sign: (sign.path, sign.value))
    speaks = tuple(s for s in signs if s.path in loss.signs and s.value in DEAD | MAYBE)
    return loss, speaks, tuple(s for s in signs if s.path in loss.against and s.value in ALIVE)


def _rules(stored: str) -> tuple[str, ...]:
    return tuple(filter(None, stored.split(",")))


def past(conn: Connection, org: str) -> list[Past]:
    """The losses and hard calls of the last 90 days: which rules matched, how much each weighed, how many were there."""
    counted = sa.select(event.c.rules, event.c.weight, event.c.there).where(
        event.c.org == org, event.c.state.in_((CONFIRMED, CALL))
    )
    return [Past(_rules(row.rules), row.weight, row.there) for row in conn.execute(counted)]


@dataclass(frozen=True)
class Lately:
    """A loss of the last three days: how many were there, not who."""

    event: str
    unit: str
    died: Moment
    there: int


def lately(conn: Connection, org: str) -> list[Lately]:
    """The newest first."""
    mine = sa.and_(event.c.org == org, event.c.state.in_((CONFIRMED, CALL)), event.c.died_at.isnot(None), event.c.there > 0)
    rows = conn.execute(sa.select(event).where(mine).order_by(event.c.died_at.desc(), event.c.event))
    return [Lately(row.event, row.unit or "", moment(row.died_at), row.there) for row in rows]


# a run and a stay ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """A run, or a stay, as the desk sees it: when, how old in tens of years, where, and what it says of a death."""

    record: str
    at: Moment
    age: int | None
    units: tuple[str, ...]
    died: Moment | None
    signs: tuple[Sign, ...]
    against: tuple[Sign, ...]


@dataclass(frozen=True)
class Together:
    """Both, side by side, and what speaks for it that they are one patient's. `word`: what the desk said of them."""

    run: Part
    stay: Part
    apart: int  # minutes
    reasons: tuple[str, ...]
    against: tuple[str, ...]
    word: str


def together(conn: Connection, org: str) -> list[Together]:
    """The newest first."""
    found = sorted(joins.pairs(conn, org), key=lambda said: said.pair.run.at, reverse=True)
    return [_together(conn, org, one.pair, one.word) for one in found[:SHOWN]]


def _together(conn: Connection, org: str, pair: Pair, word: str) -> Together:
    run, stay = _part(conn, org, pair.run), _part(conn, org, pair.stay)
    return Together(run, stay, pair.apart, pair.reasons, pair.against, word)


def _part(conn: Connection, org: str, side: Side) -> Part:
    """Each by itself, also after a yes: what one says is not what the other says."""
    alone = frozenset({side.record})
    loss, speaks, against = _signs(conn, org, alone)
    _, stays = notices.traces_of(conn, org, alone)
    units = tuple(dict.fromkeys(one.unit for one in sorted(stays, key=lambda one: one.begins)))
    return Part(side.record, side.at, side.age, units, loss.died, speaks, against)


# what the unit screen reads ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Noted:
    """What became of a loss told on the unit screen."""

    unit: str
    died: Moment | None
    state: str
    weight: int
    there: int


def noted(conn: Connection, org: str, body: Marks) -> Noted | None:
    """By the mark of what was sent; None when it never was, or three days ago."""
    mine = sa.and_(notice.c.org == org, notice.c.body_hash.in_(body.all))
    row = conn.execute(sa.select(notice.c.unit, notice.c.died_at, notice.c.event).where(mine)).first()
    if row is None:
        return None
    of = conn.execute(
        sa.select(event.c.state, event.c.weight, event.c.there).where(event.c.org == org, event.c.event == row.event)
    ).one_or_none()
    died = None if row.died_at is None else moment(row.died_at)
    return Noted(row.unit, died, *(of or ("none", 0, 0)))


def units(conn: Connection, org: str) -> list[tuple[str, str]]:
    """Every unit, with its name."""
    rows = conn.execute(sa.select(unit.c.unit, unit.c.name).where(unit.c.org == org).order_by(unit.c.name, unit.c.unit))
    return [(row.unit, row.name) for row in rows]


@dataclass(frozen=True)
class Listed:
    """How many stand on the lists; `silent`: people with neither phone nor mail."""

    people: int
    silent: int
    units: int
    shifts: int


def listed(conn: Connection, org: str) -> Listed:
    def count(table: sa.Table, *which: sa.ColumnElement[bool]) -> int:
        return conn.scalar(sa.select(sa.func.count()).select_from(table).where(table.c.org == org, *which)) or 0

    return Listed(count(staff), count(staff, staff.c.phone == "", staff.c.mail == ""), count(unit), count(rota))


# what a feed said that nobody could read, and words only this hospital knows -------------------------------------------------


@dataclass(frozen=True)
class Aside:
    """The same thing, wrong in the same place: when last, and how often."""

    at: Moment
    times: int
    kind: str
    code: str
    place: str
    text: str


def count_aside(conn: Connection, org: str) -> int:
    """How much lies aside."""
    return conn.execute(sa.select(sa.func.count()).select_from(quarantine).where(quarantine.c.org == org)).scalar_one()


def aside(conn: Connection, org: str, start: int, most: int) -> list[Aside]:
    """What it is, the newest first: so much of it, from `start` on."""
    what = (quarantine.c.kind, quarantine.c.code, quarantine.c.place, quarantine.c.text)
    last, times = sa.func.max(quarantine.c.at), sa.func.count()
    rows = conn.execute(
        sa.select(last, times, *what)
        .where(quarantine.c.org == org)
        .group_by(*what)
        .order_by(last.desc(), *what)
        .offset(start)
        .limit(most)
    )
    return [Aside(moment(at), n, kind, code, place, text) for at, n, kind, code, place, text in rows]


_SEEN = sa.text("INSERT INTO learned (org, field, value, means) VALUES (:org, :field, :value, '') ON CONFLICT DO NOTHING")


def seen(conn: Connection, org: str, values: Iterable[tuple[str, str]]) -> None:
    """Values of a field of this site's own. Which of them mean died, a human says."""
    new = [{"org": org, "field": field, "value": value} for field, value in dict.fromkeys(values)]
    have = conn.execute(sa.select(sa.func.count()).select_from(learned).where(learned.c.org == org)).scalar_one()
    if new and have < SEEN:
        conn.execute(_SEEN, new)


def learning(conn: Connection, org: str) -> list[tuple[str, str, str]]:
    """Field, value, and what it means: "", "dead" or "other"; those that nobody has decided first."""
    rows = conn.execute(sa.select(learned).where(learned.c.org == org))
    return sorted(((r.field, r.value, r.means) for r in rows), key=lambda one: (one[2] != "", one))


def means(conn: Connection, org: str, field: str, value: str, meaning: str) -> None:
    same = sa.and_(learned.c.org == org, learned.c.field == field, learned.c.value == value)
    conn.execute(learned.update().where(same).values(means=meaning))


def dead_words(conn: Connection, org: str, field: str) -> frozenset[str]:
    """The values of that field that a human said mean died."""
    said = sa.select(learned.c.value).where(learned.c.org == org, learned.c.field == field, learned.c.means == "dead")
    return frozenset(conn.scalars(said))
