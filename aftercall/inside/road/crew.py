"""Who was there: those the record names, and everybody on that unit's rota then. Each with a reason; others are dropped unread."""

from dataclasses import dataclass
from datetime import timedelta

from aftercall.words import Moment, StaffId

AROUND = timedelta(minutes=30)  # a shift that ended, or began, this near to the death was there


@dataclass(frozen=True)
class Person:
    staff: StaffId
    name: str
    phone: str
    mail: str
    language: str
    unit: str
    role: str
    ids: tuple[tuple[str, str], ...]  # (authority, number)


@dataclass(frozen=True)
class Place:
    unit: str
    name: str
    site: str


@dataclass(frozen=True)
class Presence:
    staff: StaffId
    why: str  # "PV1-7 attending", "rota of RES"


@dataclass(frozen=True)
class Shift:
    staff: StaffId
    unit: str
    begins: Moment
    ends: Moment


def crew(named: tuple[Presence, ...], shifts: tuple[Shift, ...], unit: str, died: Moment) -> tuple[Presence, ...]:
    """Everybody who was there, once, with the strongest reason: the record before the rota."""
    found: dict[StaffId, Presence] = {}
    for there in named:
        found.setdefault(there.staff, there)
    for shift in shifts:
        if shift.unit == unit and unit and shift.begins - AROUND <= died <= shift.ends + AROUND:
            found.setdefault(shift.staff, Presence(shift.staff, f"rota of {unit}"))
    return tuple(found.values())


def on_shift(shifts: tuple[Shift, ...], staff: StaffId, at: Moment) -> bool:
    """Is this person at work at that moment, or only just not any more?"""
    return any(s.staff == staff and s.begins <= at <= s.ends + AROUND for s in shifts)
