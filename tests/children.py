"""The real programs as children of a test, which end with it."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx


def child(*words: str, cwd: Path, says: str = "") -> str:
    """What a program of its own prints, which did what it was told. `says`: on its standard input."""
    command = [sys.executable, "-m", "aftercall", *words]
    done = subprocess.run(command, cwd=cwd, input=says, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextlib.contextmanager
def running(folder: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / f"{words[0]}.log").open("ab") as log:
        process = subprocess.Popen([sys.executable, "-m", "aftercall", *words], cwd=folder, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(20)


def until_open(port: int, process: subprocess.Popen[bytes], patience: float = 30) -> None:
    end = time.monotonic() + patience
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(httpx.HTTPError):
            httpx.get(f"http://127.0.0.1:{port}/", trust_env=False)
            return
        time.sleep(0.1)
    raise AssertionError("it did not open its door")
