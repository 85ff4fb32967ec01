"""How the care half stands: what is overdue, and whether peers are there. Nothing here moves when somebody asks."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall.outside.road.directory import Entry
from aftercall.outside.store import duty, peers, turns
from aftercall.outside.store.tables import box, ring
from aftercall.words import Moment, moment


@dataclass(frozen=True)
class Standing:
    overdue: float  # seconds; of what is due, the oldest
    two: bool  # at least two of ours on duty (DECISIONS 13)
    here: int  # of ours, on duty and heard from in this duty
    next: Moment | None  # when the next standing duty begins
    peers: tuple[Entry, ...]


def standing(conn: Connection, programme: str, now: Moment) -> Standing:
    due = [conn.scalar(sa.select(sa.func.min(t.c.due)).where(t.c.programme == programme, t.c.due.isnot(None))) for t in (box, ring)]
    first = min((at for at in due if at is not None), default=None)
    begins = [turn.begins for turn in turns.to_come(conn, programme, now) if turn.begins > now]
    return Standing(
        0.0 if first is None else max(0.0, (now - moment(first)).total_seconds()),
        duty.two(conn, programme, now),
        duty.here(conn, programme, now),
        min(begins, default=None),
        peers.all_of(conn, programme),
    )
