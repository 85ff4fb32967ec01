"""P12: does the leaders' page, or a dump of what it is made of, tell whether one more had asked?

`python -m tests.promises.leaders RUNS`.
Each run is a programme of its own, with or without one request more, through the real rows: noise, counts, and the published sheet.
"""

import json
import math
import secrets
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy.engine import Connection

from aftercall.outside.road import sheet as road
from aftercall.outside.road.directory import Steward
from aftercall.outside.road.seal import point
from aftercall.outside.road.sheet import Counting, Period
from aftercall.outside.store import sheets
from aftercall.outside.store.tables import agg, tables
from aftercall.outside.store.tables import sheet as published

ASKED = 9  # without the one in question
FAR = 4.5  # standard errors of a log-ratio
BEGUN, ASKING, OVER = date(2026, 10, 1), datetime(2026, 11, 22, 19, 47, tzinfo=UTC), date(2027, 1, 1)
STEWARD = Steward(ec.generate_private_key(ec.SECP256R1()), point(ec.generate_private_key(ec.SECP256R1()).public_key()), "", "")


@dataclass(frozen=True)
class Seen:
    """How often each value was seen: in a dump in the middle of the quarter, and on the page."""

    dump: Counter[int]
    page: Counter[int | None]


def played(asked: int, runs: int) -> Seen:
    engine = sa.create_engine("sqlite://")
    tables.create_all(engine)
    with engine.begin() as conn:
        return Seen(*map(Counter, zip(*(_one(conn, f"p{n}", asked) for n in range(runs)), strict=True)))


def _one(conn: Connection, programme: str, asked: int) -> tuple[int, int | None]:
    counting = Counting(800, secrets.token_bytes)
    sheets.begin(conn, programme, counting, BEGUN)
    for _ in range(asked):
        sheets.count(conn, programme, counting, "asked", ASKING)
    mine = sa.and_(agg.c.programme == programme, agg.c.figure == "asked")
    dump = conn.scalar(sa.select(agg.c.value).where(mine))
    sheets.turn(conn, programme, counting, lambda period, values, _: _page(period, values), OVER)
    page = conn.scalar(sa.select(published.c.signed).where(published.c.programme == programme))
    return int(dump or 0), json.loads(json.loads(page or b"")["body"])["figures"]["asked"]


def _page(period: Period, values: Mapping[str, int]) -> bytes:
    return road.publish("p", period, values, 0, STEWARD)


def told_apart(runs: int, epsilon: Fraction = Fraction(*road.EPSILON)) -> list[str]:
    """What tells more than it may. [] is kept."""
    return apart(played(ASKED, runs), played(ASKED + 1, runs), epsilon)


def apart(without: Seen, with_one: Seen, epsilon: Fraction = Fraction(*road.EPSILON)) -> list[str]:
    return [
        *_worse("a dump", without.dump, with_one.dump, float(epsilon)),
        *_worse("the page", _numbers(without.page), _numbers(with_one.page), float(epsilon)),
        *(f"the page says {n}, which is not in fives" for n in sorted(_numbers(with_one.page)) if n % 5),
    ]


def _numbers(page: Counter[int | None]) -> Counter[int]:
    return Counter({-5 if n is None else n: often for n, often in page.items()})


def _worse(where: str, a: Counter[int], b: Counter[int], epsilon: float) -> list[str]:
    """Of every value, and of all from there on up or down: how much likelier it is with the one more than without, or less."""
    found = []
    for x in sorted({*a, *b}):
        for sign, of in (("", int.__eq__), (" or more", int.__ge__), (" or less", int.__le__)):
            n, m = (sum(often for y, often in c.items() if of(y, x)) for c in (a, b))
            if max(n, m) < 50:
                continue
            ratio, error = math.log(max(m, 0.5) / max(n, 0.5)), math.sqrt(1 / max(n, 1) + 1 / max(m, 1))
            if abs(ratio) > epsilon + FAR * error:
                found.append(f"{where} that says {x}{sign} was seen {n} times without and {m} with: {ratio:+.2f}")
    return found


def main() -> int:
    runs = int(sys.argv[1])
    found = told_apart(runs)
    print(f"P12, {runs} runs with and without one request: {'; '.join(found) or 'nothing tells them apart beyond epsilon'}")
    caught = told_apart(runs, Fraction(1, 8))  # the control: a promise twice as good is seen to be broken
    print(f"the same against half of epsilon: {caught[0] if caught else 'NOT CAUGHT'}")
    return 0 if caught and not found else 1


if __name__ == "__main__":
    sys.exit(main())
