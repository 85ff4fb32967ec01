"""Faults of whoever counts: each changes the running program. `python -m tests.promises.leaks_leaders "LEAK" RUNS` plays with it.

A process of its own, which prints what it saw as JSON; whether that tells anything is for others to say.
"""

import json
import sys
from collections.abc import Callable
from datetime import date

from sqlalchemy.engine import Connection

from aftercall.outside.road import sheet as road
from aftercall.outside.road.sheet import Counting
from aftercall.outside.store import sheets
from aftercall.outside.store.tables import agg
from tests.promises.leaders import ASKED, played


def no_noise() -> None:
    Counting.noise = lambda self: 0  # type: ignore[method-assign]


def noise_last() -> None:
    """What many would do: count exactly, and blur what is published."""
    real = sheets.turn
    no_noise()

    def turn(conn: Connection, programme: str, counting: Counting, signed: sheets.Sign, today: date) -> None:
        conn.execute(agg.update().where(agg.c.programme == programme).values(value=agg.c.value + road.laplace(1, 4, counting.rand)))
        real(conn, programme, counting, signed, today)

    sheets.turn = turn


def unrounded() -> None:
    road.shown = lambda value: value


LEAKS: dict[str, Callable[[], None]] = {
    "noise last": noise_last,
    "unrounded": unrounded,
    "no noise": no_noise,
}


def main() -> int:
    LEAKS[sys.argv[1]]()
    runs = int(sys.argv[2])
    seen = [played(asked, runs) for asked in (ASKED, ASKED + 1)]
    print(json.dumps([{"dump": list(one.dump.items()), "page": list(one.page.items())} for one in seen]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
