"""One night from its seed to the verdict, in whatever process has a nursery."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aftercall_stage.chaos.check import check, crashes, doubles
from aftercall_stage.chaos.databases import drop, fresh
from aftercall_stage.chaos.fault import Fault
from aftercall_stage.chaos.found import Broken, Found
from aftercall_stage.chaos.house import PEERS
from aftercall_stage.chaos.night import live
from aftercall_stage.chaos.nursery import Nursery
from aftercall_stage.chaos.plan import Plan, plan
from aftercall_stage.troupe import Stuck


@dataclass(frozen=True)
class Order:
    """Which night, and what breaks in it."""

    seed: int
    folder: Path
    postgres: str = ""  # the server's address; "" is SQLite
    workers: int = 1
    faults: tuple[Fault, ...] = ()
    plant: str = ""
    plan: Plan | None = None  # this very night, whatever the seed says

    @property
    def database(self) -> str:
        return "postgresql" if self.postgres else "sqlite"

    def command(self, faults: Sequence[Fault]) -> str:
        """Tells this night again, alone."""
        of = "".join(f" --fault '{fault}'" for fault in faults) or " --calm"
        plant = f" --plant {self.plant}" if self.plant else ""
        workers = f" --workers {self.workers}" if self.workers > 1 else ""
        return f"python -m aftercall_stage.chaos --seed {self.seed} --runs 1 --database {self.database}{workers}{of}{plant}"


@dataclass(frozen=True)
class Verdict:
    order: Order
    planned: tuple[Fault, ...]
    fired: tuple[str, ...]
    broken: tuple[Broken, ...]
    doubles: Mapping[str, int]
    passed: Mapping[str, Mapping[str, int]]
    crashes: tuple[str, ...]  # names of what a crash came after
    counts: Mapping[str, int]  # deaths, asks
    seconds: float
    cpu: float


def run(order: Order, nursery: Nursery) -> Verdict:
    """The folder keeps everything; whoever ordered the night throws it away."""
    what = order.plan or plan(order.seed, len(PEERS), order.faults)
    order.folder.mkdir(parents=True)
    names = {half: f"night_{order.folder.name}_{half}".replace("-", "_") for half in ("inside", "outside")}
    urls = {half: fresh(order.postgres, name) for half, name in names.items()} if order.postgres else {}
    began, passed, stuck = time.monotonic(), dict[str, dict[str, int]](), list[Broken]()
    try:
        passed = asyncio.run(live(what, order.folder, nursery, urls, order.workers, order.plant))
    except Stuck as problem:
        stuck = [Broken("the night goes on", str(problem))]
    finally:
        for name in names.values() if order.postgres else ():
            drop(order.postgres, name)
    found = Found(order.folder, len(what.deaths), what.length)
    broken = stuck or check(found)
    counts = {"deaths": len(what.deaths), "asks": len(what.asks)}
    cpu = 0.0 if stuck else json.loads((order.folder / "logs.json").read_text("utf-8"))["cpu"]
    fired = tuple(found.faults)
    seconds = time.monotonic() - began
    return Verdict(order, what.faults, fired, tuple(broken), doubles(found), passed, tuple(crashes(found)), counts, seconds, cpu)
