"""When each feed last spoke, and how long it is silent, by the hour of the day. Of what it said nothing stands here."""

from collections.abc import Iterable
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall.inside.silence import Hour
from aftercall.inside.store.tables import ear
from aftercall.retention import EAR
from aftercall.sql import many
from aftercall.words import Moment, moment, seconds

_KEEP = (
    "INSERT INTO ear (org, feed, hour, since, at, longest, week) VALUES (?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (org, feed, hour) DO UPDATE SET longest = excluded.longest, week = excluded.week,"
    " at = CASE WHEN excluded.at > ear.at THEN excluded.at ELSE ear.at END"
)


def keep(conn: Connection, org: str, rows: Iterable[Hour], now: Moment) -> list[Hour]:
    """Write these, and read all: other workers hear as well."""
    many(
        conn,
        _KEEP,
        [(org, r.feed, r.hour, seconds(r.since), seconds(r.at), int(r.longest.total_seconds()), r.week) for r in rows],
    )
    conn.execute(ear.delete().where(ear.c.org == org, ear.c.at <= int((now - EAR).timestamp())))
    found = conn.execute(sa.select(ear).where(ear.c.org == org))
    return [Hour(r.feed, r.hour, moment(r.since), moment(r.at), timedelta(seconds=r.longest), r.week) for r in found]
