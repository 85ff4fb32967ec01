"""Boxes and their sealed copies as rows; claimed by writing, and written only where they changed."""

from dataclasses import asdict

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall.outside.road.box import PASSED, Ask, Box, Copy
from aftercall.outside.road.wave import LAST
from aftercall.outside.store.tables import box as boxes
from aftercall.outside.store.tables import msg, page_copy, ring
from aftercall.words import Moment, moment, seconds
from aftercall.workers import after

MOST_DUE = 100  # in one round


class Moved(Exception):
    """Somebody else changed this box first. Trying again helps."""


def _row(b: Box) -> dict[str, object]:
    row = asdict(b)
    row["everyone"] = row.pop("all")
    for name in ("due", "prompt"):
        row[name] = None if row[name] is None else seconds(row[name])
    return row


def _box(row: sa.Row[tuple[object, ...]] | None) -> Box | None:
    if row is None:
        return None
    given = dict(row._mapping)
    given["all"] = bool(given.pop("everyone"))
    given["wider"] = bool(given["wider"])
    for name in ("due", "prompt"):
        given[name] = None if given[name] is None else moment(given[name])
    return Box(**{name: given[name] for name in Box.__dataclass_fields__})


def find(conn: Connection, programme: str, box: str, look: bool = False) -> Box | None:
    """One statement, the same for a box that is there and for one that isn't. But for a look, no other worker changes it now."""
    this = sa.select(boxes).where(boxes.c.programme == programme, boxes.c.box == box)
    return _box(conn.execute(this if look else this.with_for_update()).one_or_none())


def keep(conn: Connection, programme: str, new: Box, ask: Ask) -> None:
    """The box, its contact block and one copy for each peer, before anybody is told that it was accepted."""
    conn.execute(boxes.insert().values(programme=programme, contact=ask.contact, **_row(new)))
    keep_copies(conn, programme, ask, new.day)


def keep_copies(conn: Connection, programme: str, ask: Ask, day: int) -> None:
    """`day`: the last one of their box."""
    rows = [
        {
            "programme": programme,
            "box": ask.box,
            "pid": pid,
            "place": place,
            "wave": 0,
            "cap": ask.copies[pid][0],
            "day": day,
            "ct": ask.copies[pid][1],
        }
        for place, pid in enumerate(ask.order)
    ]
    conn.execute(page_copy.insert(), rows)


def change(conn: Connection, programme: str, was: Box, now: Box) -> None:
    """Raises Moved when the row is no longer as it was read."""
    if was == now:
        return
    same = [boxes.c[name] == value for name, value in _row(was).items() if name in ("box", "state", "holder", "wave", "lapsed")]
    differs = {name: value for name, value in _row(now).items() if value != _row(was)[name]}
    if conn.execute(boxes.update().where(boxes.c.programme == programme, *same).values(**differs)).rowcount != 1:
        raise Moved(was.box)


def copies(conn: Connection, programme: str, box: str) -> tuple[Copy, ...]:
    columns = (page_copy.c.pid, page_copy.c.place, page_copy.c.wave, page_copy.c.cap)
    found = conn.execute(sa.select(*columns).where(page_copy.c.programme == programme, page_copy.c.box == box))
    return tuple(Copy(*row) for row in found)


def rung(conn: Connection, programme: str, box: str, pids: tuple[str, ...], wave: int) -> None:
    """Mark whose copy this wave opens."""
    conn.execute(
        page_copy.update()
        .where(page_copy.c.programme == programme, page_copy.c.box == box, page_copy.c.pid.in_(pids), page_copy.c.wave == 0)
        .values(wave=wave)
    )


def for_peer(conn: Connection, programme: str, pid: str, on_duty: bool = False) -> list[tuple[str, bytes]]:
    """This peer's copies of boxes that ring for them and that nobody holds now; on duty, also of those that all were rung for."""
    mine = page_copy.c.wave > 0
    if on_duty:
        mine = sa.or_(mine, sa.and_(page_copy.c.wave == 0, boxes.c.wave >= LAST))
    found = conn.execute(
        sa.select(page_copy.c.box, page_copy.c.ct)
        .join(boxes, (boxes.c.programme == page_copy.c.programme) & (boxes.c.box == page_copy.c.box))
        .where(page_copy.c.programme == programme, page_copy.c.pid == pid, mine)
        .where(boxes.c.state == "open", boxes.c.holder == "")
        .order_by(page_copy.c.box)
    )
    return [(row.box, row.ct) for row in found]


def pass_on(conn: Connection, programme: str, box: str, pid: str) -> None:
    """This peer's copy is emptied, and opens nothing any more. Its row stays: a box without rows has lost them (DECISIONS A2)."""
    conn.execute(
        page_copy.update()
        .where(page_copy.c.programme == programme, page_copy.c.box == box, page_copy.c.pid == pid)
        .values(ct=None, cap="", wave=PASSED)
    )


def copied_to(conn: Connection, programme: str, pid: str) -> list[str]:
    """Boxes that have a copy for this peer."""
    mine = sa.and_(page_copy.c.programme == programme, page_copy.c.pid == pid, page_copy.c.wave != PASSED)
    return list(conn.scalars(sa.select(page_copy.c.box).where(mine).order_by(page_copy.c.box)))


def held_by(conn: Connection, programme: str, pid: str) -> list[Box]:
    """Boxes in whose lease or talk this peer is."""
    found = conn.execute(
        sa.select(boxes).where(boxes.c.programme == programme, boxes.c.holder == pid).order_by(boxes.c.box).with_for_update()
    )
    return [b for row in found if (b := _box(row))]


def bare(conn: Connection, programme: str) -> list[Box]:
    """Boxes that ring, that nobody holds, and that have lost their copies."""
    copies_of = sa.exists().where(page_copy.c.programme == boxes.c.programme, page_copy.c.box == boxes.c.box)
    ringing = sa.and_(boxes.c.programme == programme, boxes.c.state == "open", boxes.c.holder == "", boxes.c.wave > 0)
    found = sa.select(boxes).where(ringing, ~copies_of).order_by(boxes.c.box).with_for_update(skip_locked=True)
    return [b for row in conn.execute(found) if (b := _box(row))]


def contact_of(conn: Connection, programme: str, box: str) -> bytes | None:
    found: bytes | None = conn.scalar(sa.select(boxes.c.contact).where(boxes.c.programme == programme, boxes.c.box == box))
    return found


def met(conn: Connection, programme: str, box: str) -> None:
    """First contact: the other copies and the contact block go (DECISIONS 11)."""
    _forget_in(conn, programme, box, page_copy, ring)
    conn.execute(boxes.update().where(boxes.c.programme == programme, boxes.c.box == box).values(contact=None))


def emptied(conn: Connection, programme: str, box: str) -> None:
    met(conn, programme, box)
    _forget_in(conn, programme, box, msg)


def forget(conn: Connection, programme: str, box: str) -> None:
    """Everything of this box is gone, also from the file (sql.OUTSIDE)."""
    _forget_in(conn, programme, box, page_copy, ring, msg, boxes)


def forget_letters(conn: Connection, programme: str, box: str) -> None:
    """Letters under a key that nobody will use again: the peer who took it has gone."""
    _forget_in(conn, programme, box, msg)


def _forget_in(conn: Connection, programme: str, box: str, *tables: sa.Table) -> None:
    for table in tables:
        conn.execute(table.delete().where(table.c.programme == programme, table.c.box == box))


def due(conn: Connection, programme: str, now: Moment, most: int = MOST_DUE) -> list[Box]:
    """Whose ladder moves now, the longest due first. They are this worker's until it has moved them; others pass them by."""
    mine = sa.select(boxes).where(boxes.c.programme == programme, boxes.c.due <= int(now.timestamp()))
    found = conn.execute(mine.order_by(boxes.c.due).limit(most).with_for_update(skip_locked=True))
    return [b for row in found if (b := _box(row))]


def next_due(conn: Connection, programme: str, now: Moment) -> Moment | None:
    """After those that are due now."""
    first = after(conn, boxes, boxes.c.programme == programme, now)
    return None if first is None else moment(first)


def past(conn: Connection, programme: str, today: int) -> list[str]:
    """Boxes whose last day is over."""
    return list(conn.scalars(sa.select(boxes.c.box).where(boxes.c.programme == programme, boxes.c.day < today)))
