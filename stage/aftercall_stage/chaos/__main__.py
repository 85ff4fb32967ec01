"""`python -m aftercall_stage.chaos`: so many seeded nights in which things break; each must keep every promise.

A night that didn't is printed with its history, and with the command that tells it again alone. A thousand nights may be told in
pieces that follow each other: `--seed 1 --runs 250 --add met.json`, then `--seed 251 --runs 250 --add met.json`, and so on.
"""

import argparse
import logging
import os
import secrets
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from aftercall_stage.chaos import plants
from aftercall_stage.chaos.databases import KINDS, Postgres
from aftercall_stage.chaos.deal import deal
from aftercall_stage.chaos.fault import HALVES, MEANS, Fault
from aftercall_stage.chaos.fault import read as read_fault
from aftercall_stage.chaos.history import lines_of, shown
from aftercall_stage.chaos.met import Met
from aftercall_stage.chaos.must import points
from aftercall_stage.chaos.nursery import Nursery
from aftercall_stage.chaos.run import Order, Verdict, run

SHM = Path("/dev/shm")  # a killed process loses nothing that the kernel has; power cuts are tried elsewhere
CALM = 2  # nights on each database in which nothing breaks
AGAIN = 10  # one night in so many is told again, with one more death, where nobody died yet
ALL_MET = 1000  # nights in which everything must have happened that can
MOST_HISTORY = 120  # lines shown of a night that broke a promise
_nursery: list[Nursery] = []


def _begin() -> None:
    logging.disable(logging.CRITICAL)  # an answer that breaks off on purpose is no news
    _nursery.append(Nursery())


def _one(order: Order) -> Verdict:
    return run(order, _nursery[0])


def main() -> int:
    given = _wanted()
    seed = given.seed if given.seed is not None else secrets.randbelow(10**6)
    met = Met(given.database)
    if given.add and (problem := met.go_on(given.add, seed, given.runs)):
        print(problem, file=sys.stderr)
        return 2
    memory = SHM if os.access(SHM, os.W_OK) else None
    folder = given.folder or Path(tempfile.mkdtemp(prefix="aftercall-chaos-", dir=memory))
    folder.mkdir(parents=True, exist_ok=True)
    server = Postgres(folder / "pg") if "postgresql" in given.database else None
    try:
        with ProcessPoolExecutor(given.jobs, initializer=_begin) as pool:
            verdicts = list(_nights(pool, given, seed, folder, server.uri if server else "", met))
    finally:
        if server:
            server.close()
    good = _told(verdicts, seed)
    if not (given.fault or given.calm or given.plant):
        print(*met.told(), sep="\n")
        good = good and not met.unlisted() and (met.counts["runs"] < ALL_MET or not met.empty())
    if good and not given.folder:
        shutil.rmtree(folder)
    return 0 if good else 1


def _wanted() -> argparse.Namespace:
    want = argparse.ArgumentParser(prog="aftercall_stage.chaos", description=__doc__)
    want.add_argument("--runs", type=int, default=100)
    want.add_argument("--seed", type=int, help="of the first night; the others follow it (default: a random one, which is printed)")
    want.add_argument("--database", action="append", choices=KINDS, help="several are taken in turn (default: all)")
    want.add_argument("--workers", type=int, default=1, help="of the care half, on PostgreSQL")
    want.add_argument("--jobs", type=int, default=(os.cpu_count() or 1) + 1, help="nights at once: some of a night is waiting")
    want.add_argument("--fault", action="append", type=read_fault, help="only these, as kill@outside.after-commit.ask:ask#1+45")
    want.add_argument("--calm", action="store_true", help="nothing breaks")
    want.add_argument("--plant", choices=plants.NAMES, default="", help="a fault in the program itself, which must be found")
    want.add_argument("--add", type=Path, help="a file of what was met: this piece is added to it, and the sum is told and judged")
    want.add_argument("--folder", type=Path, help="where everything of each night is kept (default: thrown away if all went well)")
    given = want.parse_args()
    if given.add and (given.fault or given.calm or given.plant):
        want.error("--add: only nights as they are dealt count")
    given.database = given.database or list(KINDS)
    return given


def _nights(pool: ProcessPoolExecutor, given: argparse.Namespace, seed: int, folder: Path, uri: str, met: Met) -> Iterator[Verdict]:
    """First calm ones; then those in which things break; at last what never happened yet."""

    def order(n: int, database: str, name: str, faults: Iterable[Fault]) -> Order:
        there = uri if database == "postgresql" else ""
        return Order(n, folder / name, there, given.workers if there else 1, tuple(faults), given.plant)

    def lived(orders: list[Order]) -> Iterator[Verdict]:
        for verdict in map(_shown, pool.map(_one, orders)):
            met.add(verdict)
            if given.add:
                met.keep(given.add)
            yield verdict

    if given.fault or given.calm:
        numbers = range(seed, seed + given.runs)
        yield from lived([order(n, database, f"{database}-{n}", given.fault or ()) for n in numbers for database in given.database])
        return
    yield from lived([order(seed + n, database, f"calm-{database}-{n}", ()) for database in given.database for n in range(CALM)])
    there = {database: {half: points(database, half) for half in HALVES} for database in given.database}
    orders = []
    for n in range(given.runs - given.runs // AGAIN):
        turn, which = divmod(seed + n, len(given.database))
        database = given.database[which]
        orders.append(order(seed + n, database, f"{database}-{n}", deal(seed + n, turn, database, there[database])))
    yield from lived(orders)
    missing = list(met.undied())[: given.runs // AGAIN]
    deaths = [(Fault("kill", half, where, 1), database, night) for (database, half, where), night in missing]
    once_more = [order(v.order.seed, d, f"again-{n}", (*v.planned, death)) for n, (death, d, v) in enumerate(deaths)]
    more = range(seed + len(orders), seed + given.runs - len(once_more))
    fill = [order(n, given.database[0], f"more-{n}", deal(n, n, given.database[0], there[given.database[0]])) for n in more]
    yield from lived(once_more + fill)


def _shown(verdict: Verdict) -> Verdict:
    """Good nights are thrown away at once, those that broke a promise are told."""
    print("." if not verdict.broken else "F", end="", flush=True)
    if not verdict.broken:
        shutil.rmtree(verdict.order.folder)
        return verdict
    print(f"\n\nseed {verdict.order.seed} on {verdict.order.database} broke a promise:")
    for broken in verdict.broken:
        print(f"  {broken.name}: {broken.what}")
    print(f"what broke by plan: {', '.join(map(str, verdict.planned)) or 'nothing'}")
    lines = lines_of(verdict.order.folder / "history.jsonl")
    print(shown(lines[-MOST_HISTORY:] if len(lines) > MOST_HISTORY else lines))
    print(f"everything of it: {verdict.order.folder}\nonce more alone: {verdict.order.command(verdict.planned)}\n")
    return verdict


def _told(verdicts: list[Verdict], seed: int) -> bool:
    fired = Counter(fault.partition("@")[0] for v in verdicts for fault in v.fired)
    bad = [v for v in verdicts if v.broken]
    both = {half: sum(v.doubles[half] for v in verdicts) for half in ("inside", "outside")}
    counts = {what: sum(v.counts[what] for v in verdicts) for what in ("deaths", "asks")}
    print(
        f"\n{len(verdicts)} nights from seed {seed}, {counts['deaths']} deaths, {counts['asks']} asks: {len(bad)} broke a promise"
    )
    for kind, times in sorted(fired.items()):
        print(f"  {times:4}  {kind:6} {MEANS[kind]}")
    print(f"  sent twice under one key, and dropped by the provider: {both['inside']} inside, {both['outside']} outside")
    hit = Counter(fault.partition("@")[2].partition("#")[0] for v in verdicts for fault in v.fired)
    print(f"  places in which something broke: {len(hit)}")
    spent = sorted(v.seconds for v in verdicts)
    cpu = sum(v.cpu for v in verdicts) / len(verdicts)
    print(f"  a night takes {spent[len(spent) // 2]:.1f} s in the middle, {spent[-1]:.1f} s at most; {cpu:.1f} s of a processor")
    return not bad


if __name__ == "__main__":
    began = time.monotonic()
    code = main()
    print(f"{time.monotonic() - began:.0f} s in all")
    sys.exit(code)
