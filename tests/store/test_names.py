"""Two processes never give two patients one name, also when one was forked from the other."""

import subprocess
import sys

FORKED = """
import os
from aftercall.inside.store.names import _RISING
here, there = os.pipe()
if os.fork() == 0:
    os.write(there, next(_RISING).encode())
    os._exit(0)
print(os.read(here, 16).decode(), next(_RISING))
"""


def test_a_forked_process_rises_from_a_number_of_its_own() -> None:
    told = subprocess.run([sys.executable, "-c", FORKED], capture_output=True, text=True, check=True, timeout=60)
    child, parent = (int(name, 16) for name in told.stdout.split())
    assert abs(child - parent) > 10**6
