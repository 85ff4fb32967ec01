"""Which name a mark has. On SQLite this is looked up in memory, and the rows themselves lie in the order in which they came.

A mark's place among the others is random. An index by mark on the disk costs a page of the log for each of a message's three
marks, seven eighths of all that a message writes. So the connection that writes keeps its own, filled from the rows at its first
question: a TEMP table, so that what is rolled back is forgotten here as well. On SQLite there is one such connection (one process,
one writer; DECISIONS 35), and nobody else may write `alias`. About 80 bytes a mark, in memory up to the size that aftercall/sql.py
gives, and beyond in a file without a name.
"""

from collections.abc import Collection, Iterable

from sqlalchemy.engine import Connection

from aftercall.sql import among, many, plain
from aftercall.workers import several

_ALIAS = "INSERT INTO alias (org, name, mark, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
_KNOWN = "INSERT INTO temp.known (org, mark, name) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_TABLES = (
    "CREATE TEMP TABLE IF NOT EXISTS known (org TEXT, mark TEXT, name TEXT, PRIMARY KEY (org, mark)) WITHOUT ROWID",
    "CREATE TEMP TABLE IF NOT EXISTS filled (yes INTEGER)",
)
_FILL = (
    "DELETE FROM temp.known",
    "INSERT INTO temp.known SELECT org, mark, name FROM alias ORDER BY org, mark",
    "INSERT INTO temp.filled VALUES (1)",
)
_IS_FILLED = "SELECT 1 FROM temp.filled"
_RENAME = "UPDATE temp.known SET name = ? WHERE org = ? AND mark IN (SELECT mark FROM alias WHERE org = ? AND name = ?)"
_FORGET = "DELETE FROM temp.known WHERE org = ? AND mark IN (SELECT mark FROM alias WHERE org = ? AND at <= ?)"
_NAMES = "SELECT mark, name FROM {} WHERE org = ? AND mark IN ?"


def look(conn: Connection) -> None:
    """Before anything else here, in each transaction."""
    if several(conn):
        return
    for statement in _TABLES:
        plain(conn, statement)
    if not plain(conn, _IS_FILLED):
        for statement in _FILL:
            plain(conn, statement)


def names_of(conn: Connection, org: str, marks: Collection[str]) -> dict[str, str]:
    """Of those marks that have one."""
    return dict(among(conn, _NAMES.format("alias" if several(conn) else "temp.known"), org, marks))


def add(conn: Connection, org: str, named: Iterable[tuple[str, str]], at: int) -> None:
    """New marks, each with its name."""
    pairs = sorted((name, mark) for mark, name in named)
    many(conn, _ALIAS, [(org, name, mark, at) for name, mark in pairs])
    if not several(conn):
        many(conn, _KNOWN, [(org, mark, name) for name, mark in pairs])


def renamed(conn: Connection, org: str, old: str, to: str) -> None:
    """Before the rows themselves are."""
    if not several(conn):
        plain(conn, _RENAME, to, org, org, old)


def forget(conn: Connection, org: str, at: int) -> None:
    """Before the rows themselves go."""
    if not several(conn):
        look(conn)
        plain(conn, _FORGET, org, org, at)
