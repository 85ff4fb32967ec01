"""Peers and their sessions, as rows. They are the only named people on this side."""

import hashlib
import json
from collections.abc import Collection
from dataclasses import asdict

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall import retention
from aftercall.outside.road.directory import Entry, entry_from
from aftercall.outside.store.tables import directory, peer, session, turn
from aftercall.sql import among, many
from aftercall.words import Moment, moment, seconds

_ENTRIES = "SELECT pid, entry FROM peer WHERE programme = ? AND pid IN ?"
SESSION = retention.SESSION  # longer than any duty


def all_of(conn: Connection, programme: str) -> tuple[Entry, ...]:
    return tuple(entry_from(text) for text in conn.scalars(sa.select(peer.c.entry).where(peer.c.programme == programme)))


def entries_of(conn: Connection, programme: str, pids: Collection[str]) -> dict[str, Entry]:
    """Those of these who are peers."""
    return {pid: entry_from(text) for pid, text in among(conn, _ENTRIES, programme, pids)}


def entry_of(conn: Connection, programme: str, pid: str) -> Entry | None:
    text = conn.scalar(sa.select(peer.c.entry).where(peer.c.programme == programme, peer.c.pid == pid))
    return None if text is None else entry_from(text)


def admit(conn: Connection, programme: str, certified: tuple[Entry, ...]) -> bool:
    """Make the rows be exactly the certified peers; a newer sealing key that the phone sent stays. Did anything change?"""
    have = {e.pid: e for e in all_of(conn, programme)}
    want = {e.pid: _newer(e, have.get(e.pid)) for e in certified}
    for pid in have.keys() - want.keys():
        for table in (session, turn, peer):
            conn.execute(table.delete().where(table.c.programme == programme, table.c.pid == pid))
    for pid, entry in want.items():
        if pid not in have:
            conn.execute(peer.insert().values(programme=programme, pid=pid, entry=_text(entry)))
        elif have[pid] != entry:
            set_entry(conn, programme, entry)
    return have != want


def _newer(file: Entry, row: Entry | None) -> Entry:
    if row is None or row.idkey != file.idkey or row.kem_after <= file.kem_after:
        return file
    return Entry(**{**asdict(file), "kem": row.kem, "kem_after": row.kem_after, "kem_sig": row.kem_sig})


def set_entry(conn: Connection, programme: str, entry: Entry) -> None:
    conn.execute(peer.update().where(peer.c.programme == programme, peer.c.pid == entry.pid).values(entry=_text(entry)))


def _text(entry: Entry) -> str:
    return json.dumps(asdict(entry), ensure_ascii=False)


def listed(conn: Connection, programme: str) -> tuple[Moment, bytes] | None:
    """The signed list that everybody gets, and when it was signed."""
    row = conn.execute(sa.select(directory).where(directory.c.programme == programme)).one_or_none()
    return None if row is None else (moment(row.issued), bytes(row.signed))


def list_anew(conn: Connection, programme: str, issued: Moment, signed: bytes) -> None:
    conn.execute(directory.delete().where(directory.c.programme == programme))
    conn.execute(directory.insert().values(programme=programme, issued=seconds(issued), signed=signed))


def sign_in(conn: Connection, programme: str, pid: str, token: str, now: Moment) -> Moment:
    ends = now + SESSION
    conn.execute(session.insert().values(programme=programme, token=_hash(token), pid=pid, ends=seconds(ends)))
    return ends


def stay_signed_in(conn: Connection, programme: str, pid: str, until: Moment) -> None:
    """As long as the duty lasts, however long ago the sign-in was."""
    this = sa.and_(session.c.programme == programme, session.c.pid == pid, session.c.ends < seconds(until))
    conn.execute(session.update().where(this).values(ends=seconds(until)))


def sign_out(conn: Connection, programme: str, now: Moment) -> None:
    """Sessions whose time is over go."""
    many(conn, "DELETE FROM session WHERE programme = ? AND ends <= ?", [(programme, int(now.timestamp()))])


def signed_in(conn: Connection, programme: str, token: str, now: Moment) -> str | None:
    this = sa.and_(session.c.programme == programme, session.c.token == _hash(token), session.c.ends > int(now.timestamp()))
    found: str | None = conn.scalar(sa.select(session.c.pid).where(this))
    return found


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
