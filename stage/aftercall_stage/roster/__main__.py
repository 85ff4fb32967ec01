"""`python -m aftercall_stage.roster`: ninety days of a programme, beside the field's figures. Fails on a missed target.

The targets are asked of a programme that is alone; what one next door would change is printed beside it.
"""

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from aftercall_stage.roster.programme import Programme
from aftercall_stage.roster.rates import Rates, read
from aftercall_stage.roster.table import missed, rows, shown

STEPS = ("first", "second", "every", "again", "lease", "lease_all", "rounds")
SHM = Path("/dev/shm")


def main() -> int:
    want = argparse.ArgumentParser(prog="aftercall_stage.roster", description=__doc__)
    want.add_argument("--seed", type=int, default=2611)
    want.add_argument("--days", type=int, help="fewer, for a quick look; the bad nights are left out when they come later")
    want.add_argument("--roads", nargs="+", default=["sms", "voice"], choices=["sms", "voice"], help="of the care half")
    want.add_argument("--hands", type=int, help="talks that a peer holds at once (3, as their page does)")
    for name in STEPS:
        want.add_argument(f"--{name}", type=int, help="of the ladder, where it shall differ from the product's default")
    given = want.parse_args()
    began, usual = time.monotonic(), read()
    if given.days:
        usual.size["days"] = given.days
    if given.hands:
        usual.talk["hands"] = given.hands
    steps = {name: value for name in STEPS if (value := getattr(given, name)) is not None}
    alone = usual.alone()
    with ProcessPoolExecutor(2) as pool:
        lives = {"usual": alone, "with allies": usual, "50 % worse": alone.worse()}
        going = {name: pool.submit(told, rates, given.seed, tuple(given.roads), steps) for name, rates in lives.items()}
        columns = {name: one.result() for name, one in going.items()}
    print(shown(usual, columns))
    print(
        f"seed {given.seed}, roads {' and '.join(given.roads)}, ladder {steps or 'as it comes'}, {time.monotonic() - began:.0f} s"
    )
    for name in ("usual", "with allies"):
        for what in missed(columns[name]):
            print(f"MISSED, {name}: {what}")
    return 1 if missed(columns["usual"]) else 0


def told(rates: Rates, seed: int, roads: tuple[str, ...], steps: Mapping[str, int]) -> dict[str, float]:
    """The table's column, made in a process of its own."""
    logging.disable(logging.CRITICAL)
    return rows(lived(rates, seed, roads, steps))


def lived(rates: Rates, seed: int, roads: tuple[str, ...], steps: Mapping[str, int]) -> Programme:
    with tempfile.TemporaryDirectory(dir=SHM if SHM.is_dir() else None) as folder:
        programme = Programme(Path(folder), rates, seed, roads, steps)
        try:
            asyncio.run(programme.live())
        finally:
            programme.world.close()
    return programme


if __name__ == "__main__":
    sys.exit(main())
