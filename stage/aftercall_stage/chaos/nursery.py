"""Makes children that are ready at once: a process that has everything read, and forks one for each line it is told.

Run as `python -m aftercall_stage.chaos.nursery FD`, told on that file descriptor. It ends when its input does, and its children.
"""

import gc
import json
import os
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aftercall_stage.chaos.child import Start, live
from aftercall_stage.chaos.warm import warm
from aftercall_stage.troupe import PATHS

PATIENCE = 20.0  # seconds for it to end


class Nursery:
    """The near end of that process. One serves many nights."""

    def __init__(self) -> None:
        near, far = socket.socketpair()
        held, self._leash = os.pipe()
        command = [sys.executable, "-m", "aftercall_stage.chaos.nursery", str(far.fileno())]
        env = {**os.environ, "PYTHONPATH": PATHS}
        self._process = subprocess.Popen(command, stdin=held, pass_fds=(far.fileno(),), env=env)
        far.close()
        os.close(held)
        self._near, self._wire = near, near.makefile("rwb", buffering=0)

    def child(self, told: Mapping[str, Any]) -> int:
        """The process id of a new child. `told` is a Start as JSON has it."""
        self._wire.write(json.dumps(told).encode() + b"\n")
        return int(json.loads(self._wire.readline())["pid"])

    def close(self) -> None:
        self._wire.close()
        self._near.close()
        os.close(self._leash)
        self._process.wait(PATIENCE)


def start_of(told: dict[str, Any]) -> Start:
    paths = {name: Path(told[name]) for name in ("config", "control", "log", "fired", "hour")}
    return Start(told["half"], **paths, faults=tuple(told["faults"]), plant=told["plant"])


def main(number: int) -> int:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for these children: who told us watches them
    wire = socket.socket(fileno=number)
    told = wire.makefile("rwb", buffering=0)
    warm()
    gc.freeze()
    while line := told.readline():
        child = os.fork()
        if child == 0:
            told.close()
            wire.close()
            _child(json.loads(line))
        told.write(json.dumps({"pid": child}).encode() + b"\n")
    return 0


def _child(told: dict[str, Any]) -> None:
    code = 1
    try:
        live(start_of(told))
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
