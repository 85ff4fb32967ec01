"""What these nights met: which points were passed and died at, and which other fault met which half, on which database."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from aftercall_stage.chaos.deal import others
from aftercall_stage.chaos.fault import HALVES, read
from aftercall_stage.chaos.must import cells
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
        self.counts = Counter[str]()  # runs, deaths, asks, broken
        self._pieces = list[list[int]]()  # [the first seed, runs]
        self._by: dict[tuple[str, str, str], Verdict] = {}  # the night that passed it most often

    def add(self, verdict: Verdict) -> None:
        database = verdict.order.database
        self.counts.update({"runs": 1, "broken": int(bool(verdict.broken)), **verdict.counts})
        for half, points in verdict.passed.items():
            for where, times in points.items():
                cell = database, half, where
                self.passed[cell] += times
                if cell not in self._by or times > self._by[cell].passed[half][where]:
                    self._by[cell] = verdict
        for fault in map(read, verdict.fired):
            if fault.kind == "kill":
                self.died[database, fault.half, fault.where] += 1
            else:
                self.other[database, fault.half, fault.kind] += 1
        self.crashes.update((database, name) for name in verdict.crashes)

    def go_on(self, file: Path, seed: int, runs: int) -> str:
        """Begin with what the pieces before this one met. What is wrong with it, as a person reads it; "" is well."""
        if file.exists():
            told = json.loads(file.read_text("utf-8"))
            self._pieces, self.counts = told["pieces"], Counter(told["counts"])
            for name, counter in self._counters().items():
                counter.update({tuple(cell.split(" ")): times for cell, times in told[name].items()})
        if again := [f"{first} to {first + n - 1}" for first, n in self._pieces if first < seed + runs and seed < first + n]:
            return f"--add: {file} has the nights of seeds {', '.join(again)}; this piece must begin behind them"
        self._pieces.append([seed, runs])
        return ""

    def keep(self, file: Path) -> None:
        """For the next piece."""
        counters = {name: {" ".join(cell): n for cell, n in counter.items()} for name, counter in self._counters().items()}
        text = json.dumps({"pieces": self._pieces, "counts": self.counts, **counters})
        file.with_suffix(".new").write_text(text, "utf-8")
        file.with_suffix(".new").replace(file)

    def _counters(self) -> dict[str, Counter[tuple[str, ...]]]:
        return {"passed": self.passed, "died": self.died, "other": self.other, "crashes": self.crashes}  # type: ignore[dict-item]

    def undied(self) -> Iterator[tuple[tuple[str, str, str], Verdict]]:
        """Points that nobody died at yet, each with a night that passed it."""
        return ((cell, night) for cell, night in sorted(self._by.items(), key=lambda one: one[0]) if not self.died[cell])

    def empty(self) -> dict[str, list[str]]:
        """What never happened on which database, as a person reads it."""
        quiet = {database: list[str]() for database in self.databases}
        for database in self.databases:
            missed = [f"{cell[1]}.{cell[2]}" for cell in cells(database) if not self.passed[cell] and not self.died[cell]]
            quiet[database] += [f"a passing of {point}" for point in missed]
        for database, half, where in sorted(cell for cell in self.passed if not self.died[cell]):
            quiet[database].append(f"a death at {half}.{where}")
        for database in self.databases:
            quiet[database] += [f"{kind} {half}" for kind, half in others(database) if not self.other[database, half, kind]]
            quiet[database] += [means for name, means in CRASHES.items() if not self.crashes[database, name]]
        return {database: never for database, never in quiet.items() if never}

    def unlisted(self) -> list[str]:
        """Points that were passed and stand in no list: nobody would miss a death there."""
        known = {cell for database in self.databases for cell in cells(database)}
        return sorted({f"{half}.{where}" for database, half, where in self.passed if (database, half, where) not in known})

    def told(self) -> Iterator[str]:
        """The table."""
        if len(self._pieces) > 1:
            counts = self.counts
            told = f"{counts['runs']} nights, {counts['deaths']} deaths, {counts['asks']} asks: {counts['broken']} broke a promise"
            yield f"in all {len(self._pieces)} pieces: {told}"
        yield f"  {'point':52}" + "".join(f"{database:>12} died" for database in self.databases) + "   (passed, died at)"
        for half in HALVES:
            for where in sorted({where for _, of, where in self.passed if of == half}):
                yield f"  {half + '.' + where:52}" + self._row((self.passed, self.died), half, where)
        yield f"  {'other fault':52}" + "".join(f"{database:>12}" for database in self.databases)
        for kind, half in sorted({cell for database in self.databases for cell in others(database)}):
            yield f"  {kind + ' ' + half:52}" + "".join(f"{self.other[d, half, kind]:12}" for d in self.databases)
        for name, means in CRASHES.items():
            yield f"  {means:72}" + "".join(f"{self.crashes[d, name]:6}" for d in self.databases)
        if unlisted := self.unlisted():
            yield f"  not in the list of points (must.py): {', '.join(unlisted)}"
        for database, never in self.empty().items():
            yield f"  never on {database} ({len(never)}): {', '.join(never)}"

    def _row(self, counts: Iterable[Counter[tuple[str, str, str]]], half: str, where: str) -> str:
        passed, died = counts
        return "".join(f"{passed[d, half, where]:12} {died[d, half, where]:4}" for d in self.databases)
