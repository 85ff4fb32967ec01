"""A dry run with the schema at hand: what doesn't fit is said beside what was heard, and nothing of the patient's."""

import json
import sys
from pathlib import Path

import pytest

from aftercall import cli
from tests.feeds.epcr import DEATH, dataset, report
from tests.feeds.test_schema import XSD


def test_hear_says_what_isnt_as_the_schema_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "xsd").mkdir()
    (tmp_path / "xsd" / "EMSDataSet_v3.xsd").write_text(XSD)
    (tmp_path / "run.xml").write_bytes(dataset(report(DEATH)))
    given = ["aftercall", "hear", str(tmp_path / "run.xml"), "--now", "2026-03-11T12:00+03:00", "--xsd", str(tmp_path / "xsd")]
    monkeypatch.setattr(sys, "argv", [*given, "--json"])
    cli.main()
    heard, unfit = map(json.loads, capsys.readouterr().out.splitlines())
    assert heard["state"] == "confirmed"
    assert unfit["file"] == "run.xml"
    assert unfit["schema"].startswith("EMSDataSet/Header: is not expected here")
    monkeypatch.setattr(sys, "argv", given)
    cli.main()
    assert "not as the schema has it" in capsys.readouterr().out
