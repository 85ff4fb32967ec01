"""Nobody is told before it is on the disk; what fails fails alone; and a half is one process."""

import asyncio
import traceback
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from sqlalchemy.engine import Connection

from aftercall.inside.run import MIGRATIONS as INSIDE_MIGRATIONS
from aftercall.inside.store.tables import tables as inside_tables
from aftercall.outside.run import MIGRATIONS as OUTSIDE_MIGRATIONS
from aftercall.outside.store.tables import tables as outside_tables
from aftercall.sql import INSIDE, OUTSIDE, Lock, Refused, Store, Taken, open_engine, upgrade
from tests.conftest import compared


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'x.db'}"
    fresh: Callable[[str], str] = request.getfixturevalue("postgres")
    return fresh("store")


@pytest.mark.parametrize(
    ("folder", "tables", "pragmas"),
    [(INSIDE_MIGRATIONS, inside_tables, INSIDE), (OUTSIDE_MIGRATIONS, outside_tables, OUTSIDE)],
    ids=["inside", "outside"],
)
def test_the_migrations_make_exactly_the_tables(url: str, folder: Path, tables: sa.MetaData, pragmas: tuple[str, ...]) -> None:
    engine = open_engine(url, pragmas)
    upgrade(engine, folder)
    upgrade(engine, folder)  # twice is the same as once
    with engine.connect() as conn:
        assert compare_metadata(compared(conn), tables) == []
    engine.dispose()


@pytest.mark.parametrize(("pragmas", "journal", "sync"), [(INSIDE, "wal", 2), (OUTSIDE, "truncate", 2)])
def test_sqlite_is_set_as_the_promises_need(tmp_path: Path, pragmas: tuple[str, ...], journal: str, sync: int) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'x.db'}", pragmas)
    with engine.connect() as conn:
        assert conn.exec_driver_sql("PRAGMA journal_mode").scalar() == journal
        assert conn.exec_driver_sql("PRAGMA synchronous").scalar() == sync
        assert conn.exec_driver_sql("PRAGMA secure_delete").scalar() == 1
    engine.dispose()


def add(conn: Connection, n: int) -> int:
    conn.exec_driver_sql(f"INSERT INTO t VALUES ({n})")
    if n < 0:
        raise ValueError(n)
    return n


def count(conn: Connection) -> int:
    return conn.exec_driver_sql("SELECT count(*) FROM t").scalar() or 0


@pytest.fixture
def store(url: str) -> Store:
    engine = open_engine(url, INSIDE)
    with engine.begin() as conn:
        conn.exec_driver_sql("CREATE TABLE t (n bigint primary key)")
    return Store(engine)


def test_many_at_once_share_commits_and_one_that_fails_fails_alone(store: Store) -> None:
    groups: list[tuple[str, ...]] = []
    store.after_commit = groups.append  # type: ignore[method-assign,assignment]

    async def go() -> list[int | BaseException]:
        return await asyncio.gather(*(store.do(add, n) for n in (*range(200), -1)), return_exceptions=True)

    results = asyncio.run(go())
    assert results[:200] == list(range(200))
    assert isinstance(results[200], ValueError)
    assert asyncio.run(store.do(count)) == 200
    assert len(groups) < 200
    store.close()


def test_when_the_commit_fails_everybody_is_told_and_nothing_stands(store: Store) -> None:
    def broken(names: tuple[str, ...]) -> None:
        raise OSError("no space left")

    store.before_commit = broken  # type: ignore[method-assign]
    with pytest.raises(OSError, match="no space"):
        asyncio.run(store.do(add, 1))
    store.before_commit = lambda names: None  # type: ignore[method-assign]
    assert asyncio.run(store.do(count)) == 0
    assert asyncio.run(store.do(add, 1)) == 1
    store.close()


@pytest.mark.parametrize("pragmas", [INSIDE, OUTSIDE], ids=["inside", "outside"])
def test_nobody_is_told_yes_when_a_full_disk_took_the_whole_group_along(tmp_path: Path, pragmas: tuple[str, ...]) -> None:
    """SQLite rolls back all of a transaction at some errors, the savepoints of those who were done with it."""
    engine = open_engine(f"sqlite:///{tmp_path / 'x.db'}", pragmas)
    with engine.begin() as conn:
        conn.exec_driver_sql("CREATE TABLE t (n bigint primary key)")
        conn.exec_driver_sql("CREATE TABLE large (x blob)")
    store, go_on = Store(engine), Event()

    def holds(conn: Connection) -> None:
        go_on.wait()
        conn.exec_driver_sql("PRAGMA max_page_count = 20").close()

    def fills(conn: Connection) -> None:
        conn.exec_driver_sql("INSERT INTO large VALUES (zeroblob(1000000))")

    async def together() -> tuple[object, ...]:
        first = asyncio.ensure_future(store.do(holds))
        rest = asyncio.gather(store.do(add, 1), store.do(add, 2), store.do(fills), store.do(add, 3), return_exceptions=True)
        await asyncio.sleep(0.01)
        go_on.set()
        await first
        return await rest

    results = asyncio.run(together())
    assert isinstance(results[2], Refused)
    told = {one for one in results if isinstance(one, int)}
    with engine.connect() as conn:
        assert set(conn.exec_driver_sql("SELECT n FROM t").scalars()) == told
    assert asyncio.run(store.do(add, 4)) == 4  # and the next group begins anew
    store.close()


def test_an_error_of_the_database_carries_no_values(store: Store) -> None:
    def clash(conn: Connection) -> None:
        conn.execute(sa.text("INSERT INTO t VALUES (:n), (:n)"), {"n": 424242})

    with pytest.raises(Refused, match=r"IntegrityError|UniqueViolation") as problem:
        asyncio.run(store.do(clash))
    assert "424242" not in "".join(traceback.format_exception(problem.value))
    store.close()


def test_a_second_process_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "care.lock")
    with pytest.raises(Taken, match=r"process [0-9]+ holds"):
        Lock(tmp_path / "care.lock")
    lock.close()
    Lock(tmp_path / "care.lock").close()
