"""STOP for this time: which messages that means. Each is a mark, and without the sender's key nobody can tell whose."""

import hashlib
from collections.abc import Iterable

from aftercall.inside.road.stay import DAYS, SHIFT

FIRST = 4  # days after which the messages of a loss have become those of a week and later
AHEAD = max(DAYS) + SHIFT + 1  # days from now on which a message of what has happened may still go


def mark(contact: str, about: str) -> str:
    """`contact`: the keyed mark of a number or address. `about`: a loss, or the day of a later message."""
    return hashlib.sha256(f"{contact}|{about}".encode()).hexdigest()[:32]


def about_day(day: int | str) -> str:
    return f"day {day}"


def this_time(contacts: Iterable[str], losses: Iterable[tuple[str, int]], waiting: Iterable[int], today: int) -> dict[str, int]:
    """Marks, and the day on which each may go. `losses`: name and day of each; their later days are drawn within `SHIFT` of
    these, so all of them are silenced. `waiting`: days that are drawn already."""
    abouts = {event: today + FIRST for event, _ in losses}
    days = {died + later + move for _, died in losses for later in DAYS for move in range(-SHIFT, SHIFT + 1)}
    abouts |= {about_day(day): day for day in days.union(waiting)}
    return {mark(contact, about): until + 1 for contact in contacts for about, until in abouts.items()}


def all_of(contacts: Iterable[str], losses: Iterable[str], today: int) -> set[str]:
    """Every mark that could be for this person now: for taking it back, and for saying whether there is one."""
    abouts = [*losses, *(about_day(day) for day in range(today - SHIFT, today + AHEAD + FIRST))]
    return {mark(contact, about) for contact in contacts for about in abouts}
