"""What the docs say of the ladder is what the settings are."""

import re
from dataclasses import fields
from pathlib import Path

from aftercall.config import Outside
from aftercall.outside.ringing import OUT
from aftercall.outside.road.reach import LATEST, ROADS
from aftercall.outside.road.wave import Steps
from aftercall.outside.store.rings import BACK_OFF

DOCS = Path(__file__).parents[2] / "docs"
ROAD = (DOCS / "road.md").read_text("utf-8")


def test_each_setting_of_the_ladder_stands_in_its_page_with_its_default() -> None:
    said = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", ROAD, re.MULTILINE))
    settings = {f.name: str(f.default) for f in fields(Outside) if f.name in {step.name for step in fields(Steps)}}
    assert said == settings
    assert set(said) == {step.name for step in fields(Steps)}


def test_the_times_of_the_roads_stand_there_as_they_are() -> None:
    assert f"({', '.join(map(str, BACK_OFF))} s)" in ROAD
    assert f"After {('no', 'one', 'two', 'three')[OUT]} failures" in ROAD
    assert ", ".join(ROADS) in ROAD
    api = (DOCS / "care-api.md").read_text("utf-8")
    assert f"`after` 0 to {LATEST} seconds" in api
    assert f"one of {', '.join(ROADS)}" in api


def test_each_setting_is_used_where_the_example_says() -> None:
    """A setting that nothing reads would be a promise nobody keeps."""
    code = "".join(path.read_text("utf-8") for path in (DOCS.parent / "aftercall" / "outside").rglob("*.py"))
    for step in fields(Steps):
        assert f"s.{step.name}" in code, step.name
        assert f"steps.{step.name}" in code, step.name
