"""Who is meant by a reference: found in the document, or named by where it points."""

import re
from collections.abc import Iterable, Iterator

from aftercall.inside.feeds.fhir.opened import Found
from aftercall.inside.feeds.fhir.shapes import Actor, Identifier, Reference
from aftercall.inside.feeds.fhir.shaping import Unshaped, decode

LONGEST = 200  # characters of an identifier; what is longer is none
Key = tuple[str, str]  # (authority, number); of an address, (server and type, id)

_ABSOLUTE = re.compile(r"(https?://.+)/([A-Z][A-Za-z]+)/([^/?#]+)")
_RELATIVE = re.compile(r"([A-Z][A-Za-z]+)/([^/?#]+)")
_URN = re.compile(r"(urn:(?:uuid|oid)):(.+)")
_SEARCH = re.compile(r"[A-Z][A-Za-z]+\?identifier=([^|&]*)\|([^&]+)")


def key_of(address: str, base: str) -> Key | None:
    """An address as (server and type, id), the same however it was written. `base` is the server asked, where one was."""
    address = address.partition("/_history/")[0]
    if found := _ABSOLUTE.fullmatch(address):
        return f"{base or found[1]}/{found[2]}", found[3]
    if found := _RELATIVE.fullmatch(address):
        return f"{base}/{found[1]}" if base else found[1], found[2]
    if found := _URN.fullmatch(address):
        return found[1], found[2].lower()
    return None


def numbers(identifiers: Iterable[Identifier] | None) -> Iterator[Key]:
    """Each identifier that has a value, by its system."""
    for one in identifiers or ():
        value = str(one.value).strip() if one.value is not None else ""
        if 0 < len(value) <= LONGEST:
            yield (one.system or "").strip()[:LONGEST], value


class Links:
    """The resources of one document by every name under which a reference may mean them."""

    def __init__(self, found: Iterable[Found], base: str) -> None:
        self.base = base
        self._all = tuple(found)
        self._by_url = {one.url: one for one in reversed(self._all) if one.url}
        self._others: dict[str, Found] = {}
        self._by_name: dict[str, Found] | None = None
        self._actors: dict[str, Actor | None] = {}

    def add(self, one: Found, ident: str) -> None:
        """Also by its id: senders write `Patient/1` where the fullUrl is another."""
        if ident:
            self._others.setdefault(f"{one.type}/{ident}", one)
            self._others.setdefault(f"urn:uuid:{ident.lower()}", one)
            self._by_name = None

    def find(self, reference: Reference | None, kind: str = "") -> Found | None:
        text = (reference.reference or "") if reference else ""
        if not text or (exact := self._by_url.get(text)):
            return exact if text else None
        if self._by_name is None:
            self._by_name = dict(self._others)
            for one in self._all:
                for name in _names(one.url, one.type) if one.url else ():
                    self._by_name.setdefault(name, one)
        return next((self._by_name[name] for name in _names(text, kind) if name in self._by_name), None)

    def actor(self, reference: Reference | None) -> Actor | None:
        """Practitioner, PractitionerRole, Location or Organization of that reference, when the document has it."""
        found = self.find(reference)
        if found is None or found.type not in ("Practitioner", "PractitionerRole", "Location", "Organization"):
            return None
        if found.path not in self._actors:
            try:
                self._actors[found.path] = decode(found.raw, Actor)
            except Unshaped:
                self._actors[found.path] = None
        return self._actors[found.path]

    def persons(self, reference: Reference | None) -> tuple[Key, ...]:
        """Everything by which a member of staff may be known: own numbers, and those of the person in a role."""
        if reference is None or _is_else(reference.reference or ""):
            return ()
        said = list(numbers([reference.identifier] if reference.identifier else None))
        if actor := self.actor(reference):
            said += numbers(actor.identifier)
            said += self._person_of(actor)
        if not said and (found := _SEARCH.fullmatch(reference.reference or "")):
            said.append((found[1], found[2]))
        if not said and (key := key_of(reference.reference or "", "")):
            said.append(("", key[1]))
        return tuple(dict.fromkeys(said))

    def _person_of(self, actor: Actor) -> Iterator[Key]:
        if actor.practitioner is None:
            return
        person = self.actor(actor.practitioner)
        if person:
            yield from numbers(person.identifier)
        elif key := key_of(actor.practitioner.reference or "", ""):
            yield "", key[1]


def _is_else(reference: str) -> bool:
    """A group, a device, the patient or the family: no member of staff."""
    kind = re.match(r"(?:.*/)?([A-Z][A-Za-z]+)/[^/]+", reference)
    return kind is not None and kind[1] not in ("Practitioner", "PractitionerRole")


def _names(address: str, kind: str) -> Iterator[str]:
    address = address.partition("/_history/")[0]
    yield address
    if found := _ABSOLUTE.fullmatch(address):
        yield f"{found[2]}/{found[3]}"
    elif found := _URN.fullmatch(address):
        yield f"{found[1]}:{found[2].lower()}"
    elif kind and "/" not in address:
        yield f"{kind}/{address}"
