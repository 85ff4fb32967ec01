"""What the machine was like while something was measured, and which core each process may use."""

import os
import platform
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

CORES = sorted(os.sched_getaffinity(0))
SERVER, SENDER = CORES[0], CORES[-1]
"""On one core alone the two share it, and every figure is lower; `about` says how many there are."""


def fdatasync(folder: Path, times: int = 60) -> float:
    """The disk's own part: median milliseconds of one 4 kB write made durable, where the databases lie."""
    took = []
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        for _ in range(times):
            begun = time.perf_counter()
            os.pwrite(file.fileno(), bytes(4096), 0)
            os.fdatasync(file.fileno())
            took.append((time.perf_counter() - begun) * 1000)
    return statistics.median(took)


def now(folder: Path) -> dict[str, float]:
    """To print beside a block."""
    return {"fdatasync_ms": round(fdatasync(folder), 3), "load": round(os.getloadavg()[0], 2)}


def about() -> dict[str, str]:
    node = shutil.which("node")
    said = subprocess.run([node, "--version"], capture_output=True, text=True).stdout.strip() if node else "none"
    return {"cores": str(len(CORES)), "python": platform.python_version(), "node": said, "system": platform.release()}


def median(values: Iterable[float]) -> float:
    return statistics.median(values)


def share(took: list[float], part: float) -> float:
    """The value below which that part of them lies."""
    ordered = sorted(took)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else float("nan")
