"""Whoever writes first has it; who stood in another's way tries again; and a day is made and dropped once, whoever is first."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from aftercall.outside.road.box import IDLE_DAYS
from aftercall.outside.store import days, rings
from aftercall.outside.store.tables import ring
from aftercall.sql import OUTSIDE, Away, Store, open_engine
from aftercall.words import day
from aftercall.workers import Low
from tests.conftest import Postgres
from tests.world import START

ROWS, WORKERS = 600, 4
TODAY = day(START)


@pytest.fixture
def engine(postgres: Postgres) -> Iterator[Engine]:
    engine = open_engine(postgres("outside_claims"), OUTSIDE)
    yield engine
    engine.dispose()


@pytest.fixture
def stores(postgres: Postgres) -> Iterator[list[Store]]:
    url = postgres("outside_stores")
    stores = [Store(open_engine(url, OUTSIDE)) for _ in range(2)]
    yield stores
    for store in stores:
        store.close()


def waiting(engine: Engine) -> None:
    with engine.begin() as conn:
        rings.add(conn, "kisumu", [(rings.Ring(f"box {n}", "grace", "sms", 1, 0), 0) for n in range(ROWS)], START)


def test_workers_that_claim_at_once_get_each_row_once(engine: Engine) -> None:
    waiting(engine)
    ready = threading.Barrier(WORKERS)

    def work() -> list[str]:
        low, mine = Low(), list[str]()
        ready.wait()
        while len(got := claimed(engine, low)) > 0:
            mine += got
        return mine

    with ThreadPoolExecutor(WORKERS) as pool:
        found = [one.result() for one in [pool.submit(work) for _ in range(WORKERS)]]
    assert sum(map(len, found)) == len({name for mine in found for name in mine}) == ROWS
    assert sum(bool(mine) for mine in found) > 1  # or nobody was ever in anybody's way


def claimed(engine: Engine, low: Low, later: float = 0) -> list[str]:
    with engine.begin() as conn:
        return [one.box for one in rings.claim(conn, "kisumu", "sms", START + timedelta(seconds=1 + later), low, 20)]


def test_what_a_worker_is_at_is_passed_by_and_what_it_drops_is_found_again(engine: Engine) -> None:
    waiting(engine)
    low = Low()
    with engine.connect() as dies:
        held = rings.claim(dies, "kisumu", "sms", START + timedelta(seconds=1), Low(), 500)
        others = claimed(engine, low)
        assert not {one.box for one in held} & set(others)
        dies.rollback()  # it never comes to its commit
    rest = [box for _ in range(40) for box in claimed(engine, low, later=11)]
    assert {one.box for one in held} <= set(rest)


def test_a_row_written_with_an_older_time_is_late_by_ten_seconds_at_most(engine: Engine) -> None:
    low = Low()
    with engine.begin() as conn:
        rings.add(conn, "kisumu", [(rings.Ring("new", "grace", "sms", 1, 0), 0)], START)
    assert claimed(engine, low) == ["new"]
    with engine.begin() as conn:
        rings.add(conn, "kisumu", [(rings.Ring("old", "grace", "sms", 1, 0), 0)], START - timedelta(minutes=1))
    assert claimed(engine, low, later=5) == []
    assert claimed(engine, low, later=10) == ["old"]


def test_workers_in_each_others_way_both_come_through(stores: list[Store]) -> None:
    """Rows taken in opposite orders by two groups: one has to give way, and does its work again by itself."""
    for store in stores:
        store.before_commit = lambda names: threading.Event().wait(0.05)  # type: ignore[method-assign,assignment]

    def touch(conn: Connection, name: str) -> None:
        moved = ring.update().where(ring.c.box == name).values(tries=ring.c.tries + 1)
        assert conn.execute(moved).rowcount == 1

    async def both() -> None:
        names = [f"box {n}" for n in range(12)]
        for _ in range(3):
            orders = (names, names[::-1])
            await asyncio.gather(*(store.do(touch, name) for store, order in zip(stores, orders, strict=True) for name in order))

    waiting(stores[0].engine)
    asyncio.run(both())
    with stores[0].engine.connect() as conn:
        assert conn.scalar(sa.select(sa.func.sum(ring.c.tries))) == 2 * 3 * 12


def test_days_are_made_and_dropped_once_whoever_is_first(engine: Engine) -> None:
    later, ready = TODAY + 30, threading.Barrier(WORKERS)

    def turn() -> None:
        ready.wait()
        with engine.begin() as conn:
            days.turn(conn, later)

    with ThreadPoolExecutor(WORKERS) as pool:
        for one in [pool.submit(turn) for _ in range(WORKERS)]:
            one.result()
    with engine.connect() as conn:
        there = set(conn.exec_driver_sql("SELECT tablename FROM pg_tables WHERE schemaname = 'days'").scalars())
        kinds = conn.exec_driver_sql("SELECT relname, relpersistence FROM pg_class WHERE relnamespace = 'days'::regnamespace")
        unlogged = {name.split("_")[0] for name, kind in kinds if kind == "u"}
    assert there == {f"{name}_{later + n}" for name in (*days.LETTERS, *days.LOGGED) for n in range(days.AHEAD)}
    assert days.AHEAD > IDLE_DAYS
    assert unlogged == {"msg"}  # letters alone


def test_a_database_that_does_not_answer_is_said_and_nothing_hangs() -> None:
    store = Store(open_engine("postgresql+psycopg://nobody@127.0.0.1:1/none", OUTSIDE))
    with pytest.raises(Away, match="does not answer"):
        asyncio.run(store.do(lambda conn: conn.exec_driver_sql("SELECT 1").scalar()))
    store.close()
