"""Starts one half as the stage does, with leaks in the running program: python -m tests.promises.planted "LEAK; LEAK" inside ..."""

import importlib
import sys

from aftercall_stage import half


def main() -> int:
    leaks, which = sys.argv.pop(1).split("; "), sys.argv[1]
    known = importlib.import_module(f"tests.promises.leaks_{which}").LEAKS  # only this half's code comes into this process
    for leak in leaks:
        known[leak]()
    return half.main()


if __name__ == "__main__":
    sys.exit(main())
