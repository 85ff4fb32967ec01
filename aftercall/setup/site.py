"""Where we are, as this machine says it."""

import os
from pathlib import Path

from aftercall.setup.question import Answers

LOCAL = Path("/etc/localtime")


def here(_: Answers) -> str:
    """The machine's time zone by its name; UTC where it has none."""
    named = os.environ.get("TZ", "").lstrip(":") or str(LOCAL.resolve()).partition("/zoneinfo/")[2]
    return named if "/" in named else "UTC"
