"""`aftercall-stage simulate`: a synthetic hospital as files, or as a table of what the inside half made of it."""

import argparse
import asyncio
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

from aftercall_stage.drive import drive
from aftercall_stage.simulate import Rates, World, simulate
from aftercall_stage.simulate.files import save
from aftercall_stage.simulate.score import Score, judge
from aftercall_stage.simulate.table import fails, table

SEEDS = [7, 8, 9]


def options(want: argparse.ArgumentParser) -> None:
    want.add_argument("--seed", type=int, action="append", help=f"may be given several times (default {SEEDS[0]})")
    want.add_argument("--encounters", type=int, default=10_000, help="visits to the hospital (default 10000)")
    want.add_argument("--days", type=int, help="over so many days (default: 150 visits a day)")
    want.add_argument("--swaps", type=float, default=0.10, help="share of shifts worked by another than the rota says")
    want.add_argument("--calm", action="store_true", help="no fault in any feed")
    want.add_argument(
        "--rate", action="append", default=[], metavar="FAULT=SHARE", help="how often one fault occurs (simulate/rates.py)"
    )
    want.add_argument("--out", type=Path, help="write the stream, the lists and the labels here, one folder a seed if several")
    want.add_argument("--score", action="store_true", help="let the inside half live through it, and print the table")
    want.add_argument("--jobs", type=int, default=2, help="worlds at once (default 2)")


def run(asked: argparse.Namespace) -> int:
    """0 when everything asked for was done and, with --score, every goal was reached."""
    try:
        rates = _rates(asked)
    except ValueError as problem:
        print(f"aftercall-stage: {problem}", file=sys.stderr)
        return 2
    seeds = list(dict.fromkeys(asked.seed or SEEDS[:1]))
    for seed in seeds if asked.out else ():
        folder = asked.out / f"seed-{seed}" if len(seeds) > 1 else asked.out
        print(f"{folder}: {save(_world(seed, asked, rates), folder):,} messages")
    return _scored(seeds, asked, rates) if asked.score else 0


def _scored(seeds: list[int], asked: argparse.Namespace, rates: Rates) -> int:
    with ProcessPoolExecutor(asked.jobs, mp_context=get_context("spawn")) as pool:
        scores = dict(zip(seeds, pool.map(_score, *zip(*((seed, asked, rates) for seed in seeds), strict=True)), strict=True))
    print(table(scores))
    return 1 if any(fails(score) for score in scores.values()) else 0


def _score(seed: int, asked: argparse.Namespace, rates: Rates) -> Score:
    began = time.monotonic()
    world = _world(seed, asked, rates)
    with tempfile.TemporaryDirectory(prefix="aftercall-simulated-") as folder:
        did, unfed = asyncio.run(drive(world, Path(folder)))
    missing = f", {unfed:,} of them in formats the half can't take in" if unfed else ""
    print(f"seed {seed}: {len(world.stream):,} messages in {time.monotonic() - began:.0f} s{missing}", file=sys.stderr)
    return judge(world.labels, world.plans, did)


def _world(seed: int, asked: argparse.Namespace, rates: Rates) -> World:
    return simulate(seed, asked.encounters, asked.days, rates, swaps=asked.swaps)


def _rates(asked: argparse.Namespace) -> Rates:
    """Raises ValueError when a fault isn't known or its share is no number."""
    rates = Rates.calm() if asked.calm else Rates()
    for text in asked.rate:
        name, _, value = text.partition("=")
        if name not in Rates.__dataclass_fields__:
            raise ValueError(f"there is no fault called {name}; these are: {', '.join(Rates.__dataclass_fields__)}")
        rates = replace(rates, **{name: float(value)})
    return rates
