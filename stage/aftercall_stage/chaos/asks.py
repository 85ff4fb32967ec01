"""The care half after a night: every ask that was accepted, who was rung for it and when, and where it ended."""

import hashlib
import itertools
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from aftercall_stage.cards import DUTY_TEL
from aftercall_stage.chaos.found import Broken, Found, Line
from aftercall_stage.chaos.house import EVERY, LEASE_ALL, START
from aftercall_stage.chaos.losses import IN_FLIGHT

MOST_WAVES = 60
LAST = 3
FIRST_MINUTE = int(START.timestamp()) // 60
TEST = "test"  # in the place of a box, for a ring that says that it is a test, of that minute
MORE = "more"  # the same, for a call to who is off duty and to the duty phone while many wait, of those five minutes
MANY = 4  # as shipped: so many who wait, or more
TABLES = ("box", "page_copy", "ring", "msg")


@dataclass(frozen=True)
class Ring:
    box: str
    pid: str
    wave: int
    at: float
    n: int
    again: bool


@dataclass(frozen=True)
class Asked:
    """One accepted ask with all that was seen of it, in its order."""

    box: str
    at: float  # when the phone began to ask
    phone: str
    everyone: bool
    lines: list[Line]
    rings: list[Ring]

    def of(self, *what: str) -> list[Line]:
        return [line for line in self.lines if line["what"] in what]

    @property
    def heard(self) -> bool:
        """A human spoke to the asker."""
        return any(line["who"].startswith("asker") for line in self.of("reads"))

    @property
    def met(self) -> Line | None:
        """The half told the asker that the two have met; a first letter may be read while the lease runs out."""
        return next((line for line in self.of("sees") if line["state"] == "talk"), None)

    def took(self, has: Line) -> float:
        """When who has it pressed yes: the lease counts from there, also where the answer came late."""
        return max(float(line["at"]) for line in self.of("takes") if line["who"] == has["who"] and line["n"] < has["n"])

    @property
    def left(self) -> Line | None:
        """The asker closed it, and was told that it is closed."""
        return next((line for line in self.of("closed") if line["who"].startswith("asker")), None)


def asks(found: Found) -> Iterator[Broken]:
    all_of = list(accepted(found))
    minutes = range(FIRST_MINUTE, FIRST_MINUTE + int(found.end // 60) + 1)
    tests = {_key(TEST, pid, minute) for pid in _pids(found) for minute in minutes}
    known = {ring.n for ring in _rings(found, {asked.box for asked in all_of} | _boxes_of_texters(found))}
    known |= {line["n"] for line in found.sms("outside") if line["key"] in tests}
    known |= set(_called_in(found))
    for line in found.sms("outside"):
        if line["n"] not in known and not found.of("not sent"):
            yield Broken("nobody is rung for nothing", f"{line['to']} was rung at {line['at']} for no ask that was accepted")
    for line in found.of("not sent"):
        yield Broken("always heard", f"{line['who']} could not send its ask in its time")
    for asked in all_of:
        for broken in _one(found, asked):
            yield Broken(broken.name, f"{asked.lines[0]['who']}, box {asked.box[:8]}: {broken.what}")
    yield from _texters(found)
    yield from _on_duty(found)


def _called_in(found: Found) -> Iterator[int]:
    """Calls for more hands, where so many had asked by then. A half that dies before it has answered a text is told it again, and
    has forgotten whose it was: one person, two boxes."""
    slots = range(FIRST_MINUTE // 5, FIRST_MINUTE // 5 + int(found.end // 300) + 2)
    calls = {_key(MORE, pid, slot) for pid in _pids(found) for slot in slots}
    texts = found.of("texts")
    again = max(0, len(_boxes_of_texters(found)) - len(texts))
    for line in found.sms("outside"):
        asks, told = (sum(one["at"] <= line["at"] for one in of) for of in (found.of("asks"), texts))
        if line["key"] in calls and asks + told + (again if told else 0) >= MANY:
            yield line["n"]


def accepted(found: Found) -> Iterator[Asked]:
    boxes = [line["box"] for line in found.of("accepted")]
    rings = _rings(found, boxes)
    for line in found.of("accepted"):
        began = found.of("asks", who=line["who"])[0]
        mine = [one for one in found.history if one.get("box") == line["box"]]
        own = [ring for ring in rings if ring.box == line["box"]]
        yield Asked(line["box"], began["at"], began["phone"], line["everyone"], mine, own)


def _rings(found: Found, boxes: Collection[str]) -> list[Ring]:
    keys = {_key(box, pid, wave): (box, pid, wave) for box in boxes for pid in _pids(found) for wave in range(1, MOST_WAVES)}
    return [Ring(*keys[s["key"]], s["at"], s["n"], s["again"]) for s in found.sms("outside") if s["key"] in keys]


def _boxes_of_texters(found: Found) -> set[str]:
    """Nobody outside the half knows their numbers: those that peers saw or that stand in the rows, and no phone asked for."""
    seen = {row["box"] for row in found.rows("outside", "box")} | {line["box"] for line in found.history if "box" in line}
    return seen - {line["box"] for line in found.of("accepted")}


def _texters(found: Found) -> Iterator[Broken]:
    """Who was told that a colleague calls is called, or the duty phone and everyone who was on duty all night has rung."""
    called = {line["tel"] for line in found.of("calls")}
    waiting = [line for line in found.of("answered") if line["promised"] and line["tel"] not in called]
    rings = _rings(found, _boxes_of_texters(found))
    rung = {box: {ring.pid for ring in rings if ring.box == box} for box in {ring.box for ring in rings}}
    for line in waiting:
        asleep = {one["who"].removeprefix("peer-") for one in found.of("on duty", way="sleeps") if one["at"] < line["at"]}
        if not any({"duty", *asleep} <= pids for pids in rung.values()):
            yield Broken(
                "nobody waits in silence", f"{line['who']} was told that a colleague calls: nobody did, nor was everybody rung"
            )
    for line in found.of("texts"):
        for path in found.files:
            if line["tel"].encode() in path.read_bytes():
                yield Broken("what is over is gone", f"{path.name} has the number of {line['who']}")


def _pids(found: Found) -> set[str]:
    return {line["who"].removeprefix("peer-") for line in found.history if line["who"].startswith("peer-")} | {"duty"}


def _key(box: str, pid: str, wave: int) -> str:
    """As the care half names a ring to its provider."""
    return hashlib.sha256(f"{box}|{pid}|sms|{wave}".encode()).hexdigest()[:32]


def _one(found: Found, asked: Asked) -> Iterator[Broken]:
    yield from _not_lost(found, asked)
    yield from _ends(found, asked)
    yield from _not_early(found, asked)
    yield from _not_after(found, asked)
    yield from _one_holder(asked)
    yield from _forgotten(found, asked)


def _not_lost(found: Found, asked: Asked) -> Iterator[Broken]:
    for line in asked.of("lost"):
        yield Broken("no accepted ask is lost", f"the half knew nothing of it at {line['at']}")
    there = any(row["box"] == asked.box for row in found.rows("outside", "box"))
    if not there and not asked.of("closes"):
        yield Broken("no accepted ask is lost", "nobody closed it, and it is gone")


def _ends(found: Found, asked: Asked) -> Iterator[Broken]:
    """In a human, or with the duty phone rung and everyone who was on duty all night."""
    if asked.heard or asked.of("closes"):
        return
    rung = {ring.pid for ring in asked.rings}
    if "duty" not in rung:
        yield Broken("nobody waits in silence", f"no human ever answered, and the duty phone ({DUTY_TEL}) was never rung")
    asleep = {line["who"].removeprefix("peer-") for line in found.of("on duty", way="sleeps") if line["at"] < asked.at}
    for pid in asleep - rung:
        yield Broken("nobody waits in silence", f"no human ever answered, and {pid}, on duty all night, was never rung")


def _not_early(found: Found, asked: Asked) -> Iterator[Broken]:
    """Each wave waits for the one before; a peer who gives back or lets a lease run out calls the next one at once, and so does a
    ring that can't reach anybody.
    """
    on_duty = [line for line in found.of("on duty") if line["at"] < asked.at]
    first = LAST if asked.everyone or len(on_duty) < 5 else 1
    freed = [line["at"] for line in [*asked.of("has", "passes", "closes"), *found.of("no number", half="outside")]]
    for ring in asked.rings:
        due = asked.at + EVERY * (ring.wave - first - sum(at <= ring.at for at in freed))
        if ring.at < due - 0.001:
            yield Broken("never before due", f"{ring.pid} was rung by wave {ring.wave} at {ring.at}, and it was due at {due}")


def _not_after(found: Found, asked: Asked) -> Iterator[Broken]:
    """Nobody is rung after an answer that was acknowledged, as long as it holds."""
    went_on = {line["at"] for line in found.of("goes on")}
    for ring in asked.rings:
        if ring.again or ring.at in went_on:
            continue
        if asked.met and ring.at > asked.met["at"] + IN_FLIGHT:
            yield Broken("nobody rings after an answer", f"{ring.pid} was rung at {ring.at}, and they had met at {asked.met['at']}")
        for has in asked.of("has"):
            took = asked.took(has)
            given_back = [line["at"] for line in asked.of("passes", "closes") if line["at"] >= has["at"]]
            if has["at"] + IN_FLIGHT < ring.at < min([took + LEASE_ALL, *given_back]):
                yield Broken(
                    "nobody rings after an answer", f"{ring.pid} was rung at {ring.at}, and {has['who']} had it from {has['at']}"
                )


def _one_holder(asked: Asked) -> Iterator[Broken]:
    takes = asked.of("has")
    for before, after in itertools.pairwise(takes):
        given_back = [line for line in asked.of("passes", "closes") if before["n"] < line["n"] < after["n"]]
        if before["who"] != after["who"] and after["at"] < asked.took(before) + LEASE_ALL and not given_back:
            yield Broken("first yes wins", f"{after['who']} had it at {after['at']}, and {before['who']} from {before['at']}")


def _forgotten(found: Found, asked: Asked) -> Iterator[Broken]:
    if not asked.left:
        return
    for table in TABLES:
        if any(row["box"] == asked.box for row in found.rows("outside", table)):
            yield Broken("what is over is gone", f"{table} remembers it")
    for path in found.files:
        if asked.box.encode() in path.read_bytes():
            yield Broken("what is over is gone", f"{path.name} remembers it")


def _on_duty(found: Found) -> Iterator[Broken]:
    """Who was told that they are on duty is on duty; those who sleep let nothing lapse."""
    on = {row["pid"] for row in found.rows("outside", "peer") if row["duty_until"]}
    for line in found.of("on duty", way="sleeps"):
        if line["who"].removeprefix("peer-") not in on:
            yield Broken("nothing acknowledged is lost", f"{line['who']} was told that they are on duty, and is not")
