"""How late is a message, with a hundred thousand asks and a million messages waiting? `python bench/ladder [--quick]`

Each half runs as it is shipped, on a database filled beforehand; a gateway on this machine writes down when each text came.
Lateness runs from the instant a row is due. Beside it stand the cycles of healthchecks (2 s) and GoAlert (5 s), which look again
and again, and so are late by half a cycle at the middle whatever the machine.
"""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "feeds"))  # machine.py, and the senders of HL7

import hospital
import outside
from machine import about, now

CYCLES = {"healthchecks, every 2 s": 2000.0, "GoAlert, every 5 s": 5000.0}


def main() -> None:
    want = argparse.ArgumentParser(description=__doc__)
    want.add_argument("--quick", action="store_true", help="a tenth of the rows, to see that it works")
    given = want.parse_args()
    scale = 10 if given.quick else 1
    with tempfile.TemporaryDirectory(prefix="ladder-") as folder:
        work = Path(folder)
        print(about(), now(work))
        hospital.measure(work / "inside", 1_000_000 // scale)
        outside.measure(work / "outside", 100_000 // scale)
    print("\nTHE LINE TO BEAT (half a cycle at the middle, a whole one at the end)")
    for name, cycle in CYCLES.items():
        print(f"  {name:<28} p50 {cycle / 2:7.0f} ms   max {cycle:7.0f} ms")


if __name__ == "__main__":
    main()
