"""A half may be several workers, each with its part, on PostgreSQL alone; what can't be is refused with what to do."""

import subprocess
import sys
from pathlib import Path

import pytest

from aftercall.config import Wrong, check_parts
from aftercall.inside import run as inside
from aftercall.outside import run as outside


@pytest.mark.parametrize("half", ["inside", "outside"])
def test_on_sqlite_a_part_alone_is_refused_and_says_what_to_do(half: str, tmp_path: Path) -> None:
    needed = {"inside": 'care_link = "https://x/#a"\nsms_url = "x"\n', "outside": OUTSIDE}
    (tmp_path / "settings.toml").write_text(f'data = "data"\n{needed[half]}')
    command = [sys.executable, "-m", "aftercall", half, "--config", str(tmp_path / "settings.toml"), "--only", "clock"]
    said = subprocess.run(command, capture_output=True, text=True)
    assert said.returncode == 1
    assert said.stderr.splitlines()[-1] == (
        "aftercall: --only: on SQLite a half is one process that does everything; set `url` to a PostgreSQL, or leave --only out"
    )
    assert not list(tmp_path.glob("data/*.db"))


OUTSIDE = (
    'programme = "k"\nname = "k"\nrun_by = "k"\ncodes = ["scrypt:AA==:AA=="]\nduty_tel = "+1"\nlines = [{name = "x", tel = "1"}]\n'
)


def test_a_half_knows_its_parts() -> None:
    check_parts(["web"], "postgresql+psycopg://", outside.PARTS)
    check_parts(inside.PARTS, "", inside.PARTS)
    with pytest.raises(Wrong, match="this half has no such part; its parts are web, clock"):
        check_parts(["listen"], "postgresql+psycopg://", outside.PARTS)
