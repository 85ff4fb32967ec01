"""What these nights met: which points were passed and died at, and which other fault met which half, on which database."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from aftercall_stage.chaos.deal import HALVES, others
from aftercall_stage.chaos.fault import read
from aftercall_stage.chaos.run import Verdict

CRASHES = {
    "phone off": "the care half died while it held an ask whose phone is off for good",
    "text": "the care half died after it had acknowledged an ask by text",
}


class Met:
    def __init__(self, databases: Sequence[str]) -> None:
        self.databases = databases
        self.passed, self.died = Counter[tuple[str, str, str]](), Counter[tuple[str, str, str]]()
        self.other, self.crashes = Counter[tuple[str, str, str]](), Counter[tuple[str, str]]()
        self._by: dict[tuple[str, str, str], Verdict] = {}  # a night that passed it

    def add(self, verdict: Verdict) -> None:
        database = verdict.order.database
        for half, points in verdict.passed.items():
            for where, times in points.items():
                self.passed[database, half, where] += times
                self._by.setdefault((database, half, where), verdict)
        for fault in map(read, verdict.fired):
            if fault.kind == "kill":
                self.died[database, fault.half, fault.where] += 1
            else:
                self.other[database, fault.half, fault.kind] += 1
        self.crashes.update((database, name) for name in verdict.crashes)

    def undied(self) -> Iterator[tuple[tuple[str, str, str], Verdict]]:
        """Points that nobody died at yet, each with a night that passed it."""
        return ((cell, self._by[cell]) for cell in sorted(self.passed) if not self.died[cell])

    def empty(self) -> dict[str, list[str]]:
        """What never happened on which database, as a person reads it."""
        quiet = {database: list[str]() for database in self.databases}
        for (database, half, where), _ in self.undied():
            quiet[database].append(f"a death at {half}.{where}")
        for database in self.databases:
            quiet[database] += [f"{kind} {half}" for kind, half in others(database) if not self.other[database, half, kind]]
            quiet[database] += [means for name, means in CRASHES.items() if not self.crashes[database, name]]
        return {database: never for database, never in quiet.items() if never}

    def told(self) -> Iterator[str]:
        """The table."""
        yield f"  {'point':52}" + "".join(f"{database:>12} died" for database in self.databases) + "   (passed, died at)"
        for half in HALVES:
            for where in sorted({where for _, of, where in self.passed if of == half}):
                yield f"  {half + '.' + where:52}" + self._row((self.passed, self.died), half, where)
        yield f"  {'other fault':52}" + "".join(f"{database:>12}" for database in self.databases)
        for kind, half in sorted({cell for database in self.databases for cell in others(database)}):
            yield f"  {kind + ' ' + half:52}" + "".join(f"{self.other[d, half, kind]:12}" for d in self.databases)
        for name, means in CRASHES.items():
            yield f"  {means:72}" + "".join(f"{self.crashes[d, name]:6}" for d in self.databases)
        for database, never in self.empty().items():
            yield f"  never on {database} ({len(never)}): {', '.join(never)}"

    def _row(self, counts: Iterable[Counter[tuple[str, str, str]]], half: str, where: str) -> str:
        passed, died = counts
        return "".join(f"{passed[d, half, where]:12} {died[d, half, where]:4}" for d in self.databases)
