"""`python -m aftercall_stage.chaos.power`: cut the power so often; nothing acknowledged may be lost, and the control must lose."""

import argparse
import logging
import os
import random
import secrets
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from aftercall_stage.chaos.power.cuts import SAFE, UNSAFE, After, Cut, run
from aftercall_stage.chaos.power.work import HALVES
from aftercall_stage.chaos.warm import warm

SHM = Path("/dev/shm")
CONTROL = 20  # cuts with the setting that the halves don't have, each half


def _begin() -> None:
    logging.disable(logging.CRITICAL)
    warm()


def _one(cut: Cut) -> tuple[Cut, After]:
    with tempfile.TemporaryDirectory(dir=SHM if SHM.is_dir() else None) as folder:
        return cut, run(cut, Path(folder) / "run")


def main() -> int:
    want = argparse.ArgumentParser(prog="aftercall_stage.chaos.power", description=__doc__)
    want.add_argument("--runs", type=int, default=200)
    want.add_argument("--seed", type=int)
    want.add_argument("--jobs", type=int, default=os.cpu_count())
    given = want.parse_args()
    seed, began = given.seed if given.seed is not None else secrets.randbelow(10**6), time.monotonic()
    with ProcessPoolExecutor(given.jobs, initializer=_begin) as pool:
        calm = [after.steps for _, after in pool.map(_one, [Cut(half, seed, 0) for half in HALVES])]
        steps = dict(zip(HALVES, calm, strict=True))
        ours = list(pool.map(_one, _cuts(seed, given.runs, steps, SAFE)))
        control = list(pool.map(_one, _cuts(seed, CONTROL * len(HALVES), steps, UNSAFE)))
    good = _told(ours, control)
    print(f"seed {seed}, {time.monotonic() - began:.0f} s")
    return 0 if good else 1


def _cuts(seed: int, runs: int, steps: dict[str, int], synchronous: str) -> list[Cut]:
    """Half of the runs on each half, each at some write or sync of a calm run."""
    rand, halves = random.Random(f"{seed}{synchronous}"), list(HALVES)
    return [
        Cut(half, seed + n, rand.randint(1, steps[half]), synchronous) for n in range(runs) for half in [halves[n % len(halves)]]
    ]


def _told(ours: Sequence[tuple[Cut, After]], control: Sequence[tuple[Cut, After]]) -> bool:
    good = True
    for half in HALVES:
        mine, theirs = ([pair for pair in all_of if pair[0].half == half] for all_of in (ours, control))
        lost, bitten = ([pair for pair in some if pair[1].lost] for some in (mine, theirs))
        kept = sum(after.promised for _, after in mine)
        print(f"{half}: {len(lost)} of {len(mine)} power cuts lost something of {kept} things acknowledged (synchronous={SAFE})")
        print(f"{'':{len(half)}}  {len(bitten)} of {len(theirs)} with synchronous={UNSAFE}, the control")
        for cut, after in lost:
            print(f"  LOST at {cut}: {'; '.join(after.lost)}")
        good = good and not lost and bool(bitten)
    return good


if __name__ == "__main__":
    sys.exit(main())
