"""Peers, their duty and their sessions, as rows. They are the only named people on this side."""

import hashlib
import json
from dataclasses import asdict
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall.outside.road.directory import Entry, entry_from
from aftercall.outside.store.tables import directory, peer, session
from aftercall.words import Moment, moment, seconds

SESSION = timedelta(hours=16)  # longer than any duty


def all_of(conn: Connection, programme: str) -> tuple[Entry, ...]:
    return tuple(entry_from(text) for text in conn.scalars(sa.select(peer.c.entry).where(peer.c.programme == programme)))


def entry_of(conn: Connection, programme: str, pid: str) -> Entry | None:
    text = conn.scalar(sa.select(peer.c.entry).where(peer.c.programme == programme, peer.c.pid == pid))
    return None if text is None else entry_from(text)


def admit(conn: Connection, programme: str, certified: tuple[Entry, ...]) -> bool:
    """Make the rows be exactly the certified peers; a newer sealing key that the phone sent stays. Did anything change?"""
    have = {e.pid: e for e in all_of(conn, programme)}
    want = {e.pid: _newer(e, have.get(e.pid)) for e in certified}
    for pid in have.keys() - want.keys():
        conn.execute(session.delete().where(session.c.programme == programme, session.c.pid == pid))
        conn.execute(peer.delete().where(peer.c.programme == programme, peer.c.pid == pid))
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


def set_duty(conn: Connection, programme: str, pid: str, until: Moment | None) -> None:
    at = None if until is None else seconds(until)
    conn.execute(peer.update().where(peer.c.programme == programme, peer.c.pid == pid).values(duty_until=at, lapses=0))


def duty_until(conn: Connection, programme: str, pid: str, now: Moment) -> Moment | None:
    at = conn.scalar(sa.select(peer.c.duty_until).where(peer.c.programme == programme, peer.c.pid == pid))
    return moment(at) if at is not None and at > now.timestamp() else None


def on_duty(conn: Connection, programme: str, now: Moment) -> frozenset[str]:
    found = sa.select(peer.c.pid).where(peer.c.programme == programme, peer.c.duty_until > int(now.timestamp()))
    return frozenset(conn.scalars(found))


def lapsed(conn: Connection, programme: str, pid: str, most: int) -> None:
    """One more lease that ended without a word; at the most, the peer is put off duty (DECISIONS A1)."""
    this = sa.and_(peer.c.programme == programme, peer.c.pid == pid)
    conn.execute(peer.update().where(this).values(lapses=peer.c.lapses + 1))
    conn.execute(peer.update().where(this, peer.c.lapses >= most).values(duty_until=None, lapses=0))


def sign_in(conn: Connection, programme: str, pid: str, token: str, now: Moment) -> Moment:
    ends = now + SESSION
    conn.execute(session.insert().values(programme=programme, token=_hash(token), pid=pid, ends=seconds(ends)))
    return ends


def sign_out(conn: Connection, programme: str, now: Moment) -> None:
    """Sessions and duties whose time is over go."""
    at = int(now.timestamp())
    conn.execute(session.delete().where(session.c.programme == programme, session.c.ends <= at))
    conn.execute(peer.update().where(peer.c.programme == programme, peer.c.duty_until <= at).values(duty_until=None, lapses=0))


def signed_in(conn: Connection, programme: str, token: str, now: Moment) -> str | None:
    this = sa.and_(session.c.programme == programme, session.c.token == _hash(token), session.c.ends > int(now.timestamp()))
    found: str | None = conn.scalar(sa.select(session.c.pid).where(this))
    return found


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
