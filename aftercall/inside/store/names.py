"""Random names for patients' numbers, visits and reports: found by keyed hashes, and nothing of the hash is in the name."""

import itertools
import os
import secrets
from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall.inside.road.notice import Marks
from aftercall.inside.store import known
from aftercall.words import Moment, seconds

_MOVES = tuple(
    sa.text(statement)
    for statement in (
        "UPDATE alias SET name = :to WHERE org = :org AND name = :old",
        "UPDATE notice SET record = :to WHERE org = :org AND record = :old",
        "UPDATE notice SET joined = :to WHERE org = :org AND joined = :old AND joined != ''",
        "INSERT INTO trace (org, record, staff, why, unit, role, begins, ends, at)"
        " SELECT org, :to, staff, why, unit, role, begins, ends, at FROM trace WHERE org = :org AND record = :old"
        " ON CONFLICT (org, record, staff, why, unit) DO UPDATE SET"
        " begins = CASE WHEN excluded.begins < trace.begins THEN excluded.begins ELSE trace.begins END,"
        " ends = CASE WHEN excluded.ends > trace.ends THEN excluded.ends ELSE trace.ends END",
        "DELETE FROM trace WHERE org = :org AND record = :old",
        "INSERT INTO coming (org, record, visit, side, came, age, incident, numbers, at)"
        " SELECT org, :to, visit, side, came, age, incident, numbers, at FROM coming WHERE org = :org AND record = :old"
        " ON CONFLICT (org, record, visit) DO NOTHING",
        "DELETE FROM coming WHERE org = :org AND record = :old",
        "UPDATE coming SET numbers = REPLACE(numbers, :old, :to) WHERE org = :org AND numbers LIKE '%' || :old || '%'",
        "INSERT INTO pair (org, run, stay, said, at) SELECT org, CASE WHEN run = :old THEN :to ELSE run END,"
        " CASE WHEN stay = :old THEN :to ELSE stay END, said, at FROM pair WHERE org = :org AND :old IN (run, stay)"
        " ON CONFLICT (org, run, stay) DO NOTHING",
        "DELETE FROM pair WHERE org = :org AND :old IN (run, stay)",
    )
)


class Rising:
    """Names that rise, so that rows are added at the end of their table: a random place for each costs twice the time
    (docs/decisions/009). Each process rises from a number of its own, also one that was forked from another: two that rise from
    the same number would give two patients one name.
    """

    def __init__(self) -> None:
        self._draw()
        os.register_at_fork(after_in_child=self._draw)

    def _draw(self) -> None:
        self._numbers = itertools.count(secrets.randbits(62))

    def __next__(self) -> str:
        return f"{next(self._numbers):016x}"


_RISING = Rising()


class Names:
    """The names of a group of notices. What is new or was found to be one is written by `write`."""

    def __init__(self, conn: Connection, org: str, marks: Iterable[Marks]) -> None:
        self._conn, self._org, all_marks = conn, org, {one.today: one for one in marks}
        known.look(conn)
        self._known = known.names_of(conn, org, all_marks)
        # Under an earlier day's key only what today's hasn't found: of a patient who is known one look is enough.
        before = {today: one.all[1:] for today, one in all_marks.items() if today not in self._known}
        older = known.names_of(conn, org, [mark for marks in before.values() for mark in marks])
        self._before = {today: older[mark] for today, marks in before.items() for mark in reversed(marks) if mark in older}
        self._fresh: dict[str, str] = {}
        self._one: dict[str, str] = {}
        self._made = set[str]()  # in this group: no row has such a name yet

    def of(self, marks: Marks | None) -> str:
        """ "" for nothing. What is seen for the first time gets a new name; under a new day's key the old name goes on."""
        return self._given(marks, self._found(marks) or self._new()) if marks else ""

    def one(self, marks: Sequence[Marks]) -> str:
        """Numbers that stand together are one record's: their names become one, from now on."""
        names = {name for one in marks if (name := self._found(one))}
        if len(names) > 1:
            first, *others = sorted(names, key=lambda name: (name in self._made, name))
            self._one |= dict.fromkeys(others, first)
        elif marks:
            first = names.pop() if names else self._new()
        else:
            return ""
        for one in marks:
            self._given(one, first)
        return first

    def now(self, name: str) -> str:
        while name in self._one:
            name = self._one[name]
        return name

    def is_new(self, name: str) -> bool:
        """Nothing was ever said of it before this group."""
        return name in self._made

    def _found(self, marks: Marks) -> str:
        name = self._known.get(marks.today) or self._before.get(marks.today, "")
        return self.now(name) if name else ""

    def _given(self, marks: Marks, name: str) -> str:
        if marks.today not in self._known:
            self._known[marks.today] = self._fresh[marks.today] = name
        return name

    def _new(self) -> str:
        self._made.add(name := next(_RISING))
        return name

    def write(self, at: Moment) -> None:
        then = seconds(at)
        known.add(self._conn, self._org, [(mark, self.now(name)) for mark, name in self._fresh.items()], then)
        for old in self._one.keys() - self._made:
            known.renamed(self._conn, self._org, old, self.now(old))
            for move in _MOVES:
                self._conn.execute(move, {"org": self._org, "old": old, "to": self.now(old)})
