"""`python -m aftercall_stage.roster`: ninety days of a programme, beside the field's figures. Fails on a missed target."""

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from pathlib import Path

from aftercall_stage.roster.programme import Programme
from aftercall_stage.roster.rates import Rates, read
from aftercall_stage.roster.table import missed, shown

SHM = Path("/dev/shm")


def main() -> int:
    want = argparse.ArgumentParser(prog="aftercall_stage.roster", description=__doc__)
    want.add_argument("--seed", type=int, default=2611)
    want.add_argument("--days", type=int, help="fewer, for a quick look; the bad nights are left out when they come later")
    want.add_argument("--roads", nargs="+", default=["sms", "voice"], choices=["sms", "voice"], help="of the care half")
    given = want.parse_args()
    logging.disable(logging.CRITICAL)
    began, usual = time.monotonic(), read()
    if given.days:
        usual.size["days"] = given.days
    runs = [lived(rates, given.seed, tuple(given.roads)) for rates in (usual, usual.worse())]
    print(shown(*runs))
    print(f"seed {given.seed}, roads {' and '.join(given.roads)}, {time.monotonic() - began:.0f} s")
    failed = missed(runs[0])
    for what in failed:
        print(f"MISSED: {what}")
    return 1 if failed else 0


def lived(rates: Rates, seed: int, roads: tuple[str, ...]) -> Programme:
    with tempfile.TemporaryDirectory(dir=SHM if SHM.is_dir() else None) as folder:
        programme = Programme(Path(folder), rates, seed, roads)
        try:
            asyncio.run(programme.live())
        finally:
            programme.world.close()
    return programme


if __name__ == "__main__":
    sys.exit(main())
