"""What was said last, so that it is said once: to the coordinator of gaps, to the duty phone by its test of the day."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall.outside.store.tables import reminder


def told(conn: Connection, programme: str, what: str) -> str:
    this = sa.select(reminder.c.told).where(reminder.c.programme == programme, reminder.c.what == what)
    return conn.scalar(this) or ""


def forget(conn: Connection, programme: str, what: str) -> None:
    conn.execute(reminder.delete().where(reminder.c.programme == programme, reminder.c.what == what))


def claim(conn: Connection, programme: str, what: str, news: str) -> bool:
    """True for the one who is to say it: whoever changes the row."""
    row = {"programme": programme, "what": what, "told": news}
    fresh = sa.text("INSERT INTO reminder (programme, what, told) VALUES (:programme, :what, :told) ON CONFLICT DO NOTHING")
    if conn.execute(fresh, row).rowcount == 1:
        return True
    changed = reminder.update().where(reminder.c.programme == programme, reminder.c.what == what, reminder.c.told != news)
    return conn.execute(changed.values(told=news)).rowcount == 1
