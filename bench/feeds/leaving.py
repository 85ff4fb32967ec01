"""From the last byte of a death on the wire to its text at the gateway, while others send; and memory over very many messages."""

from pathlib import Path
from typing import Any

from machine import median, now, share
from wire import free_ports, memory, ours, send

OTHERS, DEATHS = 2000, 8  # a second


def to_the_gateway(work: Path, rounds: int, seconds: float) -> dict[str, Any]:
    """Settle time 0, 64 links. Prints as it goes."""
    around, runs = now(work), []
    for n in range(rounds):
        (gateway,) = free_ports(1)
        with ours(work / "ours", gateway) as listener:
            asked = {"links": 64, "rate": OTHERS + DEATHS, "gateway": gateway}
            mix = {"living": OTHERS, "death": DEATHS}
            runs.append(send(listener, seconds=seconds, mix=mix, **{"from": 1_000_000 * (n + 1)}, **asked))
    print(f"\nLEAVING, {DEATHS} deaths/s among {OTHERS:,} others/s on 64 links;", end=" ")
    print(f"fdatasync {around['fdatasync_ms']} ms, load {around['load']}")
    parts = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}
    found = {name: median(share(run["leaving"]["ms"], part) for run in runs) for name, part in parts.items()}
    counts = {name: sum(run["leaving"][name] for run in runs) for name in ("deaths", "left")}
    found |= counts | {"ack_p99": median(run["p99"] for run in runs), "others": median(run["rate"] for run in runs)}
    print("  " + "   ".join(f"{name} {found[name]:.1f} ms" for name in parts) + f"   {counts['left']} of {counts['deaths']} deaths")
    print(f"  meanwhile {found['others']:,.0f} answers/s, p99 {found['ack_p99']:.1f} ms")
    for name, goal in (("p50", 10), ("p99", 50)):
        print(f"  GOAL {name} <= {goal} ms: {found[name]:.1f} ms{'' if found[name] <= goal else ' MISSED'}")
    return {"around": around, **found}


STEP = 100_000


def staying_small(work: Path, messages: int) -> dict[str, Any]:
    """RAM of our process after each so many messages, each of another patient, and the slope of a line through them."""
    around, mb, rates = now(work), [], []
    print(f"\nMEMORY over {messages:,} messages; fdatasync {around['fdatasync_ms']} ms, load {around['load']}")
    with ours(work / "ours") as listener:
        for first in range(0, messages, STEP):
            many = min(STEP, messages - first)
            run = send(listener, links=64, seconds=600, messages=many, mix={"living": 1}, **{"from": 1_000_000 + first})
            mb.append(memory(listener.pid))
            rates.append(run["rate"])
            database = sum(f.stat().st_size for f in (work / "ours" / "data").glob("event.db*")) / 1e6
            print(f"  {first + many:>9,}   {mb[-1]:>7.1f} MB   {run['rate']:>8,.0f}/s   database {database:,.0f} MB", flush=True)
    slope = _slope(mb[1:]) if len(mb) > 2 else (mb[-1] - mb[0]) if len(mb) > 1 else 0.0
    print(f"  {slope:+.2f} MB for each further {STEP:,} messages (0 is flat)")
    return {"around": around, "mb": mb, "rates": rates, "mb_per_100k": slope}


def _slope(values: list[float]) -> float:
    """Of the line that lies nearest to them all."""
    n, mean = len(values), sum(values) / len(values)
    middle = (n - 1) / 2
    return sum((i - middle) * (v - mean) for i, v in enumerate(values)) / sum((i - middle) ** 2 for i in range(n))
