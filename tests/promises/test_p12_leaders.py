"""P12: leaders' numbers hide you. With one request or without it, page and dump come out nearly as often alike."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.promises.leaders import Seen, apart, told_apart
from tests.promises.leaks_leaders import LEAKS
from tests.promises.twins import Caught

RUNS, FEW = 600, 150  # 20,000 in `make night`
ROOT = Path(__file__).parents[2]
NAMES = {"noise last": "a dump that says 10 ", "unrounded": "not in fives", "no noise": "the page that says"}


def test_neither_page_nor_dump_tells_whether_one_more_had_asked() -> None:
    assert told_apart(RUNS) == []


@pytest.mark.parametrize("leak", LEAKS)
def test_a_planted_leak_is_caught_and_named(leak: str, caught: Caught) -> None:
    """A process that counts with one fault; the same check of what it stored and published (DECISIONS 37)."""
    command = [sys.executable, "-m", "tests.promises.leaks_leaders", leak, str(FEW)]
    path = os.pathsep.join([str(ROOT), *sys.path])
    ended = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, timeout=100)
    assert ended.returncode == 0, ended.stderr
    without, with_one = (Seen(*(Counter(dict(one[name])) for name in ("dump", "page"))) for one in json.loads(ended.stdout))
    named = [line for line in apart(without, with_one) if NAMES[leak] in line]
    caught("P12", leak, next(iter(named), ""))
    assert named
