"""What the coordinator reads who has just set a half up, and types one command."""

import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aftercall import cli
from aftercall.config import toml
from tests.world import SEALED, Night


def doctor(half: str, *more: str) -> int:
    """The exit code; what is said stands in capsys."""
    sys.argv = ["aftercall", "doctor", half, "--config", f"{half}.toml", *more]
    with pytest.raises(SystemExit) as ended:
        cli.main()
    code = ended.value.code
    return code if isinstance(code, int) else 1


@pytest.fixture
def set_up(evening: Night, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Both halves have run once, and have ended."""
    evening.tick()
    evening.stop()
    hospital = {
        "data": "hospital",
        "care_link": "https://care.example/#a-b-c-d",
        "sms_url": "http://127.0.0.1:9/",
        "sms_token": "i",
    }
    care = {
        "data": "care", "programme": "kisumu", "name": "Kisumu", "run_by": "us", "codes": [SEALED], "duty_tel": "+254700000099",
        "lines": [{"name": "Somebody to call", "tel": "1199", "hours": "day and night"}], "sms_url": "http://127.0.0.1:9/",
    }  # fmt: skip
    for half, given in (("inside", hospital), ("outside", care)):
        (evening.folder / f"{half}.toml").write_text("".join(f"{name} = {toml(value)}\n" for name, value in given.items()))
    monkeypatch.chdir(evening.folder)
    monkeypatch.setattr(sys, "argv", sys.argv)
    return evening.folder


def test_each_line_says_how_it_stands_what_was_seen_and_what_to_do(set_up: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor("outside") == 2
    lines = capsys.readouterr().out
    assert re.search("^broken  running +no process of this half runs on this machine$", lines, re.MULTILINE)
    assert "-> Start it: aftercall outside --config FILE" in lines
    assert "nobody has dialled 1199 (Somebody to call) yet" in lines
    assert "-> Dial it, hear who answers, then: aftercall doctor outside --dialled 1199" in lines
    states = [line.split()[0] for line in lines.splitlines()[:-1] if not line.startswith(" ")]
    assert states == sorted(states, key=["broken", "look", "ok"].index)
    assert doctor("inside") == 2
    assert "ok      overdue  nothing is overdue by more than 30 s" in capsys.readouterr().out
    assert not list(set_up.glob("*/watch*.sock"))


def test_a_dialled_number_and_a_name_are_written_down_and_the_line_is_well(
    set_up: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert doctor("outside", "--json", "--dialled", "1199", "--volume", "Achieng Odhiambo") == 2
    told = capsys.readouterr()
    found = {one["what"]: one for one in json.loads(told.out)["findings"]}
    assert (found["number 1199"]["state"], found["data folder"]["state"]) == ("ok", "ok")
    assert found["number +254700000099"]["state"] == "broken"
    assert "1199 (Somebody to call), dialled today" in told.err
    kept, today = json.loads((set_up / "care" / "confirmed.json").read_text()), f"{datetime.now(UTC):%Y-%m-%d}"
    assert kept == {"dialled": {"1199": today}, "volume": "Achieng Odhiambo", "volume_on": today}


def test_settings_that_no_half_would_start_with_are_broken_too(set_up: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = set_up / "inside.toml"
    file.write_text(file.read_text() + 'silence = ["mllp for an hour"]\n')
    assert doctor("inside") == 2
    assert "silence: mllp for an hour: write the feed and minutes as mllp=30" in capsys.readouterr().out


def test_what_only_the_care_half_has_is_refused_for_the_other(set_up: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor("inside", "--dialled", "1199") == 1
