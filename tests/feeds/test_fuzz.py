"""Half a minute of looking for bytes that a reader raises on, hangs on, or misses a death in. `make night` looks longer."""

import subprocess
import sys
from pathlib import Path

import pytest

SECONDS = 30
FUZZ = Path(__file__).parent / "fuzz.py"


@pytest.mark.parametrize("reader", ["er7", "fhir", "nemsis"])
def test_no_bytes_make_a_reader_raise_or_hang_or_miss_a_death(reader: str) -> None:
    run = subprocess.run(
        [sys.executable, str(FUZZ), reader, str(SECONDS)], capture_output=True, text=True, timeout=SECONDS + 60, check=False
    )
    assert run.returncode == 0, run.stderr[-3000:]
    assert "number_of_executed_units" in run.stderr
