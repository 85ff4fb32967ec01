"""Examples that their publisher wrote as FHIR Shorthand, as the JSON that a sender would send. Instances only, no rules."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_END = r"(?=^Instance:|^Profile:|^Extension:|\Z)"
_INSTANCE = re.compile(r"^Instance:\s*(\S+).*?^InstanceOf:\s*(\S+)(.*?)" + _END, re.MULTILINE | re.DOTALL)
_RULE = re.compile(r"^\*\s+(\S+)\s*=\s*(.+?)\s*(?:\s//.*)?$", re.MULTILINE)
_STEP = re.compile(r"([A-Za-z]\w*)(?:\[([^\]]*)\])?(?:\[([^\]]*)\])?")
_KINDS = ("MessageHeader", "Patient", "Encounter", "Organization", "Provenance", "Practitioner", "Message")
_LISTS = {
    "entry",
    "identifier",
    "name",
    "destination",
    "extension",
    "participant",
    "coding",
    "given",
    "target",
    "agent",
    "entity",
    "episodeOfCare",
}


class Shorthand:
    """All instances of a folder, each as a resource with what it refers to put in."""

    def __init__(self, folder: Path) -> None:
        text = "\n".join(path.read_text("utf-8") for path in sorted(folder.glob("*.fsh")))
        self._found = {name: (kind, body) for name, kind, body in _INSTANCE.findall(text)}

    def messages(self) -> Iterator[tuple[str, bytes]]:
        """Every message bundle: its title and its JSON."""
        for name, (kind, body) in self._found.items():
            if kind.endswith("Message"):
                title = re.search(r'^Title:\s*"([^"]*)"', body, re.MULTILINE)
                yield title[1] if title else name, json.dumps(self.resource(name), ensure_ascii=False).encode()

    def resource(self, name: str) -> dict[str, Any]:
        kind, body = self._found[name]
        made: dict[str, Any] = {"resourceType": "Bundle" if kind.endswith("Message") else _kind_of(kind), "id": name}
        for path, value in _RULE.findall(body):
            self._put(made, path, value)
        return made

    def _put(self, made: dict[str, Any], path: str, value: str) -> None:
        place: Any = made
        steps = _STEP.findall(path)
        for number, (name, *marks) in enumerate(steps):
            last = number == len(steps) - 1
            many = name in _LISTS and not (name == "identifier" and number and steps[number - 1][0] == "episodeOfCare")
            if not many:
                if last:
                    place[name] = self._value(name, value)
                else:
                    place = place.setdefault(name, {})
                continue
            row, mark = place.setdefault(name, []), marks[0]
            if last:
                row.append(self._value(name, value))
                return
            if mark == "+" or not row or (mark not in ("", "=") and not any(one.get("_slice") == mark for one in row)):
                row.append({"_slice": mark} if mark not in ("", "+", "=") else {})
            place = next((one for one in row if mark not in ("", "+", "=") and one.get("_slice") == mark), row[-1])

    def _value(self, name: str, value: str) -> Any:
        if found := re.match(r"Reference\(([^)]+)\)", value):
            return {"reference": f"{_kind_of(self._found[found[1]][0]) if found[1] in self._found else 'Resource'}/{found[1]}"}
        if name == "resource" and value in self._found:
            return self.resource(value)
        if value.startswith('"'):
            return value.strip('"')
        if "#" in value:
            system, _, code = value.partition("#")
            bare = name in ("status", "type", "use", "role") or not system
            return code.strip() if bare else {"system": system.strip("$"), "code": code.strip()}
        return {"true": True, "false": False}.get(value, value)


def _kind_of(profile: str) -> str:
    return next(kind for kind in _KINDS if kind in profile.replace("HospitalNotification", "").replace("Messaging", ""))
