"""How claims a second grow with workers: processes on one PostgreSQL, 20,000 rings due at once, 50 a claim, fsync on.

python bench/claims.py [ROWS]
"""

import multiprocessing as mp
import os
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from aftercall.outside.store import rings
from aftercall.sql import OUTSIDE, open_engine
from aftercall.workers import Low
from tests.conftest import Postgres
from tests.world import START

WORKERS, ROUNDS, AT_ONCE = (1, 2, 4), 3, 50
WAITING = (
    "INSERT INTO ring (programme, box, pid, road, wave, due, tries)"
    " SELECT 'kisumu', md5(n::text), 'grace', 'sms', 1, {due}, 0 FROM generate_series(1, {rows}) n"
)


def work(url: str, said: Any, ready: Any) -> None:
    """Claim until nothing is due. Says how many it got, and in how many seconds."""
    low, got = Low(), 0
    with open_engine(url, OUTSIDE).connect() as conn:
        ready.wait()
        began = time.monotonic()
        while True:
            with conn.begin():
                mine = rings.claim(conn, "kisumu", "sms", START + timedelta(seconds=1), low, AT_ONCE)
            if not mine:
                break
            got += len(mine)
    said.put((got, time.monotonic() - began))


def one(server: Postgres, workers: int, rows: int) -> float:
    url = server("outside_bench")
    server.ask("outside_bench", WAITING.format(due=int(START.timestamp()), rows=rows))
    server.ask("outside_bench", "ANALYZE")
    said, ready = mp.Queue(), mp.Barrier(workers)  # type: ignore[var-annotated]
    these = [mp.Process(target=work, args=(url, said, ready)) for _ in range(workers)]
    for process in these:
        process.start()
    told = [said.get() for _ in these]
    for process in these:
        process.join()
    if sum(got for got, _ in told) != rows:
        sys.exit(f"{rows} rows were due, and {sum(got for got, _ in told)} were claimed")
    return rows / max(seconds for _, seconds in told)


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with tempfile.TemporaryDirectory() as folder:
        server = Postgres(Path(folder))
        server.ask("postgres", "ALTER SYSTEM SET fsync = on")
        server.ask("postgres", "SELECT pg_reload_conf()")
        rates: dict[int, list[float]] = {workers: [] for workers in WORKERS}
        for _ in range(ROUNDS):
            for workers in WORKERS:
                rates[workers].append(one(server, workers, rows))
        for workers, found in rates.items():
            print(f"{workers} workers: {sorted(found)[ROUNDS // 2]:8.0f} rows/s (from {min(found):.0f} to {max(found):.0f})")
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        server.close()


if __name__ == "__main__":
    main()
