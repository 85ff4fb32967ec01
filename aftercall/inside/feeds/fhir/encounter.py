"""The visit behind a death: which one it was, where the patient lay, and what it says of the circumstances."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from aftercall.inside.feeds.fhir.death import is_expected
from aftercall.inside.feeds.fhir.links import Links, key_of, numbers
from aftercall.inside.feeds.fhir.moments import around
from aftercall.inside.feeds.fhir.opened import Found
from aftercall.inside.feeds.fhir.shapes import Encounter, Where
from aftercall.inside.feeds.site import CURRENT, SHORT, SKEW, Site
from aftercall.inside.feeds.times import Time
from aftercall.words import Moment

_NO_VISIT = frozenset({"planned", "cancelled", "entered-in-error"})
_CERTIFYING = "308646001"  # SNOMED CT "death certification": a visit that the dead do not make
_IN_BED = frozenset({"IMP", "ACUTE", "NONAC", "EMER", "OBSENC", "SS"})


@dataclass(frozen=True)
class Visit:
    """An Encounter with its times read."""

    encounter: Encounter
    found: Found
    begins: Time | None
    ends: Time | None

    @property
    def kind(self) -> str:
        return str(self.encounter.kind.code or "").upper() if self.encounter.kind else ""

    def covers(self, died: Time | None, said: Moment) -> bool:
        """Within a day of the death; where no time is known, current when it was said."""
        codings = (coding for kind in self.encounter.type or () for coding in kind.coding or ())
        if self.encounter.status in _NO_VISIT or any(str(coding.code) == _CERTIFYING for coding in codings):
            return False
        first, last = (died.first - SHORT, died.last + SHORT) if died else (said - CURRENT, said + SKEW)
        return (self.begins is None or self.begins.first <= last) and (self.ends is None or self.ends.last >= first)

    def before(self, died: Time | None) -> bool:
        """Had it begun when the patient died?"""
        return died is None or self.begins is None or self.begins.first <= died.last

    def is_fresh(self, said: Moment) -> bool:
        return self.encounter.status != "planned" and (self.ends is None or self.ends.last >= said - CURRENT - SHORT)


def visit_of(encounter: Encounter, found: Found, site: Site) -> Visit:
    return Visit(encounter, found, *around(encounter.period, site.zone))


def those_then(visits: Iterable[Visit], died: Time | None, said: Moment) -> list[Visit]:
    """The visits that the death can belong to, the likeliest first."""
    return sorted((v for v in visits if v.covers(died, said)), key=lambda v: _likely(v, died, said), reverse=True)


def _likely(visit: Visit, died: Time | None, said: Moment) -> tuple[bool, bool, float]:
    ended = visit.ends is not None and visit.ends.last < (died.first if died else said - CURRENT)
    return visit.before(died) and not ended, visit.kind in _IN_BED, visit.begins.first.timestamp() if visit.begins else 0.0


def number_of(visit: Visit, base: str) -> tuple[str, str] | None:
    """Its own number, else that of the stay it is part of (MedCom), else where the server keeps it."""
    encounter = visit.encounter
    stays = [stay.identifier for stay in encounter.episode_of_care or () if stay.identifier]
    own = next(numbers(encounter.identifier), None) or next(numbers(stays), None)
    return own or key_of(visit.found.url or f"Encounter/{encounter.id}", base if visit.found.served else "")


def unit_of(visit: Visit, links: Links, died: Time | None, site: Site) -> str:
    """The last place the patient lay in then: its number, else its name; else who ran the visit."""
    places = [place for place in visit.encounter.location or () if place.status != "planned"]
    then = [place for place in places if _lay_there(place, died, site)] or places
    for reference in (*(place.location for place in reversed(then)), visit.encounter.service_provider):
        if reference is None:
            continue
        actor = links.actor(reference)
        numbered = [
            *numbers([reference.identifier] if reference.identifier else None),
            *numbers(actor.identifier if actor else None),
        ]
        called = actor.name if actor and isinstance(actor.name, str) else ""
        key = key_of(reference.reference or "", "")
        named = reference.display or called or (key[1] if key else "")
        if unit := (numbered[0][1] if numbered else named.strip()):
            return unit[:64]
    return ""


def _lay_there(place: Where, died: Time | None, site: Site) -> bool:
    begins, ends = around(place.period, site.zone)
    if died is None:
        return ends is None
    hour = timedelta(hours=1)
    return (begins is None or begins.first <= died.last) and (ends is None or ends.last + hour >= died.first)


def facts_of(visits: Iterable[Visit], then: Moment, site: Site) -> Iterator[str]:
    for visit in visits:
        if visit.kind == "EMER":
            yield "emergency"
        if visit.begins and abs(then - visit.begins.first) <= SHORT:
            yield "short stay"
        if is_expected((visit.encounter.service_type,), site):
            yield "expected"
