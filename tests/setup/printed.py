"""A person at the terminal of a first run: each question answered as it is asked; what was printed last is what comes next."""

import os
import pty
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ASKS, REFUSED = "> ", "That can't be taken"


class Printed:
    """What `--setup` printed last: the commands to be typed next, each told by the words it begins with."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.link = next((line.strip() for line in text.splitlines() if line.startswith("  http")), "")
        lines = [shlex.split(line) for line in text.splitlines() if line.startswith("     aftercall ")]
        self._commands = [words[1:] for words in lines]

    def next(self, *begins: str) -> list[str]:
        for words in self._commands:
            if words[: len(begins)] == list(begins):
                return words
        raise AssertionError(f"nothing printed begins with {shlex.join(begins)}; printed are {self._commands}")

    def row(self, begins: str) -> str:
        """The example of a list's row that begins like that."""
        found = re.search(rf"^ +({re.escape(begins)},.*?)(?:   .*)?$", self.text, re.MULTILINE)
        assert found, f"no row that begins with {begins} is printed"
        return found[1]


def talked(half: str, answers: Mapping[str, str], cwd: Path) -> Printed:
    """`aftercall HALF --setup` at a terminal of its own. `answers` by the question as it is asked; all others get Enter."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "aftercall", half, "--setup"]
    calm = {**os.environ, "TERM": "dumb"}
    with subprocess.Popen(command, cwd=cwd, env=calm, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True) as child:
        os.close(theirs)
        whole, left = "", dict(answers)
        while (said := _said(ours)).endswith(ASKS):
            whole += said
            assert REFUSED not in said, whole
            asked = next((one for one in left if f"\n{one}\n" in said), "")
            os.write(ours, f"{left.pop(asked, '')}\n".encode())
        os.close(ours)
    assert child.returncode == 0, whole + said
    assert not left, f"never asked: {list(left)}"
    return Printed(said)


def _said(terminal: int) -> str:
    """Until the next prompt, or the end."""
    said = b""
    while not said.endswith(ASKS.encode()):
        try:
            more = os.read(terminal, 65536)
        except OSError:  # the program has ended, and Linux says so
            break
        said += more
    return said.decode().replace("\r\n", "\n")
