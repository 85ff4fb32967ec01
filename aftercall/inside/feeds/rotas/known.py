"""Whom and where a rota means: people and units by any of the names that a rota may use. Who isn't staff is left unread."""

import logging
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from aftercall.inside.feeds.lists import LONGEST
from aftercall.inside.road.crew import Person, Place, Shift
from aftercall.rota.rows import BadList
from aftercall.words import Moment, StaffId

log = logging.getLogger("aftercall.inside")

PAST, AHEAD = timedelta(days=4), timedelta(days=15)
"""Only these days of a rota that repeats are read: a loss is at most three days old, and the lists are read anew each day."""


class Known:
    """The hospital's own lists, as a rota's words are looked up in them."""

    def __init__(self, staff: Iterable[Person], units: Iterable[Place] = ()) -> None:
        everybody = tuple(staff)
        mails = [person.mail.casefold() for person in everybody]
        self._by_id = {person.staff: person.staff for person in everybody}
        # An address that two share names neither.
        self._by_mail = {m: p.staff for m, p in zip(mails, everybody, strict=True) if m and mails.count(m) == 1}
        self._by_number = {pair: person.staff for person in everybody for pair in person.ids}
        self._units = {word.casefold(): place.unit for place in units for word in (place.name, place.unit) if word}

    def by_id(self, text: str) -> StaffId | None:
        return self._by_id.get(StaffId(text.strip()))

    def by_mail(self, text: str) -> StaffId | None:
        return self._by_mail.get(text.strip().casefold())

    def by_number(self, authority: str, number: str) -> StaffId | None:
        return self._by_number.get((authority, number))

    def unit(self, words: Iterable[str]) -> str:
        """The first that is a unit's code or name; without a list of units, the first."""
        said = [word.strip() for word in words if word.strip()]
        if not self._units:
            return said[0] if said else ""
        return next((self._units[word.casefold()] for word in said if word.casefold() in self._units), "")


def window(around: Moment) -> tuple[Moment, Moment]:
    return around - PAST, around + AHEAD


class Gathered:
    """The shifts of one file. What is no shift is counted, so that a file that says nothing to us is not taken for a rota."""

    def __init__(self, path: Path, around: Moment) -> None:
        self._path, (self._since, self._until) = path, window(around)
        self._shifts: dict[tuple[str, str, Moment], Shift] = {}
        self.nobody = self.nowhere = self.long = self.read = 0

    def add(self, who: Iterable[StaffId], unit: str, begins: Moment, ends: Moment) -> None:
        """One span of time. Outside the window, or of no length, it is let go."""
        people = tuple(who)
        self.read += 1
        self.nobody += not people
        self.nowhere += bool(people) and not unit
        self.long += bool(people) and ends - begins > LONGEST
        if not unit or ends <= begins or ends - begins > LONGEST or ends < self._since or begins > self._until:
            return
        for one in people:
            same = self._shifts.get((unit, one, begins))
            if same is None or ends > same.ends:
                self._shifts[unit, one, begins] = Shift(one, unit, begins, ends)

    def shifts(self) -> list[Shift]:
        """Raises BadList when there were spans of time and not one of them is a shift of anybody."""
        left = (
            f"{self.nobody} name nobody on the staff list, {self.nowhere} no unit, {self.long} last more than {LONGEST.days} days"
        )
        if self.read and self.nobody + self.nowhere + self.long >= self.read:
            raise BadList(f"{self._path}: not one of {self.read} entries is a shift: {left}; is it the rota?")
        if self.nobody or self.nowhere or self.long:
            log.warning("%s: of %d entries %s", self._path, self.read, left)
        return list(self._shifts.values())
