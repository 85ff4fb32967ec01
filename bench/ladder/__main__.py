"""How late is a message, with a hundred thousand asks and a million messages waiting?

`python bench/ladder [inside|outside|workers ...] [--postgres] [--quick]`

Each half runs as it is shipped, on a database filled beforehand; a gateway on this machine writes down when each text came.
Lateness runs from the instant a row is due. Beside it stand the cycles of healthchecks (2 s) and GoAlert (5 s), which look again
and again, and so are late by half a cycle at the middle whatever the machine. Each piece takes less than three minutes.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "feeds"))  # machine.py, and the senders of HL7
sys.path.insert(0, str(Path(__file__).parents[2]))  # the tests' PostgreSQL

import hospital
import outside
import workers
from machine import about, now

from tests.conftest import Postgres

CYCLES = {"healthchecks, every 2 s": 2000.0, "GoAlert, every 5 s": 5000.0}
PIECES = {"inside": hospital.measure, "outside": outside.measure, "workers": workers.measure}
WAITING = {"inside": 1_000_000, "outside": 100_000, "workers": 1_000_000}


def main() -> None:
    want = argparse.ArgumentParser(description=__doc__)
    want.add_argument("pieces", nargs="*", default=["inside", "outside"], metavar="|".join(PIECES))
    want.add_argument("--postgres", action="store_true", help="on PostgreSQL; else on SQLite. `workers` is on PostgreSQL anyway")
    want.add_argument("--quick", action="store_true", help="a tenth of the rows, to see that it works")
    given = want.parse_args()
    for piece in given.pieces:
        if piece not in PIECES:
            want.error(f"there is no piece called {piece}; there are {', '.join(PIECES)}")
        with tempfile.TemporaryDirectory(prefix="ladder-") as folder, database(given.postgres or piece == "workers", piece) as url:
            print(about(), now(Path(folder)), "PostgreSQL" if url else "SQLite", flush=True)
            PIECES[piece](Path(folder) / piece, WAITING[piece] // (10 if given.quick else 1), url)
            print(f"  {now(Path(folder))}", flush=True)
    print("\nTHE LINE TO BEAT (half a cycle at the middle, a whole one at the end)")
    for name, cycle in CYCLES.items():
        print(f"  {name:<28} p50 {cycle / 2:7.0f} ms   max {cycle:7.0f} ms")


@contextmanager
def database(postgres: bool, piece: str) -> Iterator[str]:
    """An empty one of that half, durable; "" for SQLite."""
    if not postgres:
        yield ""
        return
    with tempfile.TemporaryDirectory(prefix="ladder-pg-") as folder:
        server = Postgres(Path(folder))
        server.ask("postgres", "ALTER SYSTEM SET fsync = on")
        server.ask("postgres", "SELECT pg_reload_conf()")
        yield server("outside_bench" if piece == "outside" else "inside_bench")
        server.close()


if __name__ == "__main__":
    main()
