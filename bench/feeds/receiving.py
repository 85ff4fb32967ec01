"""How many messages a second can be taken, made durable and answered, over 1, 8 and 64 links that each wait for the answer?"""

from collections import defaultdict
from contextlib import AbstractContextManager
from itertools import count
from pathlib import Path
from typing import Any

from machine import median, now
from wire import ECHO, OURS, Failed, Listener, ours, send, theirs

LINKS = (1, 8, 64)
MIXES = {"new patients": {"living": 100}, "known patients": {"known": 100}, "new, 1 % deaths": {"living": 99, "death": 1}}
PATIENTS = 5000  # who are in the house
PEERS = ("hl7", "@medplum/hl7", "simple-hl7")
_runs = count(1)

Case = tuple[str, str]
"""Who, and with what: a mix for ours, "as it comes" or "durable" for theirs."""


def _cases(peers: Path | None, quick: bool) -> list[Case]:
    """Ours between the others, so that a slow minute of the machine falls on both."""
    ways = ("durable",) if quick else ("durable", "as it comes")
    others, mine = [(name, how) for name in PEERS if peers or name == "hl7" for how in ways], [(OURS, mix) for mix in MIXES]
    third = len(others) // 3
    echo = [] if quick else [(ECHO, "as it comes")]
    return [mine[0], *others[:third], mine[1], *others[third : 2 * third], mine[2], *others[2 * third :], *echo]


def _listener(case: Case, work: Path, peers: Path | None) -> AbstractContextManager[Listener]:
    if case[0] == OURS:
        return ours(work / "ours")
    return theirs(case[0], work / "theirs", peers, durable=case[1] == "durable")


def _one(case: Case, work: Path, peers: Path | None, seconds: float, found: dict[Any, list[dict[str, Any]]]) -> str:
    """One listener, all its numbers of links. Gives what it keeps before it answers."""
    mix = MIXES.get(case[1], MIXES["new patients"])
    with _listener(case, work, peers) as listener:
        send(listener, links=8, seconds=0.5, mix={"living": 1}, **_fresh())  # warm
        if "known" in mix:  # they have come in before
            send(listener, links=64, seconds=60, mix={"living": 1}, messages=PATIENTS, **_ward())
        for links in LINKS:
            whose = _ward() if "known" in mix else _fresh()
            found[*case, links].append(send(listener, links=links, seconds=seconds, mix=mix, patients=PATIENTS, **whose))
        return listener.store


def _ward() -> dict[str, int]:
    return {"from": 0, "deaths_from": 0}


def _fresh() -> dict[str, int]:
    """Patients and doctors that no other run had."""
    run = next(_runs)
    return {"from": run * 100_000, "deaths_from": 0}


def measure(work: Path, peers: Path | None, rounds: int, seconds: float, quick: bool = False) -> dict[str, Any]:
    """The whole block; prints as it goes."""
    found: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    stores: dict[Case, str] = {}
    around = []
    for _ in range(rounds):
        around.append(now(work))
        for case in _cases(peers, quick):
            try:
                stores[case] = _one(case, work, peers, seconds, found)
            except Failed as problem:
                print(f"  {problem}")
    state = {key: median(one[key] for one in around) for key in around[0]}
    print(f"\nRECEIVING, senders on one core, the listener on any; fdatasync {state['fdatasync_ms']} ms, load {state['load']}")
    table = {" | ".join(map(str, key)): _middle(runs) for key, runs in found.items() if runs}
    for case, store in stores.items():
        print(f"  {case[0]}, {case[1]}" + (f" [{store}]" if store else ""))
        for links in LINKS:
            if row := table.get(f"{case[0]} | {case[1]} | {links}"):
                print(
                    f"    {links:>3} links {row['rate']:>9,.0f}/s   p50 {row['p50']:>8.2f} ms   p99 {row['p99']:>8.2f} ms"
                    f"   {row['cpu']:>6.0f} us of processor a message" + (f"   NOT TAKEN: {row['bad']:.0f}" if row["bad"] else "")
                )
    return {"around": state, "cases": table, "stores": {" | ".join(k): v for k, v in stores.items()}, "goals": _goals(table)}


def _middle(runs: list[dict[str, Any]]) -> dict[str, float]:
    return {key: median(run[key] for run in runs) for key in ("rate", "p50", "p99", "max", "bad", "cpu")}


def _goals(table: dict[str, dict[str, float]]) -> dict[str, Any]:
    """At 64 links, the harder of our mixes, against each with the same database behind it."""
    mine = {mix: row["rate"] for mix in MIXES if (row := table.get(f"{OURS} | {mix} | 64"))}
    theirs_ = {name: row["rate"] for name in PEERS if (row := table.get(f"{name} | durable | 64"))}
    said: dict[str, Any] = {"ours": mine, "durable others": theirs_}
    for mix, rate in mine.items():
        lacks = "" if rate >= 10_000 else f" MISSED by {100 - rate / 100:.0f} %" + (" (floor 5,000 kept)" if rate >= 5_000 else "")
        print(f"  GOAL durable answers >= 10,000/s at 64 links, {mix}: {rate:,.0f}/s{lacks}")
        for name, other in theirs_.items():
            said[f"{mix}, times {name}"] = round(rate / other, 1)
            print(f"    {rate / other:>7.1f} x {name} (goal: 10 x hl7, and 5 x the fastest other, floor 3 x)")
    return said


def steady(work: Path, peers: Path | None, rounds: int, seconds: float, rate: int = 1000) -> dict[str, Any]:
    """How long an answer takes when messages come at their own pace, counted from when each was meant to go."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    around = now(work)
    cases: list[Case] = [(OURS, "new, 1 % deaths"), *(((name, "durable") for name in PEERS[1:]) if peers else ())]
    for _ in range(rounds):
        for case in cases:
            try:
                with _listener(case, work, peers) as listener:
                    send(listener, links=8, seconds=0.5, mix={"living": 1}, **_fresh())
                    mix = MIXES.get(case[1], MIXES["new patients"])
                    found[case[0]].append(send(listener, links=64, seconds=seconds, rate=rate, mix=mix, **_fresh()))
            except Failed as problem:
                print(f"  {problem}")
    print(f"\nSTEADY, {rate:,} messages/s on 64 links; fdatasync {around['fdatasync_ms']} ms, load {around['load']}")
    table = {name: _middle(runs) for name, runs in found.items()}
    for name, row in table.items():
        print(
            f"  {name:<14} {row['rate']:>7,.0f}/s   p50 {row['p50']:>8.2f} ms   p99 {row['p99']:>8.2f} ms   max {row['max']:>8.2f}"
        )
    if row := table.get(OURS, {}):
        print(f"  GOAL p99 <= 50 ms: {row['p99']:.1f} ms{'' if row['p99'] <= 50 else ' MISSED'}")
    return {"around": around, "cases": table}
