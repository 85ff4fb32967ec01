"""One opened document laid out: its patients, their visits, and everything that a notice is made from."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from aftercall.inside.feeds.fhir.encounter import Visit, visit_of
from aftercall.inside.feeds.fhir.links import Key, Links, key_of, numbers
from aftercall.inside.feeds.fhir.message import Envelope, envelope_of
from aftercall.inside.feeds.fhir.moments import time_in
from aftercall.inside.feeds.fhir.opened import Found, Opened
from aftercall.inside.feeds.fhir.shapes import Encounter, Meta, Patient, Reference
from aftercall.inside.feeds.fhir.shaping import S, shaped
from aftercall.inside.feeds.site import Mark, Site
from aftercall.inside.feeds.times import Time
from aftercall.inside.road.notice import Notice
from aftercall.words import Moment


@dataclass(frozen=True)
class World:
    """What `read` was given besides the document."""

    site: Site
    mark: Mark
    now: Moment
    base: str = ""  # the server it came from, without a slash at the end
    source: str = "fhir"


@dataclass
class Person:
    """One patient of the document, in every version that stands in it."""

    keys: tuple[Key, ...] = ()
    versions: list[tuple[Found, Patient]] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)


class Sheet:
    def __init__(self, opened: Opened, world: World) -> None:
        self.opened, self.world, self.site, self.now = opened, world, world.site, world.now
        self.links = Links(opened.found, world.base)
        self.envelope: Envelope = envelope_of(opened, world.site)
        self.people: dict[str, Person] = {}
        for found, patient in self.all(Patient, "Patient"):
            self.links.add(found, str(patient.id or ""))
            person = self.people.setdefault(self._group(found), Person())
            person.versions.append((found, patient))
            person.keys = tuple(dict.fromkeys((*person.keys, *self._keys(found, patient))))
        self._strangers: dict[str, Person] = {}
        self._by_reference: dict[str, Person] = {}
        for found, encounter in self.all(Encounter, "Encounter"):
            self.links.add(found, str(encounter.id or ""))
            self.person(encounter.subject).visits.append(visit_of(encounter, found, world.site))

    def all(self, shape: type[S], *types: str, holding: tuple[bytes, ...] = ()) -> Iterator[tuple[Found, S]]:
        """Every resource of these types that can be read; what is wrong with the others is put down.

        `holding` passes over, unread, those in whose bytes none of these stands: a record has hundreds of results.
        """
        for found in self.opened.of(*types):
            if found.gone or (holding and not _holds(bytes(found.raw), holding)):
                continue
            one, refused = shaped(found.raw, shape, self.opened.kind, found.path)
            self.opened.refused.extend(refused)
            if one is not None:
                yield found, one

    def person(self, subject: Reference | None) -> Person:
        """Who is meant: one of the document, or somebody known by number or address only."""
        name = subject.reference if subject and not subject.identifier else None
        if name is None:
            return self._meant(subject)
        if (known := self._by_reference.get(name)) is None:
            known = self._by_reference[name] = self._meant(subject)
        return known

    def _meant(self, subject: Reference | None) -> Person:
        found = self.links.find(subject, "Patient")
        if found and (group := self._group(found)) in self.people:
            return self.people[group]
        if subject is None and len(self.people) == 1:
            return next(iter(self.people.values()))
        keys = [*numbers([subject.identifier] if subject and subject.identifier else None)]
        address = (subject.reference or "") if subject else ""
        if not keys and not address.startswith("urn:") and (key := key_of(address, self.world.base)):
            keys.append(key)
        return self._strangers.setdefault(repr(keys), Person(tuple(keys)))

    def strangers(self) -> Iterable[Person]:
        return self._strangers.values()

    def said(self, meta: Meta | None, own: Iterable[Time | None]) -> tuple[Moment, Moment] | None:
        """When it was written down, and when it was sent. A clock ahead of ours would win over every later correction.

        A document that says neither is as old as the newest thing in it; an answer to a search is of now.
        """
        written = time_in(meta.last_updated, self.site.zone) if meta else None
        sent = self.envelope.sent
        time = written or sent or max((one for one in own if one), default=None)
        if time is None and self.opened.type not in ("searchset", "batch-response"):
            return None
        said = min(time.first, self.now) if time else self.now
        last = [t.last for t in (written, sent) if t]
        return said, min(max(last), self.now) if last else self.now

    def document(self, found: Found, ident: str, keys: Iterable[Key]) -> str:
        """Of one document only the newest counts, so two patients' must never have the same name."""
        if found.served:
            key = key_of(found.url or f"{found.type}/{ident}", self.world.base)
            return f"document|{found.type}|{key[0]}/{key[1]}" if key and (found.url or ident) else ""
        name = found.url or ident
        return f"document|{found.type}|{name}|{'|'.join(f'{a}|{n}' for a, n in sorted(keys))}" if name else ""

    def sealed(self, notice: Notice, found: Found) -> Notice:
        """With the mark of its body: what stood there, and what was made of it."""
        plain = msgspec.json.format(bytes(found.raw), indent=-1) if not found.gone else b""
        place = (notice.visit, notice.unit, notice.named, notice.document, notice.version, notice.sent)
        made = repr((notice.signs, notice.said_at, sorted(notice.facts), notice.doubt, *place))
        digest = hashlib.sha256(plain + f"{found.type}|{notice.kind}|{made}".encode("utf-8", "replace")).hexdigest()
        return notice._replace(body=self.world.mark(f"body|{digest}"))

    def _keys(self, found: Found, patient: Patient) -> Iterator[Key]:
        """Numbers, and the address where it is the server's own: within a message it may be used for many."""
        own = list(numbers(patient.identifier))
        yield from own
        address = found.url or (f"Patient/{patient.id}" if patient.id else "")
        if (found.served or not own) and (key := key_of(address, self.world.base if found.served else "")):
            yield key

    def _group(self, found: Found) -> str:
        return found.url.partition("/_history/")[0] or found.path


def _holds(raw: bytes, any_of: tuple[bytes, ...]) -> bool:
    return any(one in raw for one in any_of)
