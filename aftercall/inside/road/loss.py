"""Notices become one loss, whatever their order and however often they came. Absence is never read as alive."""

from dataclasses import dataclass
from datetime import timedelta

from aftercall.inside.road.notice import Sign
from aftercall.words import Moment

TOO_LATE = timedelta(hours=72)  # older news never causes a first message (DECISIONS 28)

NONE, CONFIRMED, HELD, WITHDRAWN = "none", "confirmed", "held", "withdrawn"
DEAD = {("PID-30", "yes"), ("PID-29", "time"), ("PID-29", "day"), ("PV1-36", "expired")}
TAKEN_BACK = {("PID-30", "no"), ("PID-30", "delete")}


@dataclass(frozen=True)
class Heard:
    """What is kept of one notice: its signs, and when they were said."""

    body: str
    signs: tuple[Sign, ...]
    died: Moment | None
    said_at: Moment
    unit: str


@dataclass(frozen=True)
class Loss:
    """What is believed now. `signs` are the paths that speak for it."""

    state: str
    died: Moment | None = None
    unit: str = ""
    signs: tuple[str, ...] = ()


def believe(heard: tuple[Heard, ...]) -> Loss:
    """One loss from all that was said of one patient: for each field the last word by the sender's time counts (FEEDS 8a).

    Depends on the set of notices only, so that every order of arrival, and every replay, gives the same.
    """
    last: dict[str, tuple[Moment, str, Heard]] = {}
    for h in sorted(heard, key=lambda h: (h.said_at, h.body)):
        for sign in h.signs:
            last[sign.path] = (h.said_at, sign.value, h)
    dead = [(path, at, h) for path, (at, value, h) in last.items() if (path, value) in DEAD]
    once = any((s.path, s.value) in DEAD for h in heard for s in h.signs)
    if not dead:
        return Loss(WITHDRAWN if once else NONE)
    said, value, _ = last.get("PID-30", (None, "", None))
    if ("PID-30", value) in TAKEN_BACK:
        if any(at == said for _, at, _ in dead):
            return Loss(HELD, *_where(dead))  # a time of death beside "not dead": a human decides, with both shown
        dead = [d for d in dead if d[1] > said] if said else dead
        if not dead:
            return Loss(WITHDRAWN)
    return Loss(CONFIRMED, *_where(dead))


def _where(dead: list[tuple[str, Moment, Heard]]) -> tuple[Moment, str, tuple[str, ...]]:
    """When and where, from the latest notice that speaks for it; without a time of death, when it was first said."""
    newest = sorted(dead, key=lambda d: (d[1], d[2].body))
    died = next((h.died for _, _, h in reversed(newest) if h.died), newest[0][1])
    unit = next((h.unit for _, _, h in reversed(newest) if h.unit), "")
    return died, unit, tuple(sorted(path for path, _, _ in newest))


def too_late(loss: Loss, now: Moment) -> bool:
    return loss.died is not None and now - loss.died > TOO_LATE
