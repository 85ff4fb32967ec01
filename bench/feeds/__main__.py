"""`make bench-feeds`: ours and others on this machine, in one run, alternating; the figures beside their goals, and as JSON."""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import leaving
import machine
import reading
import receiving

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "bench"
PARTS = ("reading", "receiving", "steady", "leaving", "memory")


def node_peers() -> Path | None:
    """What npm offers, installed under build/; None, said aloud, where that can't be had."""
    folder, npm = BUILD / "peers", shutil.which("npm")
    folder.mkdir(parents=True, exist_ok=True)
    for file in (ROOT / "bench" / "feeds" / "package.json", *(ROOT / "bench" / "feeds" / "peers").glob("*.mjs")):
        shutil.copy(file, folder)
    if not (folder / "node_modules" / "simple-hl7").exists() or not (folder / "node_modules" / "@medplum").exists():
        if not npm:
            print("npm isn't there: @medplum/hl7 and simple-hl7 are left out. Install nodejs and npm to have them.")
            return None
        print("installing the Node packages under build/ (once; better-sqlite3 may be compiled, which takes minutes)", flush=True)
        command = [npm, "install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"]
        if subprocess.run(command, cwd=folder).returncode:
            print("npm could not install them: @medplum/hl7 and simple-hl7 are left out.")
            return None
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("feeds", nargs="?", type=Path, help="folder of other people's messages, to read as well")
    parser.add_argument("--only", choices=PARTS, action="append", help="this part alone (may be given several times)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="for each case of each round")
    parser.add_argument("--messages", type=int, default=200_000, help="for the memory")
    parser.add_argument("--million", action="store_true", help="a million messages for the memory")
    parser.add_argument("--quick", action="store_true", help="one short round and no memory: under three minutes")
    given = parser.parse_args()
    if given.quick:
        given.rounds, given.seconds = 1, 1.0
    feeds = given.feeds if given.feeds and (given.feeds / "hl7v2").is_dir() else None
    if given.feeds and not feeds:
        print(f"{given.feeds}/hl7v2 isn't there: other people's messages are left out.")
    about = machine.about()
    print("; ".join(f"{name} {said}" for name, said in about.items()), flush=True)
    rounds, seconds, messages = given.rounds, given.seconds, 1_000_000 if given.million else given.messages
    wanted = given.only or (PARTS[:4] if given.quick else PARTS)
    BUILD.mkdir(parents=True, exist_ok=True)
    peers = node_peers() if set(wanted) & {"reading", "receiving", "steady"} else None
    found: dict[str, Any] = {"date": date.today().isoformat(), "machine": about, "rounds": rounds}
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        work = Path(folder)
        parts: dict[str, Callable[[], dict[str, Any]]] = {
            "reading": lambda: reading.measure(work, peers, feeds, rounds, seconds),
            "receiving": lambda: receiving.measure(work, peers, rounds, seconds, given.quick),
            "steady": lambda: receiving.steady(work, None if given.quick else peers, rounds, max(5.0, seconds)),
            "leaving": lambda: leaving.to_the_gateway(work, rounds, max(10.0, seconds)),
            "memory": lambda: leaving.staying_small(work, messages),
        }
        for name in wanted:
            found[name] = parts[name]()
            sys.stdout.flush()
    path = BUILD / f"feeds-{found['date']}.json"
    path.write_text(json.dumps(found, indent=1))
    print(f"\nAll of it: {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
