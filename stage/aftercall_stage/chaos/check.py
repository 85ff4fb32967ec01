"""Did the night keep its promises? The invariants of a night, each under its own name."""

from collections.abc import Iterator
from math import inf

from aftercall_stage.chaos.asks import asks
from aftercall_stage.chaos.found import Broken, Found, Line
from aftercall_stage.chaos.letters import letters
from aftercall_stage.chaos.losses import losses

MAY_FALL = ("full", "dbcut")  # after these a half may end by itself: one without its clock must not look alive


def check(found: Found) -> list[Broken]:
    """Everything that was broken, each once."""
    return list(
        dict.fromkeys([*losses(found), *asks(found), *letters(found), *_by_itself(found), *_failed(found), *_on_their_way(found)])
    )


def _on_their_way(found: Found) -> list[Broken]:
    return [
        Broken("nobody is turned away", f"at {line['at']}: {line['why']} ({line['where']})") for line in found.of("can't go on")
    ]


def _by_itself(found: Found) -> list[Broken]:
    if any(fault.startswith(MAY_FALL) for fault in found.faults):
        return []
    return [Broken("no half ends by itself", f"{line['who']} ended at {line['at']}") for line in found.of("fell")]


def _failed(found: Found) -> list[Broken]:
    """A half that lost its disk or its database says so, and it is said again. None other may say that it failed."""
    if any(fault.startswith(MAY_FALL) for fault in found.faults):
        return []
    return [
        Broken("no call fails", f"{line['who']} at {line['at']}: {line['call']}, status {line['status']}")
        for line in found.of("failed")
    ]


def doubles(found: Found) -> dict[str, int]:
    """Messages that a provider got twice under one key, and dropped: harmless, bounded by what was in flight, counted."""
    return {half: sum(line["again"] for line in found.sms(half)) for half in ("inside", "outside")}


def crashes(found: Found) -> Iterator[str]:
    """What a crash of the care half came after: "phone off", an ask is kept whose phone is never on again; "text", one by text."""
    died = [line["n"] for line in found.of("fault") if line["fault"].startswith("kill@outside")]
    off = {line["who"] for line in found.of("asks", phone="off")}
    waits = {
        "phone off": [(line["n"], inf) for line in found.of("accepted") if line["who"] in off],
        "text": [(line["n"], _called(found, line)) for line in found.of("answered", promised=True)],
    }
    for name, spans in waits.items():
        if any(first < n < last for n in died for first, last in spans):
            yield name


def _called(found: Found, text: Line) -> float:
    return min((line["n"] for line in found.of("calls", tel=text["tel"])), default=inf)
