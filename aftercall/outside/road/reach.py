"""By which roads a peer is rung, and in what order: as their phone has set it, else by the number on their card."""

from dataclasses import dataclass

ROADS = ("push", "sms", "voice", "mail")
LATEST = 600  # seconds after the first; a road that comes later than the next wave is of no use


@dataclass(frozen=True)
class Way:
    """One road to one peer. `after` is seconds from the beginning of the wave; None: only when another road fails."""

    road: str
    to: str
    after: int | None


def plan(own: tuple[Way, ...], tel: str, roads: frozenset[str]) -> tuple[Way, ...]:
    """The ways this half can go, in the order of their time; then the card's number, as a spare. Empty: only their page rings."""
    mine = sorted((w for w in own if w.road in roads), key=lambda w: (w.after or 0, ROADS.index(w.road)))
    spare = [Way(road, tel, None) for road in ("sms", "voice") if tel and road in roads and road not in {w.road for w in mine}]
    if not mine and spare:
        mine = [Way(spare[0].road, tel, 0)]
        spare = spare[1:]
    return (*mine, *spare)


def duty_plan(tel: str, roads: frozenset[str]) -> tuple[Way, ...]:
    """The duty phone is the last there is: every road it has, at once."""
    return tuple(Way(road, tel, 0) for road in ("sms", "voice") if tel and road in roads)


def next_way(ways: tuple[Way, ...], road: str) -> Way | None:
    """Which to go when that road has failed."""
    after = [w.road for w in ways].index(road) + 1 if road in {w.road for w in ways} else len(ways)
    return ways[after] if after < len(ways) else None
