"""The hospital's half after a night: each death that was acknowledged, whom it was told to, and when."""

from collections import Counter
from collections.abc import Iterator

from aftercall_stage.chaos.found import Broken, Found, Line
from aftercall_stage.chaos.house import SETTLE
from aftercall_stage.night import people

IN_FLIGHT = 1.0  # seconds after a word in which a message that was on its way may still arrive


def losses(found: Found) -> Iterator[Broken]:
    everyone = {one.phone for n in range(found.deaths) for one in people(n) if one.there}
    for line in found.sms("inside"):
        if line["to"] not in everyone:
            yield Broken("nobody else", f"{line['to']} got a message of the hospital's half and was nowhere near")
    for line in found.of("gave up"):
        yield Broken("always heard", f"death {line['death']} ({line['code']}) could not be told in its time")
    for stop in found.of("stopped"):
        for line in found.sms("inside"):
            if line["to"] == stop["tel"] and line["at"] > stop["at"] + IN_FLIGHT and not line["again"]:
                yield Broken("a STOP is a stop", f"{line['to']} was told at {line['at']}, and had STOP answered at {stop['at']}")
    for n in range(found.deaths):
        told = found.of("AA", death=n, code="A03")
        if told:
            yield from _one(found, n)


def _one(found: Found, n: int) -> Iterator[Broken]:
    events = [row for row in found.rows("inside", "event") if row["unit"] == f"RES{n or ''}"]
    if len(events) != 1:
        name = "one loss per death" if events else "nothing acknowledged is lost"
        yield Broken(name, f"death {n} was acknowledged, and is {len(events)} losses")
        return
    sent = [line for line in found.sms("inside") if line["to"] in {one.phone for one in people(n) if one.there}]
    yield from _in_time(found, n, sent)
    for number, times in Counter(line["to"] for line in sent if not line["again"]).items():
        if times > 1:
            yield Broken("once a person", f"{number} was told of death {n} {times} times under different keys")
    back = found.of("AA", death=n, code="A13")
    if back:
        yield from _taken_back(n, str(events[0]["state"]), sent, back[0])
        return
    if events[0]["state"] != "confirmed" and not found.of("tells", death=n, code="A13"):
        yield Broken("nothing acknowledged is lost", f"death {n} was acknowledged and is {events[0]['state']}")
    stops = {line["tel"] for line in found.of("stops")}
    tried = {line["to"] for line in [*sent, *found.of("no number", half="inside")]}
    for number in {one.phone for one in people(n) if one.there} - tried - stops:
        yield Broken("everyone who was there", f"{number} was there at death {n} and was never written to")


def _in_time(found: Found, n: int, sent: list[Line]) -> Iterator[Broken]:
    due = found.of("tells", death=n)[0]["at"] + SETTLE
    for line in sent:
        if line["at"] < due:
            yield Broken("never before due", f"{line['to']} was told of death {n} at {line['at']}, and it was due at {due}")


def _taken_back(n: int, state: str, sent: list[Line], back: Line) -> Iterator[Broken]:
    if state != "withdrawn":
        yield Broken("taken back is taken back", f"death {n} was taken back at {back['at']} and is {state}")
    for line in sent:
        if line["at"] > back["at"] + IN_FLIGHT:
            what = f"{line['to']} was told of death {n} at {line['at']}, after it was taken back at {back['at']}"
            yield Broken("taken back is taken back", what)
