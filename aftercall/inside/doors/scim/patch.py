"""Changes to a SCIM user (RFC 7644, 3.5.2), in the forms that identity providers really send. What we don't keep is let be."""

import re
from copy import deepcopy
from typing import Any

from aftercall.inside.doors.scim.shape import CANONICAL, ENTERPRISE, IDS, USER, Document, Wrong, known

OPERATIONS = 100
_PATH = re.compile(
    r"(?:(?P<urn>urn:[^\[\s]+):)?(?P<name>[A-Za-z$][\w$-]*)"
    r"(?:\[\s*(?P<key>\w+)\s+eq\s+(?P<quote>\"?)(?P<wanted>[^\"\]]*)(?P=quote)\s*\])?(?:\.(?P<sub>[\w$-]+))?",
    re.IGNORECASE | re.ASCII,
)
_LISTS = {"emails", "phoneNumbers", "ids"}


def patched(document: Document, body: Any) -> Document:
    """The document after all operations, in their order. Raises Wrong, and then nothing has changed."""
    operations = next((v for k, v in body.items() if k.lower() == "operations"), None) if isinstance(body, dict) else None
    if not isinstance(operations, list) or not 0 < len(operations) <= OPERATIONS:
        raise Wrong("invalidSyntax", f"Operations: write a list of one to {OPERATIONS}")
    after = deepcopy(document)
    for one in operations:
        one = {str(k).lower(): v for k, v in one.items()} if isinstance(one, dict) else {}
        op, path = str(one.get("op", "")).lower(), one.get("path") or ""
        if op not in ("add", "replace", "remove") or not isinstance(path, str):
            raise Wrong("invalidSyntax", "op: write add, replace or remove, with a path of text")
        if path:
            _at(after, op, path, one.get("value"))
        elif op == "remove":
            raise Wrong("noTarget", "path: say what to remove")
        else:
            _whole(after, op, one.get("value"))
    return after


def _whole(document: Document, op: str, value: Any) -> None:
    """Without a path the value is an object; its keys may be paths themselves."""
    if not isinstance(value, dict):
        raise Wrong("invalidValue", "value: without a path it is an object")
    for path, inner in value.items():
        if str(path).lower() != "schemas":
            _at(document, op, str(path), inner)


def _at(document: Document, op: str, path: str, value: Any) -> None:
    whole = CANONICAL.get(path.lower())
    if whole in (ENTERPRISE, IDS, USER):
        part = document if whole == USER else document.setdefault(whole, {})
        if op == "remove":
            document.pop(whole, None)
        else:
            _whole(part, op, value)
        return
    found = _PATH.fullmatch(path.strip())
    if found is None:
        raise Wrong("invalidPath", 'path: write it as title, name.formatted or emails[type eq "work"].value')
    urn = CANONICAL.get((found["urn"] or USER).lower())
    name = CANONICAL.get(found["name"].lower())
    if urn is None or name is None:
        return  # an attribute that we never kept
    if name == "id":
        raise Wrong("mutability", "id: it stays as it is")
    part = document if urn == USER else document.setdefault(urn, {})
    if not isinstance(part, dict):
        raise Wrong("invalidValue", "path: there is no object at that place")
    if found["key"]:
        _among(part, op, name, found, known(value))
    elif found["sub"]:
        inner = part.setdefault(name, {})
        if not isinstance(inner, dict):
            raise Wrong("invalidPath", f'path: {name} is a list; say which, as {name}[type eq "work"]')
        _set(inner, op, CANONICAL.get(found["sub"].lower(), ""), known(value))
    else:
        _set(part, op, name, known(value))


def _set(part: Document, op: str, name: str, value: Any) -> None:
    if not name:
        return
    if op == "remove":
        part.pop(name, None)
    elif name in _LISTS:
        new = value if isinstance(value, list) else [value]
        kept = [one for one in part.get(name, []) if one not in new] if op == "add" else []
        if any(isinstance(one, dict) and one.get("primary") is True for one in new):
            kept = [{**one, "primary": False} for one in kept]
        part[name] = new + kept if op == "add" else new
    elif isinstance(value, dict) and isinstance(part.get(name), dict):
        part[name] = {**part[name], **value}
    elif value is None:
        part.pop(name, None)
    else:
        part[name] = value


def _among(part: Document, op: str, name: str, found: re.Match[str], value: Any) -> None:
    """Those of a list for which the filter holds. Where none does, add and replace make one: providers count on it."""
    key, sub = CANONICAL.get(found["key"].lower(), ""), CANONICAL.get((found["sub"] or "").lower(), "")
    every = part.setdefault(name, [])
    if not key or not isinstance(every, list):
        raise Wrong("invalidFilter", "path: filter by type or value")
    mine = [one for one in every if isinstance(one, dict) and str(one.get(key, "")).lower() == found["wanted"].lower()]
    if op == "remove" and not found["sub"]:
        part[name] = [one for one in every if not any(one is other for other in mine)]
        return
    if not mine and op != "remove":
        mine = [{key: found["wanted"]}]
        every.extend(mine)
    for one in mine:
        if found["sub"]:
            _set(one, op, sub, value)
        elif isinstance(value, dict):
            one.update(value)
