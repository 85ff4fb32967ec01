"""What the stage can be asked to do, from a terminal."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from aftercall_stage import simulated
from aftercall_stage.demo import demo

PORT = 8400


def main(given: list[str] | None = None) -> int:
    want = argparse.ArgumentParser(prog="aftercall-stage", description="Aftercall on a laptop: nothing here is for a hospital.")
    verbs = want.add_subparsers(dest="verb", required=True)
    show = verbs.add_parser("demo", help="a night in the ED, on one web page")
    show.add_argument("--port", type=int, default=PORT, help=f"of the page; 0 takes any free one (default {PORT})")
    show.add_argument("--folder", type=Path, help="where both halves keep their files (default: a new temporary folder)")
    made = verbs.add_parser(
        "simulate", help="a synthetic hospital with labels: its messages as files, or a score of the inside half"
    )
    simulated.options(made)
    asked = want.parse_args(given)
    if asked.verb == "simulate":
        return simulated.run(asked)
    try:
        if asked.folder:
            asyncio.run(demo(asked.port, asked.folder))
        else:
            with tempfile.TemporaryDirectory(prefix="aftercall-night-") as folder:
                asyncio.run(demo(asked.port, Path(folder)))
    except OSError as problem:
        print(f"aftercall-stage: {problem}; is another demo running? `--port 0` takes any free port", file=sys.stderr)
        return 1
    return 0
