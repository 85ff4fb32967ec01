"""Whatever released version an installation comes from, its rows are there after the upgrade, in today's tables, on both databases.

`tests/store/released/` holds what a version left behind: one SQL file for each half and database. `make released` writes them for
the version of pyproject.toml, on the day of its release. Until the first there is none, and only the way itself is tried: today's
tables are dumped, read back and upgraded.
"""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata

from aftercall.inside.store.tables import tables as inside_tables
from aftercall.outside.store.tables import tables as outside_tables
from aftercall.sql import INSIDE, OUTSIDE, open_engine, upgrade
from tests.conftest import HALVES, Postgres, compared

Keep = Callable[[str, str], str]
RELEASED = Path(__file__).parent / "released"
TABLES, PRAGMAS = {"inside": inside_tables, "outside": outside_tables}, {"inside": INSIDE, "outside": OUTSIDE}
ROWS = {
    "inside": "INSERT INTO staff VALUES ('hospital', 'amina', 'Amina Yusuf', '+254700000002', '', 'en', 'RES', 'registrar')",
    "outside": "INSERT INTO peer (programme, pid, entry) VALUES ('kisumu', 'grace', '{}')",
}
ASK = {"inside": "SELECT name FROM staff", "outside": "SELECT pid FROM peer"}
HAVE = {"inside": "Amina Yusuf", "outside": "grace"}


def dumped_sqlite(half: str, folder: Path) -> str:
    """An installation of today with one row, as text."""
    path = folder / f"{half}.db"
    made(f"sqlite:///{path}", half)
    with closing(sqlite3.connect(path)) as file:
        return "\n".join(file.iterdump())


def dumped_postgres(half: str, postgres: Postgres) -> str:
    made(postgres(f"released_{half}"), half)
    return postgres.tool("pg_dump", "--no-owner", "--inserts", "-d", f"released_{half}")


def made(url: str, half: str) -> None:
    engine = open_engine(url, PRAGMAS[half])
    upgrade(engine, HALVES[half])
    with engine.begin() as conn:
        conn.exec_driver_sql(ROWS[half])
    engine.dispose()


def stands_after_upgrade(url: str, half: str) -> None:
    engine = open_engine(url, PRAGMAS[half])
    upgrade(engine, HALVES[half])
    with engine.connect() as conn:
        assert compare_metadata(compared(conn), TABLES[half]) == []
        assert conn.exec_driver_sql(ASK[half]).scalar() == HAVE[half]
    engine.dispose()


def back_sqlite(text: str, folder: Path) -> str:
    path = folder / "back.db"
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA writable_schema=ON")  # a dump of tables without rowid and of statistics comes back as it was
        file.executescript(text)
    return f"sqlite:///{path}"


def back_postgres(text: str, postgres: Postgres) -> str:
    url = postgres("back")
    postgres.tool("psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", "back", feed=text)
    return url


@pytest.fixture
def keep(request: pytest.FixtureRequest) -> Keep:
    """Writes the dump of a release down, where `make released` asks for it."""

    def write(name: str, text: str) -> str:
        if version := request.config.getoption("--released"):
            RELEASED.mkdir(exist_ok=True)
            (RELEASED / f"{version}-{name}.sql").write_text(text, "utf-8")
        return text

    return write


@pytest.mark.parametrize("half", HALVES)
def test_what_is_dumped_comes_back_and_is_upgraded_on_sqlite(half: str, tmp_path: Path, keep: Keep) -> None:
    stands_after_upgrade(back_sqlite(keep(f"{half}.sqlite", dumped_sqlite(half, tmp_path)), tmp_path), half)


@pytest.mark.parametrize("half", HALVES)
def test_what_is_dumped_comes_back_and_is_upgraded_on_postgresql(half: str, postgres: Postgres, keep: Keep) -> None:
    stands_after_upgrade(back_postgres(keep(f"{half}.postgres", dumped_postgres(half, postgres)), postgres), half)


def test_each_released_version_left_its_dumps_and_is_upgraded(tmp_path: Path, postgres: Postgres) -> None:
    changes = (Path(__file__).parents[2] / "CHANGELOG.md").read_text("utf-8")
    released = re.findall(r"^## ([0-9.]+)(?! \(unreleased\))\s*(?:\(|$)", changes, re.M)
    for version in released:
        for half in HALVES:
            stands_after_upgrade(back_sqlite((RELEASED / f"{version}-{half}.sqlite.sql").read_text("utf-8"), tmp_path), half)
            (tmp_path / "back.db").unlink()
            stands_after_upgrade(back_postgres((RELEASED / f"{version}-{half}.postgres.sql").read_text("utf-8"), postgres), half)
    assert {path.name.split("-")[0] for path in RELEASED.glob("*.sql")} == set(released)
