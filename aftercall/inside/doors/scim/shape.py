"""A SCIM user as one of our staff, and back. Only what Aftercall needs is read, and only what is kept is said again.

userName is the staff id when the person is first told of; it stays, whatever they are called later. userName, externalId and
employeeNumber are kept as ids under authorities of our own ("scim:userName"), so that no two people can have the same. One that
is written as authority:number ("KMPDC:A1234") names the person in the hospital's feeds as well.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from aftercall.inside.feeds.lists import phone_of
from aftercall.inside.road.crew import Person
from aftercall.words import StaffId

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
IDS = "urn:aftercall:scim:ids"
NAME, OUTER = "scim:userName", "scim:externalId"
EMPLOYEE = "scim:employeeNumber"
OWN = (NAME, OUTER, EMPLOYEE)
LONGEST = 200
MOST_IDS = 50
Document = dict[str, Any]

_NAMES = (
    "schemas id externalId userName active displayName name formatted givenName familyName title preferredLanguage emails "
    "phoneNumbers value type primary department employeeNumber ids authority number"
)
CANONICAL = {name.lower(): name for name in (*_NAMES.split(), USER, ENTERPRISE, IDS)}


class Wrong(ValueError):
    """What was sent can't be used: the attribute, and what to do. Never what stood in it."""

    def __init__(self, kind: str, say: str) -> None:
        super().__init__(say)
        self.kind = kind


def known(given: object) -> Any:
    """The same with the names of attributes as we write them (they have no case); what we don't know is left unread."""
    if isinstance(given, Mapping):
        return {CANONICAL[str(k).lower()]: known(v) for k, v in given.items() if str(k).lower() in CANONICAL and v is not None}
    return [known(one) for one in given] if isinstance(given, list) else given


def is_active(document: Document) -> bool:
    """Some providers write "False"."""
    said = document.get("active", True)
    if isinstance(said, str) and said.lower() in ("true", "false"):
        return said.lower() == "true"
    if not isinstance(said, bool):
        raise Wrong("invalidValue", "active: write true or false")
    return said


def person_of(document: Document, staff: str = "", country: str = "") -> Person:
    """`staff` is the id of one who is known already, `country` the one of numbers that begin with 0 ("+254"). Raises Wrong."""
    user, outer = _text(document, "userName"), _text(document, "externalId")
    if not user:
        raise Wrong("invalidValue", "userName: each person needs one")
    more = _part(document, ENTERPRISE)
    employee = _text(more, "employeeNumber")
    own = [(NAME, user.casefold()), *([(OUTER, outer)] if outer else []), *([(EMPLOYEE, employee)] if employee else [])]
    numbers = [*own, *_read_from(own), *_ids(document)]
    phone = phone_of(_best(document, "phoneNumbers", "mobile").removeprefix("tel:"), country)
    if phone is None:
        raise Wrong("invalidValue", "phoneNumbers: write it as +254700000001")
    mail = _best(document, "emails", "work")
    if mail and not re.fullmatch(r"[^@\s]+@[^@\s]+", mail):
        raise Wrong("invalidValue", "emails: write one address as name@hospital.example")
    language = _text(document, "preferredLanguage").replace("_", "-").partition("-")[0].lower()
    unit, role = _text(more, "department"), _text(document, "title")
    return Person(StaffId(staff or user), _name(document) or user, phone, mail, language, unit, role, tuple(dict.fromkeys(numbers)))


def document_of(person: Person, base: str) -> Document:
    """What is kept of a person, as SCIM says it."""
    own = {authority: number for authority, number in person.ids if authority in OWN}
    user = own.get(NAME, "")
    told = {*own.items(), *_read_from(list(own.items()))}
    other = [pair for pair in person.ids if pair not in told]
    more = {"department": person.unit, "employeeNumber": own.get(EMPLOYEE, "")}
    document: Document = {
        "schemas": [USER, *([ENTERPRISE] if any(more.values()) else []), *([IDS] if other else [])],
        "id": person.staff,
        "externalId": own.get(OUTER, ""),
        "userName": person.staff if not user or person.staff.casefold() == user else user,
        "active": True,
        "displayName": person.name,
        "title": person.role,
        "preferredLanguage": person.language,
        "emails": [{"value": person.mail, "type": "work"}] if person.mail else [],
        "phoneNumbers": [{"value": person.phone, "type": "mobile"}] if person.phone else [],
        ENTERPRISE: {name: value for name, value in more.items() if value},
        IDS: {"ids": [{"authority": authority, "number": number} for authority, number in other]} if other else {},
        "meta": {"resourceType": "User", "location": f"{base}/Users/{_quoted(person.staff)}"},
    }
    return {name: value for name, value in document.items() if value not in ("", [], {})}


def shown(document: Document, asked: Mapping[str, str]) -> Document:
    """What is asked for of it: only `attributes`, or all but `excludedAttributes` (RFC 7644, 3.9). Each is a name or name.part, of
    an extension with its urn before a colon; what we don't know is left out."""
    only, without = (_paths(asked.get(which, "")) for which in ("attributes", "excludedAttributes"))
    if only:
        return _kept_of(document, lambda path: any(path[: len(one)] == one or one[: len(path)] == path for one in only))
    return _kept_of(document, lambda path: path not in without)


def _paths(text: str) -> set[tuple[str, ...]]:
    return {_path(one.strip()) for one in text.split(",") if one.strip()}


def _path(text: str) -> tuple[str, ...]:
    """A name as we write it, with what it is a part of before it."""
    for urn in (USER, ENTERPRISE, IDS):
        if text.lower() == urn.lower():
            return (urn,)
        if text.lower().startswith(urn.lower() + ":"):
            return ((urn,) if urn != USER else ()) + _path(text[len(urn) + 1 :])
    return tuple(CANONICAL.get(part.lower(), part) for part in text.split("."))


ALWAYS = {("schemas",), ("id",)}


def _kept_of(document: Document, wanted: Callable[[tuple[str, ...]], bool], above: tuple[str, ...] = ()) -> Document:
    paths = ((name, (*above, name), value) for name, value in document.items())
    return {name: _inside(value, wanted, path) for name, path, value in paths if path in ALWAYS or wanted(path)}


def _inside(value: Any, wanted: Callable[[tuple[str, ...]], bool], path: tuple[str, ...]) -> Any:
    if isinstance(value, list):
        return [_inside(one, wanted, path) for one in value]
    return _kept_of(value, wanted, path) if isinstance(value, dict) and path != ("meta",) else value


def _quoted(text: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_.~@") else "".join(f"%{b:02X}" for b in c.encode()) for c in text)


def _ids(document: Document) -> list[tuple[str, str]]:
    """The numbers by which feeds name this person, of our own extension."""
    given = _part(document, IDS).get("ids", [])
    if not isinstance(given, list) or len(given) > MOST_IDS or not all(isinstance(one, dict) for one in given):
        raise Wrong("invalidValue", f'{IDS}: write "ids": [{{"authority": "KMPDC", "number": "A1234"}}], at most {MOST_IDS}')
    pairs = [(_text(one, "authority"), _text(one, "number")) for one in given]
    if any(not number or authority in OWN for authority, number in pairs):
        raise Wrong("invalidValue", f"{IDS}: each has an authority of its own and a number")
    return pairs


def _read_from(own: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The authority and number that stand in an externalId or employeeNumber such as "KMPDC:A1234"."""
    parts = [number.rpartition(":") for authority, number in own if authority != NAME]
    return [(authority, number) for authority, colon, number in parts if colon and number]


def _name(document: Document) -> str:
    """displayName counts before the parts of a name: we keep one name."""
    name = _part(document, "name")
    parts = " ".join(filter(None, (_text(name, "givenName"), _text(name, "familyName"))))
    return _text(document, "displayName") or _text(name, "formatted") or parts


def _best(document: Document, name: str, kind: str) -> str:
    """The one of this type, else the primary, else the first."""
    given = document.get(name, [])
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise Wrong("invalidValue", f"{name}: write a list of objects with value and type")
    whole = [one for one in given if _text(one, "value")]
    best = sorted(whole, key=lambda one: (_text(one, "type").lower() != kind, one.get("primary") is not True))
    return _text(best[0], "value") if best else ""


def _part(document: Document, name: str) -> Document:
    part = document.get(name, {})
    if not isinstance(part, dict):
        raise Wrong("invalidValue", f"{name}: write an object")
    return part


def _text(document: Document, name: str) -> str:
    given = document.get(name, "")
    if not isinstance(given, str) or len(given) > LONGEST or not given.isprintable():
        raise Wrong("invalidValue", f"{name}: write one line of text of up to {LONGEST} characters")
    return given.strip()
