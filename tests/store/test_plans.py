"""With a hundred thousand asks or a million messages waiting, nothing that happens all the time reads a table from end to end."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.world import Night, adt

BIG = {  # not `event` and `attendance`: a few losses a day, for weeks, and who was there, for three days
    "inside": ("alias", "notice", "trace", "coming", "outbox", "told", "quiet", "staff", "staff_id", "rota"),
    "outside": ("box", "page_copy", "ring", "msg"),
}
FILES = {"inside": "hospital/event.db", "outside": "care/care.db"}
SELDOM = {  # reads all of a table, and why that is no harm
    "SELECT min(ring.due)": "each ten seconds, of the rings that wait to be sent",
    "SELECT r.staff, r.unit": "once a loss: the shifts around it",
    "SELECT t.record, t.staff": "once a loss: who of these units was at work",
    "DELETE FROM told": "each ten seconds, at most one row for each of the staff",
    "DELETE FROM quiet": "the same",
}
STEP = re.compile(r"(SCAN|SEARCH) (\w+)(?: USING (?:(?:COVERING )?INDEX (\w+)|PRIMARY KEY))?(?: \((.*)\))?")
ALIAS = re.compile(r"\b(?:FROM|JOIN)\s+(\w+)\s+(?:AS\s+)?(\w+)")


class Ear:
    """Every statement that reaches SQLite, as it was written: with its question marks, for the plan depends on them."""

    def __init__(self) -> None:
        self.heard = dict[str, None]()

    def connects(self, *given: Any) -> None:
        heard = self.heard

        class Cursor(sqlite3.Cursor):
            def execute(self, statement: str, *values: Any) -> Any:
                heard.setdefault(statement)
                return super().execute(statement, *values)

            def executemany(self, statement: str, values: Any, /) -> Any:
                heard.setdefault(statement)
                return super().executemany(statement, values)

        class Line(sqlite3.Connection):
            def cursor(self, factory: Any = Cursor) -> Any:
                return super().cursor(factory)

            def execute(self, statement: str, *values: Any) -> Any:
                return self.cursor().execute(statement, *values)

            def executemany(self, statement: str, values: Any, /) -> Any:
                return self.cursor().executemany(statement, values)

        given[-1]["factory"] = Line


@pytest.fixture
def ear() -> Iterator[Ear]:
    this = Ear()
    sa.event.listen(sa.Engine, "do_connect", this.connects)
    yield this
    sa.event.remove(sa.Engine, "do_connect", this.connects)


@pytest.fixture
def heard(ear: Ear, tmp_path: Path) -> Iterator[tuple[Night, list[str]]]:
    """A night with all that happens all the time in one; a start, and what is looked through each ten minutes, is left out."""
    night = Night(tmp_path)
    night.all_peers()
    night.tick()
    ear.heard.clear()
    night.hear(adt())
    night.tick()
    phone, grace = night.asker(), night.peers["Grace"]
    night.run(phone.ask(wish=grace.pid))
    night.tick()
    night.run(phone.look())
    (page,) = night.run(grace.pages())
    night.run(grace.take(page.box))
    night.run(grace.write(page.box, "I'm here."))
    night.run(phone.read())
    night.run(phone.write("Yes."))
    night.run(grace.read(page.box))
    night.run(phone.close())
    for _ in range(4):
        night.run(night.asker().ask())
    for _ in range(2):
        night.clock.move(minutes=5)
        night.run(night.outside.half.tick())
    for page in night.run(grace.pages())[:1]:
        night.run(grace.pass_on(page.box))
    yield night, list(ear.heard)
    night.close()


def whole(night: Night, half: str, statements: list[str]) -> list[str]:
    """Which of these read a big table of that half from end to end, or all of it that is one programme's."""
    conn = sqlite3.connect(night.folder / FILES[half])
    partial = {name for (name,) in conn.execute("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql LIKE '% WHERE %'")}
    found = []
    for statement in statements:
        if statement.split()[0] not in ("SELECT", "UPDATE", "DELETE", "INSERT", "WITH") or statement.startswith(tuple(SELDOM)):
            continue
        names = {alias: table for table, alias in ALIAS.findall(statement)} | {table: table for table in BIG[half]}
        try:
            plan = conn.execute(f"EXPLAIN QUERY PLAN {statement}", ("",) * statement.count("?")).fetchall()
        except sqlite3.OperationalError:  # the other half's, or a table in memory
            continue
        for *_, step in plan:
            if (read := STEP.match(step)) and names.get(read[2]) in BIG[half]:
                verb, _, index, by = read.groups()
                if verb == "SCAN" or (index not in partial and by in ("programme=?", "org=?")):
                    found.append(f"{step}: {statement}")
    conn.close()
    return found


@pytest.mark.parametrize("half", BIG)
def test_nothing_that_happens_all_the_time_reads_a_whole_table(half: str, heard: tuple[Night, list[str]]) -> None:
    night, statements = heard
    assert len(statements) > 50
    assert "\n".join(whole(night, half, statements)) == ""


def test_without_its_index_it_is_caught(heard: tuple[Night, list[str]]) -> None:
    night, statements = heard
    with closing(sqlite3.connect(night.folder / FILES["outside"])) as conn, conn:
        for index in ("box_rings", "page_copy_rung", "box_due"):
            conn.execute(f"DROP INDEX {index}")
    caught = "\n".join(whole(night, "outside", statements))
    for read in ("count(*) FROM (SELECT 1 FROM box", "FROM page_copy c CROSS JOIN box", "AND due <= ? ORDER BY due"):
        assert read in caught
