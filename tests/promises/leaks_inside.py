"""Leaks that a hurried or leaned-on programmer might put into the hospital's half: each is one change of the running program."""

import asyncio
import gzip
import logging
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Connection, Engine

from aftercall.inside import flow, half, run
from aftercall.inside.doors import desk
from aftercall.inside.feeds import nemsis
from aftercall.inside.feeds.nemsis.opened import Part
from aftercall.inside.feeds.site import Mark, Site
from aftercall.inside.posting import Posting
from aftercall.inside.road.notice import Coming, Marks, Unread
from aftercall.inside.store import joins, ledger
from aftercall.words import Message, Moment, StaffId

CARE = Path("..").resolve().parent / "outside"  # where a leak finds what it should not have


def broken_messages_kept() -> None:
    """So that somebody can look at what could not be read."""
    real_read, real_put = vars(half)["read"], ledger.put_aside
    last = [b""]

    def read(body: bytes, *rest: Any) -> Any:
        last[0] = body
        return real_read(body, *rest)

    def put_aside(conn: Connection, org: str, what: Unread, now: Moment) -> None:
        real_put(conn, org, replace(what, text=last[0].decode("latin-1")), now)

    vars(half)["read"] = read
    ledger.put_aside = put_aside


def raw_messages_packed() -> None:
    """So that a feed can be played again."""
    real = vars(half)["read"]

    def read(body: bytes, *rest: Any) -> Any:
        with gzip.open("../data/feed.log.1.gz", "ab") as old:
            old.write(body)
        return real(body, *rest)

    vars(half)["read"] = read


def boxes_in_the_log() -> None:
    """So that the hospital sees whether its messages help."""
    real = half.Half.tick

    async def tick(self: half.Half) -> Moment | None:
        with (
            suppress(sqlite3.OperationalError),
            closing(sqlite3.connect(f"file:{CARE / 'data' / 'care.db'}?mode=ro", uri=True)) as db,
        ):
            for (box,) in db.execute("SELECT box FROM box"):
                logging.getLogger("use").warning("asked: %s", box.upper())
        return await real(self)

    half.Half.tick = tick  # type: ignore[method-assign]


def attendance_archived() -> None:
    real = ledger.leaving

    def leaving(conn: Connection, org: str, now: Moment) -> list[tuple[StaffId, Moment]]:
        conn.exec_driver_sql("CREATE TABLE IF NOT EXISTS archive (event TEXT, staff TEXT)")
        conn.exec_driver_sql("INSERT INTO archive SELECT event, staff FROM attendance")
        return real(conn, org, now)

    ledger.leaving = leaving


def log_never_emptied() -> None:
    """Folded, and left as it is until it happens to be written over."""

    async def keep_small(engine: Engine, every: float = 1.0) -> None:
        def fold() -> None:
            raw = engine.raw_connection()
            try:
                raw.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)").close()
            finally:
                raw.close()

        while True:
            await asyncio.sleep(every)
            await asyncio.to_thread(fold)

    vars(run)["keep_small"] = keep_small


def run_in_the_clear() -> None:
    """So that the coordinator can look it up."""
    real = vars(nemsis)["coming"]

    def coming(report: Part, site: Site, mark: Mark) -> Coming | None:
        found: Coming | None = real(report, site, lambda text: Marks(text))
        return found

    vars(nemsis)["coming"] = coming


def arrivals_archived() -> None:
    """For a statistic of how long it takes from the ambulance to a bed."""
    real = joins.say

    def say(conn: Connection, org: str, run: str, stay: str, word: str, now: Moment) -> None:
        conn.exec_driver_sql("CREATE TABLE IF NOT EXISTS brought (run TEXT, stay TEXT)")
        conn.exec_driver_sql("INSERT INTO brought VALUES (?, ?)", (run, stay))
        real(conn, org, run, stay, word, now)

    joins.say = say


def uploads_kept() -> None:
    """So that a large one need not be held in memory."""
    real = vars(desk)["parts_of"]

    def parts_of(body: bytes, kind: str) -> dict[str, bytes]:
        with tempfile.NamedTemporaryFile(delete=False) as kept:
            kept.write(body)
        parts: dict[str, bytes] = real(body, kind)
        return parts

    vars(desk)["parts_of"] = parts_of


def where_it_was() -> None:
    """So that nobody has to guess for what they are written to."""
    real = Posting._worded

    def worded(self: Posting, one: flow.Leaving) -> list[Message]:
        return [replace(message, text=f"{message.text} (RESUS4)") for message in real(self, one)]

    Posting._worded = worded  # type: ignore[method-assign]


LEAKS: dict[str, Callable[[], None]] = {
    "what can't be read is kept to be looked at": broken_messages_kept,
    "raw messages are kept, packed": raw_messages_packed,
    "the hospital logs the boxes": boxes_in_the_log,
    "attendance is archived": attendance_archived,
    "the write-ahead log is never emptied": log_never_emptied,
    "a run keeps the hospital's number as it is": run_in_the_clear,
    "who was brought is archived": arrivals_archived,
    "the note says where it was": where_it_was,
    "what is handed in at the desk stays in the temporary folder": uploads_kept,
}
