"""The canary's rows: put there for one flight, and gone after it."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall.outside.road.directory import Entry
from aftercall.outside.store import boxes, duty, peers
from aftercall.outside.store.tables import box, peer, tables
from aftercall.words import Moment

DUTY = timedelta(minutes=30)


def settle(conn: Connection, programme: str, nobody: Entry, token: str, now: Moment) -> None:
    """One peer, signed in and on duty, whose page is open."""
    clear(conn, programme)
    peers.admit(conn, programme, (nobody,))
    peers.sign_in(conn, programme, nobody.pid, token, now)
    duty.begin(conn, programme, nobody.pid, now + DUTY, lambda *_: (), now)
    duty.heard(conn, programme, nobody.pid, now)


def copy(conn: Connection, programme: str, pid: str, box: str) -> bytes | None:
    return next((page.ct for page in boxes.for_peer(conn, programme, pid) if page.box == box), None)


def clear(conn: Connection, programme: str) -> int:
    """Whatever stands under this programme, whoever left it there. How many boxes there were."""
    gone = conn.execute(box.delete().where(box.c.programme == programme)).rowcount
    for table in tables.sorted_tables:
        conn.execute(table.delete().where(table.c.programme == programme))
    return gone


def sweep(conn: Connection, all_of_them: str, before: Moment | None) -> None:
    """Canaries' programmes begin so. Those whose peer's duty was over before that moment go; None: all of them."""
    old = sa.true() if before is None else peer.c.duty_until <= int(before.timestamp())
    found = sa.select(peer.c.programme).distinct().where(peer.c.programme.startswith(all_of_them, autoescape=True), old)
    for programme in conn.scalars(found).all():
        clear(conn, programme)
