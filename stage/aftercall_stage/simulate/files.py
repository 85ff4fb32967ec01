"""A world as files: one folder a source, the lists as the hospital would give them, and the truth beside them."""

import csv
import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from aftercall_stage.simulate.truth import Told
from aftercall_stage.simulate.world import World

ENDINGS = {"hl7v2": "hl7", "fhir": "json", "nemsis": "xml"}


def save(world: World, folder: Path) -> int:
    """How many messages were written. stream.csv gives their order and time; labels.jsonl is not for the product's eyes."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in world.lists.items():
        (folder / name).write_text(text, "utf-8")
    with (folder / "stream.csv").open("w", encoding="utf-8", newline="") as index:
        rows = csv.writer(index, lineterminator="\n")
        rows.writerow(("number", "at", "source", "format", "file"))
        for number, told in enumerate(world.stream, 1):
            file = f"{told.source}/{file_name(number, told)}"
            (folder / told.source).mkdir(exist_ok=True)
            (folder / file).write_bytes(told.body)
            rows.writerow((number, told.at.isoformat(), told.source, told.format, file))
    (folder / "labels.jsonl").write_text(labels(world), "utf-8")
    (folder / "settings.json").write_text(json.dumps({"seed": world.seed, "mannequins": world.mannequins}) + "\n", "utf-8")
    return len(world.stream)


def file_name(number: int, told: Told) -> str:
    return f"{number:07}.{ENDINGS[told.format]}"


def labels(world: World) -> str:
    """One JSON line a patient: what is true, and what may fairly be asked."""
    truth = {label.key: label for label in world.labels}
    lines = []
    for plan in world.plans:
        label = truth.get(plan.key)
        line = {"key": plan.key, "plan": asdict(plan), "label": asdict(label) if label else None}
        lines.append(json.dumps(line, default=_text, separators=(",", ":")) + "\n")
    return "".join(lines)


def _text(value: Any) -> str:
    assert isinstance(value, datetime)
    return value.isoformat()
