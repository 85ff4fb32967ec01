"""What breaks in which night: each point is died at in its turn, and each other fault meets both halves as often as the next."""

import random
from collections.abc import Mapping, Sequence

from aftercall_stage.chaos.fault import HALVES, ROAD_KINDS, WIRE_KINDS, Fault
from aftercall_stage.chaos.must import needs

KILLS = 2  # a night
DOORS = {"inside": ("mllp", 4), "outside": ("door", 60)}  # the wire before each half, and about how many pieces come in by it
EARLY = (1, 2, 3)  # messages of which one meets a provider's bad moment, where a death waits for it
MESSAGES = 8  # of which one meets a provider's bad moment


def others(database: str) -> list[tuple[str, str]]:
    """(kind, half) of all that breaks and is no death, in the order in which it is dealt."""
    broken = "full" if database == "sqlite" else "dbcut"
    cells = [(kind, half) for kind in ("stop", broken, *ROAD_KINDS, *WIRE_KINDS) for half in HALVES]
    random.Random("others").shuffle(cells)
    return cells


def deal(seed: int, turn: int, database: str, points: Mapping[str, Sequence[str]]) -> tuple[Fault, ...]:
    """For the night of that seed; the last is no death. `turn` counts the nights on this database: those that follow each other
    share the points. A death at a point that is passed only while a provider fails comes with that failure.
    """
    rand = random.Random(f"faults of {seed}")
    cells = [(half, where) for half in HALVES for where in sorted(points[half])]
    random.Random("points").shuffle(cells)
    kind, half = others(database)[turn % len(others(database))]
    deaths = [_death(rand, *cells[(KILLS * turn + n) % len(cells)]) for n in range(KILLS)]
    other = _other(rand, kind, half, points)
    return tuple(dict.fromkeys([*deaths, *_under(rand, deaths, other), other]))


def _death(rand: random.Random, half: str, where: str) -> Fault:
    nth = 1 if needs(half, where) else _nth(rand, where)  # while a provider fails it may come about once
    return Fault("kill", half, where, nth, rand.choice((0, 0, 0, 45, 90)))


def _under(rand: random.Random, deaths: Sequence[Fault], other: Fault) -> list[Fault]:
    """What must fail that these deaths come about; each at a message of its own."""
    wanted = list(dict.fromkeys((kind, death.half) for death in deaths if (kind := needs(death.half, death.where))))
    free = {half: [n for n in EARLY if (half, "sms", n) != (other.half, other.where, other.nth)] for half in HALVES}
    for numbers in free.values():
        rand.shuffle(numbers)
    return [Fault(kind, half, "sms", free[half].pop()) for kind, half in wanted]


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
