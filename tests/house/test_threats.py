"""What docs/threats.md leans on is there: each test and page that it names."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "threats.md").read_text("utf-8")


def test_every_test_it_names_exists() -> None:
    named = set(re.findall(r"`(?:tests/\w+/)?(test_\w+\.py)`", TEXT))
    assert len(named) > 8
    assert named <= {path.name for path in (ROOT / "tests").rglob("test_*.py")}


def test_every_page_it_leads_to_exists() -> None:
    linked = re.findall(r"\]\(([\w/.-]+)\)", TEXT)
    assert [page for page in linked if not (ROOT / "docs" / page).exists()] == []


def test_every_chapter_that_deviates_stands_in_the_register() -> None:
    told, known = set(re.findall(r"\((D\d+)|, (D\d+)", TEXT)), set(re.findall(r"^\| (D\d+) \|", TEXT, re.MULTILINE))
    assert {one or other for one, other in told} <= known
