"""A chain of acts: rows in a half's database, and two files beside it. Who can write rows can neither seal them nor cut the end
off unseen."""

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from aftercall import retention, whole
from aftercall.signin import chain
from aftercall.signin.chain import NOTHING, Act, Head
from aftercall.signin.seat import Person
from aftercall.sql import many, plain, reading
from aftercall.words import Moment, Randomness
from aftercall.workers import alone

KEY, HEAD, BYTES = "audit.key", "audit.head", 32


class Rows:
    """The table `audit` of a half. `whose`: its organisation or programme, which the table's first column names."""

    def __init__(self, table: sa.Table) -> None:
        self._table, self._of = table, table.columns[0].name
        mine = f"FROM audit WHERE {self._of} = ?"
        self._all, self._prune = f"SELECT n, hour, who, name, role, act, about, seal {mine}", f"DELETE {mine} AND n <= ?"
        self._oldest = f"SELECT hour {mine} AND n > 0 ORDER BY n LIMIT 1"

    def note(self, conn: Connection, whose: str, key: bytes, person: Person, what: str, about: str, now: Moment) -> Head:
        """The head after it."""
        alone(conn, "audit", whose)
        new = chain.act(key, chain.head_of(self._last(conn, whose)), person, what, about, now)
        self._add(conn, whose, new)
        return Head(new.n, new.seal)

    def acts(self, conn: Connection, whose: str) -> list[Act]:
        """All there are, the oldest first; row 0 stands for those that have had their time."""
        return [Act(*row) for row in plain(conn, f"{self._all} ORDER BY n", whose)]

    def newest(self, conn: Connection, whose: str, most: int) -> list[Act]:
        return [Act(*row) for row in plain(conn, f"{self._all} AND n > 0 ORDER BY n DESC LIMIT {int(most)}", whose)]

    def one(self, conn: Connection, whose: str, n: int) -> list[Act]:
        return [Act(*row) for row in plain(conn, f"{self._all} AND n = ?", whose, n)]

    def forget(self, conn: Connection, whose: str, key: bytes, now: Moment) -> None:
        """Acts of more than a year ago go, and row 0 carries the chain on without them."""
        old = int((now - retention.AUDIT).timestamp()) // chain.HOUR
        oldest = plain(conn, self._oldest, whose)
        if oldest and oldest[0][0] < old:  # looked at every ten seconds: not a whole year of rows each time
            gone = plain(conn, f"{self._all} AND n > 0 AND hour < ? ORDER BY n DESC LIMIT 1", whose, old)
            alone(conn, "audit", whose)
            last = Act(*gone[0])
            many(conn, self._prune, [(whose, last.n)])
            self._add(conn, whose, chain.pruned(key, last))

    def looked_over(self, engine: Engine, whose: str, folder: Path) -> tuple[list[Act], str]:
        """The whole chain, and what is wrong with it; not in the writer's line, for a year of it takes its time."""
        known = head(folder)  # before the rows are read: they may only have grown since
        apart = reading(engine)
        try:
            with apart.connect() as conn:
                rows = self.acts(conn, whose)
        finally:
            apart.dispose()
        return rows, wrong(rows, folder, known)

    def _last(self, conn: Connection, whose: str) -> Act | None:
        rows = plain(conn, f"{self._all} ORDER BY n DESC LIMIT 1", whose)
        return Act(*rows[0]) if rows else None

    def _add(self, conn: Connection, whose: str, one: Act) -> None:
        conn.execute(self._table.insert().values({self._of: whose, **vars(one)}))


def key_of(folder: Path, rand: Randomness) -> bytes:
    """The key of the seals, made when it isn't there. Raises ValueError when what is there is none."""
    path = folder / KEY
    if not path.exists():
        whole.make(path, rand(BYTES))
    if len(key := path.read_bytes()) != BYTES:
        raise ValueError(
            f"{path} has {len(key)} bytes, not {BYTES}; bring it back from where it was kept: without it no act can be checked"
        )
    return key


def head(folder: Path) -> Head:
    """How far the chain went when it was last written to."""
    try:
        n, _, seal = (folder / HEAD).read_text("ascii").strip().partition(" ")
        return Head(int(n), seal)
    except (FileNotFoundError, ValueError):
        return NOTHING


def keep(folder: Path, new: Head) -> None:
    """After the commit: where a crash comes between, the rows go further than the file, and that is no fault."""
    if new.n > head(folder).n:
        whole.write(folder / HEAD, f"{new.n} {new.seal}\n".encode("ascii"))


def wrong(rows: list[Act], folder: Path, known: Head | None = None) -> str:
    """What is wrong with these; "" when nothing is."""
    if not (folder / KEY).exists():
        return f"{folder / KEY} is not there" if rows else ""
    return chain.wrong((folder / KEY).read_bytes(), rows, known or head(folder))
