"""What a night will be, from its seed alone: who dies, who asks, who answers and who sleeps, and what breaks."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aftercall_stage.chaos.fault import ROAD_KINDS, WIRE_KINDS, Fault

LENGTH = 460  # seconds of a night; the last ask is old enough by then for its ladder to have come to rest
LATEST = 120  # second of the last thing that begins
AT_THE_PROVIDER, ON_THE_WIRE = 0.2, 0.12  # of the faults; the others are at points inside the halves
STOPS = 1 / 12  # of the faults are a SIGSTOP: each costs five real seconds


@dataclass(frozen=True)
class Death:
    """`again`: told once more so many seconds later, by another message. `back`: taken back so many seconds after it was told."""

    at: float
    again: float | None = None
    back: float | None = None


@dataclass(frozen=True)
class Ask:
    """`phone`: "on", "off" (for good, once told that its ask is kept), "leaves" (closes after a while), "first" (writes)."""

    at: float
    phone: str
    everyone: bool = False
    wish: int | None = None  # a peer by number
    leaves_out: int | None = None


@dataclass(frozen=True)
class Habit:
    """How one peer is on duty. `way`: "answers", "sleeps" (hears nothing), "forgets" (says yes and then nothing), "passes"."""

    way: str
    looks: float = 20.0  # seconds between two looks at the page
    closes: bool = False


@dataclass(frozen=True)
class Plan:
    seed: int
    deaths: tuple[Death, ...]
    asks: tuple[Ask, ...]
    peers: tuple[Habit, ...]
    faults: tuple[Fault, ...]
    length: float = LENGTH
    texts: tuple[float, ...] = ()  # seconds at which somebody with a basic phone sends the one word


def plan(seed: int, peers: int, points: Mapping[str, Sequence[str]], given: Sequence[Fault] | None = None) -> Plan:
    """`points`: the names of what can break in each half, as a calm night passed them. `given`: faults instead of drawn ones."""
    rand = random.Random(seed)
    deaths = tuple(_death(rand) for _ in range(2))
    asks = tuple(_ask(rand, peers, n) for n in range(rand.randint(2, 3)))
    habits = tuple(_habit(rand) for _ in range(peers))
    texts = (rand.uniform(5, LATEST),)
    faults = tuple(_fault(rand, points) for _ in range(rand.choice((1, 1, 2, 2, 3)))) if points else ()
    return Plan(seed, deaths, asks, habits, tuple(dict.fromkeys(faults)) if given is None else tuple(given), texts=texts)


def _death(rand: random.Random) -> Death:
    back = rand.choice((None, None, None, 15.0, 90.0))
    return Death(rand.uniform(1, LATEST), rand.choice((None, 12.0, 70.0)), back)


def _ask(rand: random.Random, peers: int, n: int) -> Ask:
    """The first of each night is of a phone that is never on again after it was told that its ask is kept."""
    phone = "off" if n == 0 else rand.choice(("on", "on", "first", "leaves"))
    wish, out = rand.choice((None, rand.randrange(peers))), rand.choice((None, None, rand.randrange(peers)))
    return Ask(rand.uniform(5, LATEST), phone, rand.random() < 0.25, wish if wish != out else None, out)


def _habit(rand: random.Random) -> Habit:
    way = rand.choices(("answers", "sleeps", "forgets", "passes"), (5, 4, 2, 1))[0]
    return Habit(way, rand.uniform(15, 60), rand.random() < 0.5)


def _fault(rand: random.Random, points: Mapping[str, Sequence[str]]) -> Fault:
    half = rand.choice(("inside", "outside", "outside"))
    place = rand.random()
    if place < AT_THE_PROVIDER:
        return Fault(rand.choice(ROAD_KINDS), half, "sms", rand.randint(1, 12))
    if place < AT_THE_PROVIDER + ON_THE_WIRE:
        door, pieces = ("mllp", 4) if half == "inside" else ("door", 100)
        return Fault(rand.choice(WIRE_KINDS), half, door, rand.randint(1, pieces))
    where = rand.choice(points[half])
    if rand.random() < STOPS:
        return Fault("stop", half, where, _nth(rand, where))
    kind = rand.choice((*["kill"] * 6, "dbcut" if "postgresql" in points["databases"] else "full"))
    return Fault(kind, half, where, _nth(rand, where), rand.choice((0, 0, 0, 45, 120)) if kind == "kill" else 0)


def _nth(rand: random.Random, where: str) -> int:
    """Ticks are passed all night, the rest a few times."""
    return rand.randint(1, 60) if where.endswith(".tick") or ".tick:" in where else rand.choice((1, 1, 1, 2, 3, 5))
