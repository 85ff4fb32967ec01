"""Boxes and their sealed copies as rows; claimed by writing, and written only where they changed."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall.outside.road.box import PASSED, Ask, Box, Copy
from aftercall.outside.road.wave import LAST, in_turn
from aftercall.outside.store.tables import box as boxes
from aftercall.outside.store.tables import msg, page_copy, ring
from aftercall.sql import among, many, plain
from aftercall.words import Moment, moment, seconds
from aftercall.workers import after, several

MOST_DUE = 100  # in one round
_BOX = (
    "SELECT box, hc, state, everyone, wave, due, holder, cap, lapsed, day, heard_c, heard_p, prompt, wider"
    " FROM box WHERE programme = ?"
)
_COPIES = "SELECT box, pid, place, wave, cap FROM page_copy WHERE programme = ? AND box IN ?"
_CLIMBED = (
    "UPDATE box SET wave = ?, due = ?, everyone = ?, prompt = ?, wider = ?"
    " WHERE programme = ? AND box = ? AND day = ? AND state = ? AND holder = ? AND wave = ? AND lapsed = ?"
)
_RUNG_FOR = (  # CROSS JOIN: SQLite begins with the table on its left, and so reads nothing that is not this peer's
    "SELECT c.box, c.ct, b.wave FROM page_copy c CROSS JOIN box b WHERE c.programme = ? AND c.pid = ? AND c.wave > 0"
    " AND b.programme = c.programme AND b.box = c.box AND b.state = 'open' AND b.holder = ''"
)
_RINGS = "FROM box b{} WHERE b.programme = ? AND b.state = 'open' AND b.holder = '' AND b.wave > 0"  # as its index has it
_IN_SIGHT = (
    f"SELECT c.box, c.ct, b.wave {_RINGS.format(' CROSS JOIN page_copy c')} AND b.wave >= {LAST}"
    " AND c.programme = b.programme AND c.box = b.box AND c.pid = ? AND c.wave = 0"
)
_UNANSWERED = f"SELECT 1 {_RINGS.format('')} AND (b.wave > {LAST} OR (b.wave = {LAST} AND b.due IS NULL)) LIMIT 1"
_AT_THE_DOOR = (
    f"SELECT b.box {_RINGS.format(' CROSS JOIN page_copy c')} AND b.wave = 1"
    " AND c.programme = b.programme AND c.box = b.box AND c.place = 0 AND c.wave = 1 AND c.pid IN ?"
)
_MAIL = (
    "SELECT b.box, coalesce(max(m.n), 0) FROM box b LEFT JOIN msg m ON m.programme = b.programme AND m.box = b.box AND m.lane = 'c'"
    " WHERE b.programme = ? AND b.holder = ? AND b.holder != '' GROUP BY b.box"
)
_TALKS = "SELECT count(*) FROM box WHERE programme = ? AND holder = ? AND holder != ''"  # '' as its index has it
_WAITING = f"SELECT count(*) FROM (SELECT 1 {_RINGS.format('')} LIMIT ?) AS waiting"  # noqa: S608 - our own words


@dataclass(frozen=True)
class Page:
    """A peer's sealed copy of a box that rings for them. `in_turn`: they may take it beyond their cap."""

    box: str
    ct: bytes
    in_turn: bool


class Moved(Exception):
    """Somebody else changed this box first. Trying again helps."""


def _row(b: Box) -> dict[str, object]:
    row = asdict(b)
    row["everyone"] = row.pop("all")
    row["due"], row["prompt"] = _at(b.due), _at(b.prompt)
    return row


def _at(when: Moment | None) -> int | None:
    return None if when is None else seconds(when)


def _box(*row: Any) -> Box:
    """From the columns of `_BOX`."""
    box, hc, state, everyone, wave, due, holder, cap, lapsed, day, heard_c, heard_p, prompt, wider = row
    soon, late = (None if at is None else moment(at) for at in (due, prompt))
    return Box(box, hc, state, bool(everyone), wave, soon, holder, cap, lapsed, day, heard_c, heard_p, late, bool(wider))


def find(conn: Connection, programme: str, box: str, look: bool = False) -> Box | None:
    """One statement, the same for a box that is there and for one that isn't. But for a look, no other worker changes it now."""
    found = plain(conn, f"{_BOX} AND box = ?{'' if look else _held(conn)}", programme, box)
    return _box(*found[0]) if found else None


def _held(conn: Connection, more: str = "") -> str:
    """To the end of the transaction no other worker changes what is found."""
    return f" FOR UPDATE{more}" if several(conn) else ""


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
    stood = _row(was)
    differs = {name: value for name, value in _row(now).items() if value != stood[name]}
    if not differs:  # the rows are compared, not the boxes: two moments of one second are the same there
        return
    same = [boxes.c[name] == value for name, value in stood.items() if name in ("box", "state", "holder", "wave", "lapsed")]
    if conn.execute(boxes.update().where(boxes.c.programme == programme, *same).values(**differs)).rowcount != 1:
        raise Moved(was.box)


def climbed(conn: Connection, programme: str, steps: Iterable[tuple[Box, Box]]) -> None:
    """Boxes as they were, and a wave higher. Raises Moved when one is no longer as it was read."""
    rows = [
        (
            *(to.wave, _at(to.due), to.all, _at(to.prompt), to.wider),
            *(programme, was.box, was.day, was.state, was.holder, was.wave, was.lapsed),
        )
        for was, to in steps
    ]
    if rows and many(conn, _CLIMBED, rows) != len(rows):
        raise Moved


def copies_of(conn: Connection, programme: str, these: Collection[str]) -> dict[str, tuple[Copy, ...]]:
    """The copies of several boxes; nothing of a box that has none."""
    found = defaultdict[str, tuple[Copy, ...]](tuple)
    for box, *copy in among(conn, _COPIES, programme, these):
        found[box] += (Copy(*copy),)
    return found


def copies(conn: Connection, programme: str, box: str) -> tuple[Copy, ...]:
    return copies_of(conn, programme, [box])[box]


def rung(conn: Connection, programme: str, these: Iterable[tuple[Box, tuple[str, ...]]]) -> None:
    """Mark whose copy this wave opens."""
    opens = "UPDATE page_copy SET wave = ? WHERE programme = ? AND box = ? AND day = ? AND pid = ? AND wave = 0"
    many(conn, opens, [(box.wave, programme, box.box, box.day, pid) for box, pids in these for pid in pids])


def for_peer(conn: Connection, programme: str, pid: str, on_duty: bool = False) -> list[Page]:
    """This peer's copies of boxes that ring for them and that nobody holds now; on duty, also of those that all were rung for."""
    found = plain(conn, _RUNG_FOR, programme, pid)
    if on_duty:
        found += plain(conn, _IN_SIGHT, programme, pid)
    ((talks,),) = plain(conn, _TALKS, programme, pid)
    return [Page(box, bytes(ct), in_turn(wave, talks)) for box, ct, wave in sorted(found)]


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
    return [_box(*row) for row in plain(conn, f"{_BOX} AND holder = ? AND holder != '' ORDER BY box{_held(conn)}", programme, pid)]


def bare(conn: Connection, programme: str) -> list[Box]:
    """Boxes that ring, that nobody holds, and that have lost their copies."""
    copied = "EXISTS (SELECT 1 FROM page_copy c WHERE c.programme = box.programme AND c.box = box.box)"
    ringing = f"{_BOX} AND state = 'open' AND holder = '' AND wave > 0 AND NOT {copied} ORDER BY box{_held(conn, ' SKIP LOCKED')}"
    return [_box(*row) for row in plain(conn, ringing, programme)]


def waiting(conn: Connection, programme: str, most: int) -> int:
    """How many ring, and are held by nobody; counted no further than `most`. It is looked at when one rings, and stands nowhere
    (DECISIONS 13)."""
    ((found,),) = plain(conn, _WAITING, programme, most)
    return int(found)


def unanswered(conn: Connection, programme: str) -> bool:
    """Has the last wave gone by for somebody, and nobody came? Never how many, nor who (DECISIONS 14)."""
    return bool(plain(conn, _UNANSWERED, programme))


def at_the_door(conn: Connection, programme: str, hosts: frozenset[str]) -> int:
    """How many of those that ring, ring for one of these hosts alone."""
    return len(among(conn, _AT_THE_DOOR, programme, hosts)) if hosts else 0


def mail(conn: Connection, programme: str, pid: str) -> dict[str, int]:
    """The boxes that this peer holds, each with the number of the asker's newest letter that waits there; 0: none does."""
    return {box: n for box, n in plain(conn, _MAIL, programme, pid)}


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
    mine = f"{_BOX} AND due <= ? ORDER BY due LIMIT ?{_held(conn, ' SKIP LOCKED')}"
    return [_box(*row) for row in plain(conn, mine, programme, int(now.timestamp()), most)]


def next_due(conn: Connection, programme: str, now: Moment) -> Moment | None:
    """After those that are due now."""
    first = after(conn, boxes, {"programme": programme}, now)
    return None if first is None else moment(first)


def past(conn: Connection, programme: str, today: int) -> list[str]:
    """Boxes whose last day is over."""
    return list(conn.scalars(sa.select(boxes.c.box).where(boxes.c.programme == programme, boxes.c.day < today)))
