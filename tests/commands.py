"""The command line without a process of its own, for stories in which the process is not the point."""

import contextlib
import io
import os
import sys
from pathlib import Path
from unittest.mock import patch

from aftercall.cli import main
from tests.world import PHRASE


def aftercall(*words: str, cwd: Path, fails: bool = False, opens: str = PHRASE) -> str:
    """What it prints, and its last words where it fails, as it has to or must not. `opens`: the root's passphrase or shares."""
    out, failed = io.StringIO(), ""
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.chdir(cwd))
        stack.enter_context(contextlib.redirect_stdout(out))
        stack.enter_context(patch.object(sys, "argv", ["aftercall", *words]))
        stack.enter_context(patch.dict(os.environ, {"AFTERCALL_ROOT_PASSPHRASE": opens}))
        try:
            main()
        except SystemExit as end:
            failed = str(end.code)
    assert bool(failed) is fails, failed
    return out.getvalue() + failed
