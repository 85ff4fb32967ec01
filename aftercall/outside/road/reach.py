"""By which roads a peer is rung, and in what order: as their phone has set it, else by the number on their card."""

from dataclasses import dataclass, replace

ROADS = ("push", "sms", "voice", "mail")
LATEST = 600  # seconds after the first; a road that comes later than the next wave is of no use


@dataclass(frozen=True)
class Way:
    """One road to one peer. `after` is seconds from the beginning of the wave; None: only when another road fails."""

    road: str
    to: str
    after: int | None
    came: bool = True  # False: the last test ring by it did not arrive, as the peer has said


def plan(own: tuple[Way, ...], tel: str, roads: frozenset[str], call: int = 0) -> tuple[Way, ...]:
    """The ways this half can go, in the order of their time; then the card's number, as a spare. Empty: only their page rings.

    Who has set nothing is texted at once, and called so many seconds after: a text alone wakes few.
    """
    mine = sorted((w for w in own if w.road in roads), key=lambda w: (w.after or 0, ROADS.index(w.road)))
    spare = [Way(road, tel, None) for road in ("sms", "voice") if tel and road in roads and road not in {w.road for w in mine}]
    if not mine:
        return tuple(Way(way.road, tel, n * call) for n, way in enumerate(spare))
    return _past_the_broken((*mine, *spare))


def _past_the_broken(ways: tuple[Way, ...]) -> tuple[Way, ...]:
    """By which a test did not arrive still goes, but nobody waits for it: the next road goes with it."""
    out = list(ways)
    for n in range(len(out) - 1):
        way, following = out[n], out[n + 1]
        if not way.came and way.after is not None and (following.after is None or following.after > way.after):
            out[n + 1] = replace(following, after=way.after)
    return tuple(out)


def duty_plan(tel: str, roads: frozenset[str]) -> tuple[Way, ...]:
    """The duty phone is the last there is: every road it has, at once."""
    return tuple(Way(road, tel, 0) for road in ("sms", "voice") if tel and road in roads)


def next_way(ways: tuple[Way, ...], road: str) -> Way | None:
    """Which to go when that road has failed."""
    after = [w.road for w in ways].index(road) + 1 if road in {w.road for w in ways} else len(ways)
    return ways[after] if after < len(ways) else None
