"""What is counted, as rows: a figure that begins with noise, and the published sheets, which nothing writes to again."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall.outside.road.sheet import FIGURES, Counting, Period
from aftercall.outside.store.tables import agg, peer, sheet
from aftercall.words import Moment
from aftercall.workers import alone

Sign = Callable[[Period, Mapping[str, int], int], bytes]
"""Makes a sheet of what was counted in that time, and of how many peers are certified."""


_ONE_MORE = sa.text("UPDATE agg SET value = value + 1 WHERE programme = :programme AND figure = :figure AND ends >= :today")


def count(conn: Connection, programme: str, counting: Counting, figure: str, now: Moment) -> None:
    """One more, in the transaction of what is counted: a crash counts neither twice nor not."""
    today = now.astimezone(UTC).date()
    if counting.period(today) and not _one_more(conn, programme, figure, today):
        begin(conn, programme, counting, today)  # the day has turned since the clock looked
        _one_more(conn, programme, figure, today)


def _one_more(conn: Connection, programme: str, figure: str, today: date) -> bool:
    return conn.execute(_ONE_MORE, {"programme": programme, "figure": figure, "today": _n(today)}).rowcount == 1


def begin(conn: Connection, programme: str, counting: Counting, today: date) -> None:
    """Noise first: before anything is counted each figure stands at a draw, which is kept nowhere else. Twice is once.

    A period that has begun goes on to its end, also when the programme grows. When it is too small for any, what was counted goes.
    """
    period = counting.period(today)
    if period is None:
        conn.execute(agg.delete().where(agg.c.programme == programme))
    elif not conn.scalar(sa.select(sa.func.count()).where(agg.c.programme == programme, agg.c.ends >= _n(today))):
        days = {"begins": _n(period.begins), "ends": _n(period.ends)}
        for figure in FIGURES:
            conn.execute(agg.insert().values(programme=programme, figure=figure, value=counting.noise(), **days))


def turn(conn: Connection, programme: str, counting: Counting, signed: Sign, today: date) -> None:
    """A day has begun: what has ended is published, once and for all, and its counts go; the next period begins."""
    alone(conn, "sheet", programme)
    over = sa.and_(agg.c.programme == programme, agg.c.ends < _n(today))
    for begins, ends in conn.execute(sa.select(agg.c.begins, agg.c.ends).where(over).distinct().order_by(agg.c.ends)).all():
        of = sa.and_(over, agg.c.ends == ends)
        values = {name: value for name, value in conn.execute(sa.select(agg.c.figure, agg.c.value).where(of))}
        if counting.period(today):
            made = signed(Period(_day(begins), _day(ends)), values, _peers(conn, programme))
            conn.execute(sheet.insert().values(programme=programme, ends=ends, signed=made))
        conn.execute(agg.delete().where(of))
    begin(conn, programme, counting, today)


def published(conn: Connection, programme: str) -> list[bytes]:
    """All sheets, the newest first."""
    return list(conn.scalars(sa.select(sheet.c.signed).where(sheet.c.programme == programme).order_by(sheet.c.ends.desc())))


def _peers(conn: Connection, programme: str) -> int:
    return conn.scalar(sa.select(sa.func.count()).where(peer.c.programme == programme)) or 0


def _n(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def _day(n: int) -> date:
    return datetime.fromtimestamp(n * 86400, UTC).date()
