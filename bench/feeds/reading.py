"""How many messages a second does each reader understand on one core, and which of other people's messages does it read right?"""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from machine import SERVER, median, now
from told import SHAPES, ward
from truth import adt_in, agrees

HERE = Path(__file__).parent
OURS = ("aftercall, whole, every key", "aftercall, whole, no key", "aftercall, same seven fields", "aftercall, er7 alone")
PYTHON = (*OURS, "hl7", "hl7apy")
NODE = ("@medplum/core", "simple-hl7")


def _once(name: str, path: Path, seconds: float, peers: Path | None, *, compare: bool = False) -> dict[str, Any] | None:
    if name in PYTHON:
        command = [
            sys.executable,
            str(HERE / "peers" / "read.py"),
            name,
            str(path),
            str(seconds),
            *(["compare"] if compare else []),
        ]
    elif peers:
        command = ["node", str(peers / "read.mjs"), name, str(path), str(seconds)]
    else:
        return None
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=300, preexec_fn=lambda: os.sched_setaffinity(0, {SERVER})
    )
    if done.returncode:
        print(f"  {name}: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'failed'}")
        return None
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _file(folder: Path, name: str, bodies: list[bytes]) -> Path:
    path = folder / name
    path.write_text(json.dumps([body.decode("latin-1") for body in bodies]))
    return path


def _rates(path: Path, rounds: int, seconds: float, peers: Path | None) -> dict[str, float]:
    """Alternating, so that what else the machine does falls on all alike."""
    took: dict[str, list[float]] = {name: [] for name in (*PYTHON, *NODE)}
    for _ in range(rounds):
        for name, rates in took.items():
            if found := _once(name, path, seconds, peers):
                rates.append(found["rate"])
    return {name: round(median(rates)) for name, rates in took.items() if rates}


def _print(title: str, rates: dict[str, float]) -> None:
    theirs = rates.get("hl7", 0)
    print(f"  {title}")
    for name, rate in sorted(rates.items(), key=lambda pair: -pair[1]):
        print(f"    {name:<32}{rate:>10,.0f} messages/s" + (f"{rate / theirs:>9.1f} x hl7" if theirs else ""))


def measure(work: Path, peers: Path | None, feeds: Path | None, rounds: int, seconds: float) -> dict[str, Any]:
    """The whole block; prints as it goes."""
    around = now(work)
    print(f"\nREADING, one core; fdatasync {around['fdatasync_ms']} ms, load {around['load']}")
    bodies = list(ward(SHAPES, 20, datetime.now(UTC)))
    size = sum(map(len, bodies)) // len(bodies)
    made = _rates(_file(work, "made.json", bodies), rounds, seconds, peers)
    _print(f"{SHAPES} messages of ours, {size} bytes on average, each with 20 patients", made)
    result: dict[str, Any] = {"around": around, "bytes": size, "made": made}
    if made.get("hl7"):
        for name in (OURS[2], OURS[0]):
            ratio = made[name] / made["hl7"]
            result[f"{name}, times hl7"] = round(ratio, 1)
            print(f"  GOAL reading >= 25 x hl7 ({name}): {ratio:.1f} x{'' if ratio >= 25 else ' MISSED'}")
    if feeds:
        result |= _others(work, peers, feeds, rounds, seconds)
    return result


def _others(work: Path, peers: Path | None, feeds: Path, rounds: int, seconds: float) -> dict[str, Any]:
    plain, odd = adt_in(feeds / "hl7v2")
    wired = [one.with_cr for one in plain]
    rates = _rates(_file(work, "wired.json", wired), rounds, seconds, peers)
    _print(f"{len(plain)} different plain ADT messages of {feeds}, with CR as on a wire", rates)
    right: dict[str, dict[str, int]] = {}
    for name in (*(n for n in PYTHON if n not in ("aftercall, er7 alone", "aftercall, whole, no key")), *NODE):
        right[name] = {}
        for how, given in (("as the files stand", [one.body for one in plain]), ("with CR", wired)):
            found = _once(name, _file(work, "asked.json", given), 0.1, peers, compare=True)
            whole = name.startswith("aftercall, whole")
            if found:
                right[name][how] = sum(agrees(p, s, whole=whole) for p, s in zip(plain, found["fields"], strict=True))
    print(f"  read right, of {len(plain)} (PID-3, PID-29, PID-30, PV1-36 by a splitter of its own; {odd} more are not plain)")
    for name, counts in right.items():
        print(f"    {name:<32}" + "   ".join(f"{how}: {count}" for how, count in counts.items()))
    return {"others": rates, "plain": len(plain), "odd": odd, "right": right}
