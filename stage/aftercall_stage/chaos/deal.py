"""What breaks in which night: each point is died at in its turn, and each other fault meets both halves as often as the next."""

import random
from collections.abc import Mapping, Sequence

from aftercall_stage.chaos.fault import ROAD_KINDS, WIRE_KINDS, Fault

HALVES = ("inside", "outside")
KILLS = 2  # a night
DOORS = {"inside": ("mllp", 4), "outside": ("door", 60)}  # the wire before each half, and about how many pieces come in by it
MESSAGES = 8  # of which one meets a provider's bad moment


def others(database: str) -> list[tuple[str, str]]:
    """(kind, half) of all that breaks and is no death, in the order in which it is dealt."""
    broken = "full" if database == "sqlite" else "dbcut"
    cells = [(kind, half) for kind in ("stop", broken, *ROAD_KINDS, *WIRE_KINDS) for half in HALVES]
    random.Random("others").shuffle(cells)
    return cells


def deal(seed: int, turn: int, database: str, points: Mapping[str, Sequence[str]]) -> tuple[Fault, ...]:
    """For the night of that seed. `turn` counts the nights on this database: those that follow each other share the points."""
    rand = random.Random(f"faults of {seed}")
    cells = [(half, where) for half in HALVES for where in sorted(points[half])]
    random.Random("points").shuffle(cells)
    kind, half = others(database)[turn % len(others(database))]
    deaths = [_death(rand, *cells[(KILLS * turn + n) % len(cells)]) for n in range(KILLS)]
    return tuple(dict.fromkeys([*deaths, _other(rand, kind, half, points)]))


def _death(rand: random.Random, half: str, where: str) -> Fault:
    return Fault("kill", half, where, _nth(rand, where), rand.choice((0, 0, 0, 45, 90)))


def _other(rand: random.Random, kind: str, half: str, points: Mapping[str, Sequence[str]]) -> Fault:
    if kind in ROAD_KINDS:
        return Fault(kind, half, "sms", rand.randint(1, MESSAGES))
    if kind in WIRE_KINDS:
        door, pieces = DOORS[half]
        return Fault(kind, half, door, rand.randint(1, pieces))
    where = rand.choice(points[half])
    return Fault(kind, half, where, _nth(rand, where))


def _nth(rand: random.Random, where: str) -> int:
    """What a clock does is done all night, the rest a few times."""
    clock = where.partition(".")[2].startswith(("tick:", "leave:", "_round:"))
    return rand.randint(1, 20) if clock else rand.choice((1, 1, 1, 1, 2, 3))
