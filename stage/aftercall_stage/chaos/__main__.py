"""`python -m aftercall_stage.chaos`: so many seeded nights in which things break; each must keep every promise.

A night that didn't is printed with its history, and with the command that tells it again alone.
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
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from aftercall_stage.chaos import plants
from aftercall_stage.chaos.databases import KINDS, Postgres
from aftercall_stage.chaos.fault import MEANS
from aftercall_stage.chaos.fault import read as read_fault
from aftercall_stage.chaos.history import lines_of, shown
from aftercall_stage.chaos.nursery import Nursery
from aftercall_stage.chaos.run import Order, Verdict, run

SHM = Path("/dev/shm")  # a killed process loses nothing that the kernel has; power cuts are tried elsewhere
MOST_HISTORY = 120  # lines shown of a night that broke a promise
_nursery: list[Nursery] = []


def _begin() -> None:
    logging.disable(logging.CRITICAL)  # an answer that breaks off on purpose is no news
    _nursery.append(Nursery())


def _one(order: Order) -> Verdict:
    return run(order, _nursery[0])


def main() -> int:
    given = _wanted()
    memory = SHM if os.access(SHM, os.W_OK) else None
    folder = given.folder or Path(tempfile.mkdtemp(prefix="aftercall-chaos-", dir=memory))
    folder.mkdir(parents=True, exist_ok=True)
    server = Postgres(folder / "pg") if "postgresql" in given.database else None
    try:
        with ProcessPoolExecutor(given.jobs, initializer=_begin) as pool:
            seed = given.seed if given.seed is not None else secrets.randbelow(10**6)
            verdicts = list(_nights(pool, given, seed, folder, server.uri if server else ""))
    finally:
        if server:
            server.close()
    good = _told(verdicts, seed)
    if good and not given.folder:
        shutil.rmtree(folder)
    return 0 if good else 1


def _wanted() -> argparse.Namespace:
    want = argparse.ArgumentParser(prog="aftercall_stage.chaos", description=__doc__)
    want.add_argument("--runs", type=int, default=100)
    want.add_argument("--seed", type=int, help="of the first night; the others follow it (default: a random one, which is printed)")
    want.add_argument("--database", action="append", choices=KINDS, help="several are taken in turn (default: all)")
    want.add_argument("--workers", type=int, default=1, help="of the care half, on PostgreSQL")
    want.add_argument("--jobs", type=int, default=os.cpu_count(), help="nights at once")
    want.add_argument("--fault", action="append", type=read_fault, help="only these, as kill@outside.after-commit.ask:ask#1+45")
    want.add_argument("--calm", action="store_true", help="nothing breaks")
    want.add_argument("--plant", choices=plants.NAMES, default="", help="a fault in the program itself, which must be found")
    want.add_argument("--folder", type=Path, help="where everything of each night is kept (default: thrown away if all went well)")
    given = want.parse_args()
    given.database = given.database or list(KINDS)
    return given


def _nights(pool: ProcessPoolExecutor, given: argparse.Namespace, seed: int, folder: Path, uri: str) -> Iterator[Verdict]:
    """First a calm night on each database, which shows what points there are; then those in which things break."""

    def order(n: int, database: str, name: str, **more: object) -> Order:
        there = uri if database == "postgresql" else ""
        workers = given.workers if there else 1
        return Order(seed + n, folder / name, there, workers, plant=given.plant, **more)  # type: ignore[arg-type]

    if given.fault or given.calm:
        faults = tuple(given.fault or ())
        orders = [order(n, database, f"{database}-{n}", faults=faults) for n in range(given.runs) for database in given.database]
        yield from map(_shown, pool.map(_one, orders))
        return
    calm = [order(n, database, f"calm-{database}-{n}", faults=()) for database in given.database for n in range(2)]
    points: dict[str, dict[str, list[str]]] = {}
    for verdict in map(_shown, pool.map(_one, calm)):
        yield verdict
        known = points.setdefault(verdict.order.database, {"inside": [], "outside": [], "databases": [verdict.order.database]})
        for half, passed in verdict.passed.items():
            known[half] = sorted({*known[half], *passed})
    turn = [given.database[n % len(given.database)] for n in range(given.runs)]
    orders = [order(n, database, f"{database}-{n}", points=points[database]) for n, database in enumerate(turn)]
    yield from map(_shown, pool.map(_one, orders))
    print(f"points that a calm night passes: {sum(len(points[d][h]) for d in points for h in ('inside', 'outside'))}")


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
