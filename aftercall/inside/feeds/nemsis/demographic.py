"""The agency's list of its crew (DEMDataSet): which licences, and which number of the agency's own, are one person."""

from dataclasses import dataclass

from aftercall.inside.feeds.nemsis.opened import Part, parts
from aftercall.inside.road.notice import Unread

_NUMBERS = ("dPersonnel.23", "dPersonnel.21", "dPersonnel.28")  # state licences, the agency's own, the national registry's


@dataclass(frozen=True)
class Member:
    """One person of the crew, by every number that a report may use: (agency, number), licences first. No name."""

    ids: tuple[tuple[str, str], ...]


def crew_ids(body: bytes) -> tuple[Member | Unread, ...]:
    """For the list of staff: the authority is the agency's number, as in the reports of that agency."""
    return tuple(_member(one) for one in parts(body, "DEMDataSet", "dPersonnel.PersonnelGroup"))


def _member(one: Part | Unread) -> Member | Unread:
    if isinstance(one, Unread):
        return one
    ids = tuple(dict.fromkeys((one.agency, number) for name in _NUMBERS for number in one.all(name)))
    if not ids:
        return Unread("DEMDataSet", "not-ours", "dPersonnel.23", "A person without a number can't be known again. Add the licence.")
    return Member(ids)
