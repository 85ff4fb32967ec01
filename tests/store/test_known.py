"""A mark is found in memory exactly as it stands in the rows: after a rollback, a merge, a deletion, a new line."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from aftercall.inside.run import MIGRATIONS
from aftercall.inside.store import known
from aftercall.sql import INSIDE, many, open_engine, upgrade

ORG = "hospital"
MARKS = {f"{n:032x}": f"{n // 3:016x}" for n in range(250)}  # more than one statement takes at once


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    fresh: Callable[[str], str] = request.getfixturevalue("postgres") if request.param == "postgres" else lambda _: ""
    made = open_engine(fresh("inside_known") or f"sqlite:///{tmp_path / 'event.db'}", INSIDE)
    upgrade(made, MIGRATIONS)
    yield made
    made.dispose()


def found(conn: Connection) -> dict[str, str]:
    known.look(conn)
    return known.names_of(conn, ORG, [*MARKS, "f" * 32])


def add(conn: Connection, marks: dict[str, str]) -> None:
    known.look(conn)
    known.add(conn, ORG, list(marks.items()), at=1000)


def test_what_was_added_is_found_and_what_was_rolled_back_is_not(engine: Engine) -> None:
    first, later = dict(list(MARKS.items())[:200]), dict(list(MARKS.items())[200:])
    with engine.connect() as conn:
        with conn.begin():
            add(conn, first)
            assert found(conn) == first
            part = conn.begin_nested()
            add(conn, later)
            part.rollback()
            assert found(conn) == first
        whole = conn.begin()
        add(conn, later)
        assert found(conn) == MARKS
        whole.rollback()
        with conn.begin():
            assert found(conn) == first


def test_a_mark_keeps_the_name_that_it_has(engine: Engine) -> None:
    with engine.begin() as conn:
        add(conn, {"a" * 32: "0" * 16})
        known.add(conn, ORG, [("a" * 32, "0" * 16)], at=2000)
        assert conn.execute(sa.text("SELECT name, at FROM alias")).all() == [("0" * 16, 1000)]


def test_a_connection_that_begins_anew_finds_what_stands(engine: Engine) -> None:
    with engine.begin() as conn:
        assert found(conn) == {}
        add(conn, MARKS)
    engine.dispose()  # as the writer does when its line was lost, or a process at its end
    with engine.begin() as conn:
        assert found(conn) == MARKS


def test_a_new_name_and_a_deletion_are_known_at_once(engine: Engine) -> None:
    with engine.begin() as conn:
        add(conn, MARKS)
        old, to = MARKS[f"{3:032x}"], "f" * 16
        known.renamed(conn, ORG, old, to)
        conn.execute(sa.text("UPDATE alias SET name = :to WHERE name = :old"), {"to": to, "old": old})
        assert found(conn) == {mark: to if name == old else name for mark, name in MARKS.items()}
        known.forget(conn, ORG, 1000)
        conn.execute(sa.text("DELETE FROM alias WHERE at <= 1000"))
        assert found(conn) == {}


@pytest.mark.parametrize("rows", [0, 1, 3, 64, 65, 211])
def test_as_many_rows_as_are_given_are_written_and_of_two_alike_the_last_counts(engine: Engine, rows: int) -> None:
    last = "INSERT INTO learned (org, field, value, means) VALUES (?, ?, ?, ?) ON CONFLICT (org, field, value)"
    with engine.begin() as conn:
        many(conn, "INSERT INTO quiet (org, contact) VALUES (?, ?)", [(ORG, f"{n:03}") for n in range(rows)])
        many(conn, f"{last} DO UPDATE SET means = excluded.means", [(ORG, "PV1-36", "20", str(n)) for n in range(rows)])
        assert conn.scalar(sa.text("SELECT count(*) FROM quiet")) == rows
        assert conn.execute(sa.text("SELECT means FROM learned")).all() == ([(str(rows - 1),)] if rows else [])
