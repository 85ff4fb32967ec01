"""One page a quarter, the same for everyone. Noise first, then each request counts, then it is rounded, signed and never changed.

Source of the sampler: Canonne, Kamath, Steinke, "The Discrete Gaussian for Differential Privacy" (2020), algorithms 1 and 2.
Whole numbers only: no float whose last bits could tell the draw.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from aftercall.outside.road.directory import Steward
from aftercall.outside.road.seal import check, lv, point, sign
from aftercall.words import Randomness, b64, unb64

FIGURES = ("asked", "met", "wider")
"""Asks accepted; of them met within PROMPT (road/box.py); of them those for which wave 2 or 3 had to ring."""
EPSILON = (1, 4)
"""Of each figure, as a fraction. One request adds at most 1 to each, so 3/4 together; protected is the request, not the person
(DECISIONS 17)."""
STEP, FEW = 5, 10
YEARLY, NEVER = 150, 50
"""Programmes for fewer people than this have one page a year; for fewer than that none: any count could point at somebody."""


@dataclass(frozen=True)
class Period:
    """From the first day to the last, both counted, in UTC."""

    begins: date
    ends: date


@dataclass(frozen=True)
class Counting:
    """How large the programme is, and where chance comes from (the operating system's, in production)."""

    staff: int
    rand: Randomness

    def period(self, today: date) -> Period | None:
        """From today to the end of the quarter or year. None: in so small a programme nothing is counted."""
        if self.staff < NEVER:
            return None
        last = 12 if self.staff < YEARLY else (today.month + 2) // 3 * 3
        after = date(today.year + last // 12, last % 12 + 1, 1)
        return Period(today, after - timedelta(days=1))

    def noise(self) -> int:
        """One draw, with which a figure begins."""
        return laplace(*EPSILON, self.rand)


def laplace(num: int, den: int, rand: Randomness) -> int:
    """Exactly P(x) = (1 - a) / (1 + a) * a^|x|, with a = exp(-num / den)."""
    while True:
        low = _below(den, rand)
        if not _exp(low, den, rand):
            continue
        high = 0
        while _exp(1, 1, rand):
            high += 1
        size, minus = (low + den * high) // num, _below(2, rand)
        if size or not minus:  # else 0 would come twice as often
            return -size if minus else size


def _below(n: int, rand: Randomness) -> int:
    """Any of 0 .. n - 1, alike."""
    bits = (n - 1).bit_length()
    while True:
        drawn = int.from_bytes(rand((bits + 7) // 8), "big") >> (-bits % 8) if bits else 0
        if drawn < n:
            return drawn


def _exp(num: int, den: int, rand: Randomness) -> bool:
    """True with probability exp(-num / den), for num / den from 0 to 1."""
    k = 1
    while _below(den * k, rand) < num:
        k += 1
    return k % 2 == 1


def shown(value: int) -> int | None:
    """A figure as it is published. None: fewer than 10."""
    return None if value < FEW else (value + STEP // 2) // STEP * STEP


def within(share: float = 0.95) -> int:
    """In this share of all sheets the true number is no farther than this from the one shown: by noise, and by rounding."""
    num, den = EPSILON
    a, far = math.exp(-num / den), 0
    while 2 * a ** (far + 1) / (1 + a) > 1 - share:
        far += 1
    return far + STEP // 2


def publish(programme: str, period: Period, values: Mapping[str, int], peers: int, steward: Steward) -> bytes:
    """The sheet as everybody gets it: the text, and the steward's signature over exactly that text, as the directory has it."""
    body = json.dumps(
        {
            "v": 1,
            "programme": programme,
            "begins": period.begins.isoformat(),
            "ends": period.ends.isoformat(),
            "figures": {name: shown(values[name]) for name in FIGURES},
            "few": FEW,
            "within": within(),
            "epsilon": "{}/{}".format(*EPSILON),
            "peers": peers,
            "root": b64(steward.root),
            "steward": {"key": b64(point(steward.key.public_key())), "not_after": steward.not_after, "cert": steward.cert},
        },
        separators=(",", ":"),
    )
    return json.dumps({"body": body, "sig": sign(steward.key, sheet_bytes(programme, body))}).encode()


def sheet_bytes(programme: str, body: str) -> bytes:
    return lv("ac1/sheet", programme, hashlib.sha256(body.encode()).digest())


@dataclass(frozen=True)
class Sheet:
    """A published sheet, read. A figure that is None is fewer than 10."""

    begins: date
    ends: date
    asked: int | None
    met: int | None
    wider: int | None
    within: int
    peers: int


def read(signed: bytes) -> Sheet:
    """What a sheet says. Raises Forged when it is not as it was signed."""
    given = json.loads(signed)
    body = json.loads(given["body"])
    check(unb64(body["steward"]["key"]), given["sig"], sheet_bytes(body["programme"], given["body"]), "the sheet")
    begins, ends = date.fromisoformat(body["begins"]), date.fromisoformat(body["ends"])
    return Sheet(begins, ends, **body["figures"], within=body["within"], peers=body["peers"])
