"""Hear what others published, and a synthetic hospital, and say what we made of it: `python tests/feeds/feeds_check.py FOLDER`.

Fails when the folder isn't there, when a file is neither read nor refused with a reason and a place, when somebody would be written
to for a mannequin or a living patient, or when a death that is known to be one is not found.
"""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from aftercall.config import Inside
from aftercall.inside.rehearsal import Line, rehearse
from tests.feeds.shorthand import Shorthand

DISPOSITIONS = ["20", "40", "41", "42", "dead", "expired", "dcd"]
MANNEQUINS = ("hl7v2/ms-fhir-converter", "hl7v2/linuxforhealth", "hl7v2/reportstream")


def main(folder: Path) -> list[str]:
    """Print the tables; the faults."""
    if not folder.is_dir():
        return [f"{folder} is not there: give the folder of other people's messages with FEEDS=..."]
    settings = Inside(data=Path("var"), care_link="", dead_dispositions=DISPOSITIONS)
    lines = list(rehearse([folder], settings, [], [], False, datetime.now(UTC)))
    for line in lines:
        line["file"] = line["file"].partition("/")[2]
    _print(lines)
    return [*_unread(folder, lines), *_false(lines), *_ambulances(lines), *_lives(folder, lines), *_notifications(folder, settings)]


def _print(lines: list[Line]) -> None:
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for line in lines:
        place = "/".join(line["file"].split("/")[:2])
        table[place]["messages"] += 1
        table[place][line["state"]] += 1
        table[place]["rings"] += line["rings"]
        table[place][f"doubt: {line['doubt']}"] += bool(line.get("doubt"))
        if line["problem"]:
            table[place][f"refused: {line['problem']['code']}"] += 1
    for place, counts in sorted(table.items()):
        print(place)
        print("   ", ", ".join(f"{name} {count}" for name, count in sorted(counts.items()) if count))
    for line in lines:
        if line["state"] in ("confirmed", "held", "suspected") or line["rings"]:
            signs = " ".join(f"{sign['path']}={sign['value']}" for sign in line["signals"])
            print(f"{line['state']:<10} rings={line['rings']!s:<6} {line['file']} {line['message']}: {signs} {line['doubt']}")


def _unread(folder: Path, lines: list[Line]) -> Iterator[str]:
    """Every file gives a line; every refusal a reason, what to do, and a place."""
    seen = {line["file"] for line in lines}
    for path in folder.rglob("*"):
        if path.is_file() and str(path.relative_to(folder)) not in seen:
            reader_is_silent = path.stat().st_size and "{" not in path.read_text("latin-1")[:5]
            if reader_is_silent:
                yield f"{path}: nothing was said of it"
    for line in lines:
        problem = line["problem"]
        if line["state"] == "refused" and not (problem["text"] and problem["do"] and problem["field"]):
            yield f"{line['file']} {line['message']}: refused without a reason, a place or what to do: {problem}"


def _false(lines: list[Line]) -> Iterator[str]:
    """Mannequins, and whoever is dead in every message, ring nobody."""
    for line in lines:
        if line["rings"] and line["file"].startswith(MANNEQUINS):
            yield f"{line['file']} {line['message']}: rings for a mannequin"


def _ambulances(lines: list[Line]) -> Iterator[str]:
    of = {line["file"]: line for line in lines if line["file"].startswith("nemsis/") and line["message"] == 1}
    for name, line in of.items():
        if "MCI-Arrest" in name and line["state"] != "none":
            yield f"{name}: resuscitation was stopped because the pulse was back, and it is {line['state']}"
        if "Crash-Death" in name and line["state"] != "confirmed":
            yield f"{name}: a death, and it is {line['state']}"
        if "full/" in name and "Crash-Death" in name and not line["who"]:
            yield f"{name}: the crew was not found"
    if not of:
        yield "nemsis: no report was read"


def _lives(folder: Path, lines: list[Line]) -> Iterator[str]:
    """Synthea's dead are found from deceased[x], each once, and an encounter after a death rings nobody."""
    for path in sorted((folder / "fhir" / "synthea").glob("*.json")):
        entries = json.loads(path.read_text("utf-8")).get("entry", [])
        dead = sum(any(key.startswith("deceased") and value is not False for key, value in _patient(e).items()) for e in entries)
        mine = [line for line in lines if line["file"] == str(path.relative_to(folder))]
        found = sum(line["state"] == "confirmed" and _says(line, "Patient.deceased") for line in mine)
        if found != dead:
            yield f"{path.name}: {dead} of its patients are dead, {found} were found"
        if rings := [line["message"] for line in mine if line["rings"] and not _says(line, "Patient.deceased")]:
            yield f"{path.name}: rings for what came after a death: {rings}"


def _patient(entry: dict[str, Any]) -> dict[str, Any]:
    resource = entry.get("resource", {})
    return resource if resource.get("resourceType") == "Patient" else {}


def _says(line: Line, path: str) -> bool:
    return any(sign["path"] == path and sign["value"] in ("yes", "time", "day") for sign in line["signals"])


def _notifications(folder: Path, settings: Inside) -> Iterator[str]:
    """A national death notification (MORS): its examples are shorthand and become here the bundles that are sent."""
    states = {}
    with TemporaryDirectory() as place:
        for title, body in Shorthand(folder / "fhir" / "medcom-dk" / "input" / "fsh").messages():
            file = Path(place) / "message.json"
            file.write_bytes(body)
            states[title] = [line["state"] for line in rehearse([file], settings, [], [], False, datetime.now(UTC))]
    for title, found in sorted(states.items()):
        print(f"{title}: {', '.join(found)}")
        if ("MORS" in title) != ("confirmed" in found):
            yield f"{title}: {found}"
    if sum("MORS" in title for title in states) != 2:
        yield f"two MORS messages were expected: {sorted(states)}"


if __name__ == "__main__":
    faults = main(Path(sys.argv[1]))
    print(*(f"FAULT {fault}" for fault in faults), f"{len(faults)} faults", sep="\n")
    sys.exit(bool(faults))
