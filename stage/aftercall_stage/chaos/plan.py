"""What a night will be, from its seed alone: who dies, who asks, who answers and who sleeps."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from aftercall_stage.chaos.fault import Fault

LENGTH = 400  # seconds of a night; the last ask is old enough by then for its ladder to have come to rest
LATEST = 90  # second of the last thing that begins
WAYS = ("answers", "sleeps", "forgets", "passes")  # each is somebody's in every night


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
    stops: tuple[float, ...] = ()  # seconds at which somebody who was at the first death writes STOP to the hospital's number


def plan(seed: int, peers: int, faults: Sequence[Fault]) -> Plan:
    """`faults`: what is dealt to it, see deal.py."""
    rand = random.Random(seed)
    deaths = tuple(_death(rand) for _ in range(2))
    asks = tuple(_ask(rand, peers, n) for n in range(rand.randint(2, 3)))
    ways = [*WAYS, *rand.choices(WAYS, (5, 4, 2, 1), k=peers - len(WAYS))]
    rand.shuffle(ways)
    habits = tuple(Habit(way, rand.uniform(15, 60), rand.random() < 0.5) for way in ways)
    texts, stops = (rand.uniform(5, LATEST),), (rand.uniform(1, LATEST),)
    return Plan(seed, deaths, asks, habits, tuple(faults), texts=texts, stops=stops)


def _death(rand: random.Random) -> Death:
    back = rand.choice((None, None, None, 15.0, 90.0))
    return Death(rand.uniform(1, LATEST), rand.choice((None, 12.0, 70.0)), back)


def _ask(rand: random.Random, peers: int, n: int) -> Ask:
    """The first of each night is of a phone that is never on again after it was told that its ask is kept."""
    phone = "off" if n == 0 else rand.choice(("on", "on", "first", "leaves"))
    wish, out = rand.choice((None, rand.randrange(peers))), rand.choice((None, None, rand.randrange(peers)))
    return Ask(rand.uniform(5, LATEST), phone, rand.random() < 0.25, wish if wish != out else None, out)
