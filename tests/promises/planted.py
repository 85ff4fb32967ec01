"""Starts one half as the stage does, with one leak in the running program: python -m tests.promises.planted "LEAK" inside ..."""

import importlib
import sys

from aftercall_stage import half


def main() -> int:
    leak, which = sys.argv.pop(1), sys.argv[1]
    importlib.import_module(f"tests.promises.leaks_{which}").LEAKS[leak]()  # only this half's code comes into this process
    return half.main()


if __name__ == "__main__":
    sys.exit(main())
