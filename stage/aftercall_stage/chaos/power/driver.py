"""apsw as SQLAlchemy wants a driver to be, so that a half's own engine, store and statements run over another file system.

Importing this makes `sqlite+power:///FILE?vfs=NAME` an address of a database. The SQLite inside apsw is its own, not Python's.
"""

from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import Any

import apsw
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.base import SQLiteDialect

paramstyle, apilevel, threadsafety = "qmark", "2.0", 1
sqlite_version_info = tuple(map(int, apsw.sqlite_lib_version().split(".")))
sqlite_version = apsw.sqlite_lib_version()
Binary = bytes
ROWS = 10**9


class Error(Exception):
    """Whatever SQLite, or the disk, said."""


class DatabaseError(Error):
    """The same: nothing here tells one kind from another."""


class IntegrityError(DatabaseError):
    """A row that may not be."""


class OperationalError(DatabaseError):
    """It could not be done."""


InterfaceError = DataError = InternalError = ProgrammingError = NotSupportedError = DatabaseError


class Cursor:
    """Rows are read at once: what is counted afterwards is then right."""

    arraysize = 1

    def __init__(self, connection: "Connection") -> None:
        self._db, self.description, self.rowcount, self.lastrowid = connection.db, None, -1, 0
        self._rows: list[Any] = []

    def execute(self, statement: str, values: Sequence[Any] = ()) -> "Cursor":
        return self._all(statement, [values])

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]]) -> "Cursor":
        return self._all(statement, rows)

    def _all(self, statement: str, rows: Iterable[Sequence[Any]]) -> "Cursor":
        cursor, before, described = self._db.cursor(), self._db.total_changes(), list[Any]()

        def described_as(running: Any, *_: object) -> bool:
            described[:] = running.get_description()
            return True

        cursor.exec_trace = described_as
        try:
            self._rows = [row for values in rows for row in cursor.execute(statement, tuple(values))]
        except apsw.ConstraintError as problem:
            raise IntegrityError(type(problem).__name__) from None
        except apsw.Error as problem:
            raise OperationalError(type(problem).__name__) from None
        self.description = [(name, *[None] * 6) for name, _ in described] or None  # type: ignore[assignment]
        self.rowcount = self._db.total_changes() - before if self.description is None else -1
        self.lastrowid = self._db.last_insert_rowid()
        return self

    def fetchone(self) -> Any:
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size: int | None = None) -> list[Any]:
        taken, self._rows = self._rows[: size or 1], self._rows[size or 1 :]
        return taken

    def fetchall(self) -> list[Any]:
        return self.fetchmany(ROWS)

    def close(self) -> None:
        self._rows = []


class Connection:
    isolation_level = None

    def __init__(self, file: str, vfs: str) -> None:
        self.db = apsw.Connection(file, vfs=vfs)

    @property
    def in_transaction(self) -> bool:
        return self.db.in_transaction

    def cursor(self) -> Cursor:
        return Cursor(self)

    def execute(self, statement: str, values: Sequence[Any] = ()) -> Cursor:
        return self.cursor().execute(statement, values)

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]]) -> Cursor:
        return self.cursor().executemany(statement, rows)

    def commit(self) -> None:
        if self.db.in_transaction:
            self.execute("COMMIT")

    def rollback(self) -> None:
        if self.db.in_transaction:
            self.execute("ROLLBACK")

    def close(self) -> None:
        self.db.close(True)


def connect(file: str, vfs: str, **_: object) -> Connection:
    return Connection(file, vfs)


class Dialect(SQLiteDialect):
    driver, supports_statement_cache, default_paramstyle = "power", True, "qmark"

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        return MODULE

    def create_connect_args(self, url: Any) -> Any:
        return [url.database], {"vfs": url.query["vfs"]}


MODULE = __import__(__name__, fromlist=["connect"])
registry.register("sqlite.power", __name__, "Dialect")
