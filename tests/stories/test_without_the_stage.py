"""A command that can't be done says why and what to do; the root is guarded. (The commands of a first day: test_first_run.py.)"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PHRASE = {"AFTERCALL_ROOT_PASSPHRASE": "a lamp on the water at night"}


def aftercall(*words: str, cwd: Path, fails: bool = False) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "aftercall", *words],
        cwd=cwd,
        env={**os.environ, **PHRASE},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode == 1) is fails, done.stderr
    return done.stdout + done.stderr


def settings(folder: Path, half: str, **given: object) -> None:
    (folder / f"{half}.toml").write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in given.items()))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("inside", "--config", "nowhere.toml"), "isn't there"),
        (("replay", "nowhere.hl7", "--to", "x"), "127.0.0.1:2575"),
        (("keys", "steward", "--root", "nowhere.pem", "--programme", "p", "--data", "d"), "isn't there"),
    ],
)
def test_a_command_that_can_not_be_done_says_why_in_one_line(tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    said = aftercall(*words, cwd=tmp_path, fails=True).strip()
    assert says in said
    assert "\n" not in said


def test_the_root_is_never_written_over_and_opens_with_its_passphrase_alone(tmp_path: Path) -> None:
    aftercall("keys", "root", "--out", "root.pem", cwd=tmp_path)
    before = (tmp_path / "root.pem").read_bytes()
    assert "never written over" in aftercall("keys", "root", "--out", "root.pem", cwd=tmp_path, fails=True)
    assert (tmp_path / "root.pem").read_bytes() == before
    assert (tmp_path / "root.pem").stat().st_mode & 0o777 == 0o600
    PHRASE["AFTERCALL_ROOT_PASSPHRASE"], right = "another phrase altogether", PHRASE["AFTERCALL_ROOT_PASSPHRASE"]
    try:
        assert "does not open" in aftercall(
            "keys", "steward", "--root", "root.pem", "--programme", "p", "--data", "d", cwd=tmp_path, fails=True
        )
    finally:
        PHRASE["AFTERCALL_ROOT_PASSPHRASE"] = right


def test_a_line_without_a_number_is_named_before_anybody_needs_it(tmp_path: Path) -> None:
    settings(
        tmp_path, "outside", data="care", programme="p", name="P", run_by="us", duty_tel="1", codes=["x"], lines=[{"name": "x"}]
    )
    (tmp_path / "outside.toml").write_text((tmp_path / "outside.toml").read_text().replace('{"name": "x"}', '{name = "x"}'))
    assert "lines: write each as" in aftercall("outside", "--config", "outside.toml", cwd=tmp_path, fails=True)
