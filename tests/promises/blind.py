"""A pytest plugin for twins: in a process of its own it takes one check out of the Python phones (BLIND says which)."""

import os
from typing import Any

from aftercall_stage import asker, talk
from aftercall_stage.asker import Asker
from aftercall_stage.sealing import open_letter


def _signed(*_: Any) -> bool:
    return True


def _again(programme: str, box: str, k: bytes, way: str, wire: bytes, had: int) -> tuple[int, str]:
    return open_letter(programme, box, k, way, wire, 0)


def _older(self: Asker, body: str, sig: str) -> Any:
    self.memory.issued = None
    return _checked(self, body, sig)


_checked = Asker._checked
match os.environ["BLIND"]:
    case "signatures":
        vars(asker)["signed"] = _signed
    case "replays":
        vars(talk)["open_letter"] = _again
    case "older lists":
        Asker._checked = _older  # type: ignore[method-assign]
