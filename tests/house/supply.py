"""What we are made of: every pinned package with its licence, and the same as a list of components (SBOM, CycloneDX 1.6).

`python -m tests.house.supply` (`make sbom`) prints it. It reads the pinned lists, the metadata of what is installed and
aftercall/phone/vendor/ORIGIN.md, and asks nobody: whether a version has a known fault only a live list can say.
"""

import importlib.metadata
import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
VENDORED = ROOT / "aftercall" / "phone" / "vendor" / "ORIGIN.md"

ALLOWED = frozenset(
    {"MIT", "MIT-0", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "ISC", "PSF-2.0", "Unlicense"}
    | {"MPL-2.0", "LGPL-3.0-only", "LGPL-3.0-or-later"}
)
"""Licences whose works may be shipped with ours (AGPL-3.0-or-later): permissive, or weak copyleft that says so itself."""

SAID = {  # what metadata say in words of their own -> SPDX
    "Apache Software License": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "BSD 2-Clause License": "BSD-2-Clause",
    "BSD License": "BSD-3-Clause",  # two or three clauses: either is allowed
    "BSD": "BSD-3-Clause",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}
READ = {  # metadata say nothing, or nothing that can be used: we read the file, and these words must stand in it still
    "atheris": ("Apache-2.0", "Apache License"),
    "axe-playwright-python": ("MIT", "MIT License"),
    "apsw": ("MIT", "use it under any\nOSI approved open source license"),  # zlib's, or any other
    "scim2-tester": ("Apache-2.0", "Apache License"),
    "python-dateutil": ("Apache-2.0 OR BSD-3-Clause", "Apache License"),
}


@dataclass(frozen=True)
class Pin:
    """One line of a pinned list. `hashes`: SHA-256 of each file that may be installed as it."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]


def pins(text: str) -> tuple[Pin, ...]:
    found = []
    for part in re.split(r"\n(?=\S)", text.replace("\\\n", " ")):
        if line := re.match(r"([\w.-]+)(?:\[[\w,]+\])?==([^\s;]+)\s*(?:;([^-]*))?", part):
            found.append(
                Pin(canonicalize_name(line[1]), line[2], (line[3] or "").strip(), tuple(re.findall("sha256:([0-9a-f]{64})", part)))
            )
    return tuple(found)


def all_pins() -> tuple[Pin, ...]:
    """Of the longest list, which holds the others."""
    return pins((ROOT / "requirements" / "test.txt").read_text("utf-8"))


def here(pin: Pin) -> bool:
    """Is it for a machine like this one?"""
    return not pin.marker or bool(Requirement(f"{pin.name}; {pin.marker}").marker.evaluate())  # type: ignore[union-attr]


def licence_of(name: str) -> str:
    """An SPDX expression, or the words that we don't know. "" where nothing is said at all."""
    found = importlib.metadata.distribution(name)
    if name in READ:
        expression, words = READ[name]
        return expression if words.lower() in _licence_texts(found).lower() else ""
    told = found.metadata
    classified = [one.rpartition(" :: ")[2] for one in told.get_all("Classifier") or [] if one.startswith("License :: ")]
    said = next((one for name in ("License-Expression", "License") for one in told.get_all(name) or [] if one), "")
    if not said or "\n" in said:
        said = next((one for one in classified if one != "OSI Approved"), "")
    return SAID.get(said, said)


def _licence_texts(found: importlib.metadata.Distribution) -> str:
    files = [one for one in found.files or [] if "licen" in one.name.lower()]
    told = found.metadata.get_all("License") or []  # some put the whole text there
    return "\n".join([*told, *(Path(str(found.locate_file(one))).read_text("utf-8") for one in files)])


def may(expression: str) -> bool:
    """May a work under this licence be a part of ours, or of our tests? Of "OR" one is enough, of "AND" all must be."""
    ways = [way.replace("(", "").replace(")", "").split(" AND ") for way in expression.split(" OR ")]
    return any(all(one.strip() in ALLOWED for one in way) for way in ways)


def forbidden(these: Iterable[tuple[str, str]]) -> list[str]:
    """Name and licence of those that may not be here, each with what to do."""
    return [
        f"{name}: {licence or 'no licence is told'}. Take it out; or, where its text allows it, add it to ALLOWED, SAID or READ"
        for name, licence in these
        if not may(licence)
    ]


def needed(names: Iterable[str]) -> frozenset[str]:
    """These and all that they need, as they are installed here."""
    seen, todo = set[str](), [Requirement(one) for one in names]
    while todo:
        one = todo.pop()
        name = canonicalize_name(one.name)
        if name in seen:
            continue
        seen.add(name)
        for text in importlib.metadata.requires(name) or []:
            more = Requirement(text)
            if more.marker is None or any(more.marker.evaluate({"extra": extra}) for extra in ("", *one.extras)):
                todo.append(more)
    return frozenset(seen)


def bill() -> dict[str, Any]:
    """The components. `scope`: required to run, optional (PostgreSQL), or excluded (building and trying)."""
    required, optional = needed(PROJECT["dependencies"]), needed(PROJECT["optional-dependencies"]["postgres"])

    def scope(pin: Pin) -> str:
        return "required" if pin.name in required else "optional" if pin.name in optional else "excluded"

    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "aftercall",
                "name": PROJECT["name"],
                "version": PROJECT["version"],
                "licenses": [{"expression": PROJECT["license"]}],
            }
        },
        "components": [
            *(_component(pin, scope(pin)) for pin in all_pins()),
            *_vendored(VENDORED.read_text("utf-8")),
        ],
    }  # fmt: skip


def _component(pin: Pin, scope: str) -> dict[str, Any]:
    """A pin may be one of several files, so their hashes are no hashes of the component; they stand as what is accepted."""
    address = f"pkg:pypi/{pin.name}@{pin.version}"
    told = {"licenses": [{"expression": licence_of(pin.name)}]} if here(pin) else {}
    accepted = [{"name": "aftercall:accepted-sha256", "value": one} for one in pin.hashes]
    return {
        "type": "library", "bom-ref": address, "name": pin.name, "version": pin.version, "scope": scope, "purl": address,
        **told, "properties": accepted,
    }  # fmt: skip


def _vendored(text: str) -> Iterator[dict[str, Any]]:
    """What the phone's pages carry, from the table beside it."""
    for name, scope, version, integrity, licence in re.findall(
        r"^\| `([@\w/-]+)`( \([^|]*\))? \| ([\d.]+) \| `(sha512-[\w+/=]+)` \| ([\w.-]+) \|", text, re.M
    ):
        address = f"pkg:npm/{name.replace('@', '%40')}@{version}"
        yield {
            "type": "library", "bom-ref": address, "name": name, "version": version, "scope": "excluded" if scope else "required",
            "purl": address, "licenses": [{"expression": licence}],
            "properties": [{"name": "aftercall:accepted-integrity", "value": integrity}],
        }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(bill(), indent=1))
