"""Half a minute of looking for bytes that a reader raises on, hangs on, or misses a death in. `make night` looks longer."""

import subprocess
import sys
from pathlib import Path

SECONDS = 30
FUZZ = Path(__file__).parent / "fuzz.py"
READERS = ("er7", "fhir", "nemsis")


def test_no_bytes_make_a_reader_raise_or_hang_or_miss_a_death(tmp_path: Path) -> None:
    """All three at once, half a minute each."""
    runs = {}
    for reader in READERS:
        with (tmp_path / reader).open("w") as said:
            runs[reader] = subprocess.Popen([sys.executable, str(FUZZ), reader, str(SECONDS)], stdout=said, stderr=said)
    for reader, run in runs.items():
        code, text = run.wait(SECONDS + 120), (tmp_path / reader).read_text("utf-8", "replace")
        assert code == 0, f"{reader}: {text[-3000:]}"
        assert "number_of_executed_units" in text
