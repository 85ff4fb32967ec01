"""First yes wins, and is a lease until the two have met: a peer who says yes and falls asleep leaves nobody waiting."""

from dataclasses import replace

from aftercall.outside.road.box import Box, Copy
from aftercall.outside.road.wave import LAST, Steps, in_sight
from aftercall.words import Moment

LAPSES = 2  # in one duty; then the peer is put off duty (DECISIONS A1)


def take(box: Box, copy: Copy, now: Moment, steps: Steps) -> Box | None:
    """The box with this peer's lease; None when another was first or this peer was never rung. The same peer again: the same."""
    if box.state == "talk" and box.holder == copy.pid:
        return box
    if box.state != "open" or not in_sight(box, copy):
        return None
    if box.leased:
        return box if box.holder == copy.pid else None
    length = steps.lease_all if box.wave >= LAST else steps.lease
    return replace(box, holder=copy.pid, cap=copy.cap, due=now + length)


def lapsed(box: Box, now: Moment) -> bool:
    return box.leased and box.due is not None and now >= box.due


def let_go(box: Box, now: Moment, failed: bool) -> Box:
    """The lease is over without a meeting: the next wave is due now, and the asker is told when the peer was not heard of."""
    return replace(box, holder="", cap="", due=now, lapsed=box.lapsed + (1 if failed else 0), heard_c=0, heard_p=0)
