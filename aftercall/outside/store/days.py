"""On PostgreSQL a day's boxes, copies and letters stand in files of their own, which go with their day, and letters in no log.

A row that is deleted there stays in its file until the file is written anew (PRIVACY 3). So files are written anew soon after
something has gone from them, and a day is dropped whole. Letters alone are unlogged: a crash of the database empties them, and
the phones say them again. Boxes and copies are logged, for an ask that was accepted must outlive a crash (DECISIONS 2).
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from aftercall.outside.road.box import IDLE_DAYS, LATEST
from aftercall.workers import alone, several

LETTERS, LOGGED = ("msg",), ("box", "page_copy")
AHEAD = IDLE_DAYS + LATEST.days + 2  # days made before they are needed, by whichever worker is first
LARGE = 32 * 2**20  # bytes: a file above this is not written anew, and goes with its day
BUSY = ("55P03", "40P01", "42P01")  # somebody was at it, or it has just been dropped

_FILES = (
    "SELECT relname, pg_relation_size(oid) + coalesce(pg_relation_size(nullif(reltoastrelid, 0)), 0) FROM pg_class"
    " WHERE relnamespace = 'days'::regnamespace AND relkind = 'r'"
)


def turn(conn: Connection, today: int) -> None:
    """The days that are needed are there, and those that are over are gone with all that was in them."""
    if not several(conn):
        return
    alone(conn, "days")
    there = set(conn.exec_driver_sql("SELECT tablename FROM pg_tables WHERE schemaname = 'days'").scalars())
    for table in (*LETTERS, *LOGGED):
        kind = "UNLOGGED" if table in LETTERS else ""
        for day in range(today, today + AHEAD):
            if f"{table}_{day}" not in there:
                values = f"FOR VALUES FROM ({day}) TO ({day + 1})"
                conn.exec_driver_sql(f"CREATE {kind} TABLE days.{table}_{day} PARTITION OF {table} {values}")
    for name in sorted(name for name in there if int(name.rpartition("_")[2]) < today):
        conn.exec_driver_sql(f"DROP TABLE days.{name}")


def sweep(engine: Engine, tables: Collection[str]) -> bool:
    """Write the files of these anew, so that nothing stands in them of rows that have gone. False where somebody was at them."""
    try:
        raw = engine.raw_connection()
    except SQLAlchemyError:  # the database is away
        return False
    try:
        line = raw.driver_connection
        assert line is not None
        line.autocommit = True
        line.execute("SET lock_timeout = '200ms'")
        found = [(name, size) for name, size in line.execute(_FILES).fetchall() if name.rpartition("_")[0] in tables]
        return all([_anew(line, name) for name, size in found if 0 < size <= LARGE])
    finally:
        raw.invalidate()


def _anew(line: Any, name: str) -> bool:
    try:
        line.execute(f"VACUUM (FULL) days.{name}")
    except Exception as problem:
        if getattr(problem, "sqlstate", None) not in BUSY:
            raise
        return False
    return True
