"""A box goes up its ladder until a human answers: who is rung next, by which roads, and who for it no more."""

import logging
from dataclasses import dataclass, replace

from sqlalchemy.engine import Connection

from aftercall.outside.road.box import Box, Copy, emptied
from aftercall.outside.road.directory import Entry
from aftercall.outside.road.reach import Way, duty_plan, next_way, plan
from aftercall.outside.road.sheet import Counting
from aftercall.outside.road.take import let_go
from aftercall.outside.road.wave import DUTY, Ready, Steps, climb, unheard
from aftercall.outside.store import boxes, duty, peers, reach, rings, sheets
from aftercall.words import Moment, day

log = logging.getLogger("aftercall.outside")


@dataclass(frozen=True)
class Rules:
    """What the verbs have to know of the settings."""

    programme: str
    steps: Steps
    roads: frozenset[str]  # by which a peer can be rung besides their own page
    counting: Counting
    duty_tel: str = ""

    def roads_of(self, conn: Connection, pid: str) -> list[str]:
        """By which roads this peer, or the duty phone, is rung; a spare is no road of theirs."""
        return [way.road for way in _ways(conn, (pid,), self)[pid] if way.after is not None]


def bare(box: Box, copies: tuple[Copy, ...]) -> bool:
    """Has it lost its copies, and does nobody hold it?"""
    return box.state == "open" and not box.holder and not copies


def go_on(conn: Connection, box: Box, rules: Rules, now: Moment, ready: Ready | None = None) -> Box:
    """The next wave, when it is due. `ready`: who may be rung, when that is known."""
    copies = boxes.copies(conn, rules.programme, box.box)
    higher, ring = climb(box, copies, ready or duty.ready(conn, rules.programme, now), now, rules.steps)
    if ring and not copies:
        log.error("an ask has lost its sealed copies: everybody on duty and the duty phone are rung, and nobody can open it")
    higher = _counted(conn, box, higher, rules, now)
    boxes.change(conn, rules.programme, box, higher)
    boxes.rung(conn, rules.programme, box.box, ring, higher.wave)
    ways = _ways(conn, ring, rules)
    for one in ring:
        for way in ways[one]:
            if way.after is not None:
                rings.add(conn, rules.programme, [rings.Ring(box.box, one, way.road, higher.wave, 0)], now, way.after)
    return higher


def _counted(conn: Connection, was: Box, higher: Box, rules: Rules, now: Moment) -> Box:
    """Once for each box: more than the first wave was needed. Whoever chose to have all rung did not need it."""
    if higher.wave > 1 and not was.wider:
        if not was.all:
            sheets.count(conn, rules.programme, rules.counting, "wider", now)
        higher = replace(higher, wider=True)
    late = higher.due is None or (higher.prompt is not None and now > higher.prompt)
    return replace(higher, prompt=None) if late else higher


def at_once(conn: Connection, box: Box, was: Box, rules: Rules, now: Moment) -> Box:
    """Due now, whatever it was."""
    soon = replace(box, due=now)
    boxes.change(conn, rules.programme, was, soon)
    return soon


def let_go_of(conn: Connection, box: Box, rules: Rules, now: Moment, failed: bool) -> Box:
    """The lease is over without a meeting."""
    free = let_go(box, now, failed)
    boxes.change(conn, rules.programme, box, free)
    boxes.forget_letters(conn, rules.programme, box.box)
    if failed:
        duty.lapsed(conn, rules.programme, box.holder)
    return free


def no_more(conn: Connection, box: Box, pid: str, rules: Rules, now: Moment) -> None:
    """This peer is not rung for it again; when nobody who was rung remains, the next wave rings now."""
    boxes.pass_on(conn, rules.programme, box.box, pid)
    rings.drop_for(conn, rules.programme, box.box, pid)
    if box.holder == pid and box.leased:
        go_on(conn, let_go_of(conn, box, rules, now, failed=False), rules, now)
    elif unheard(box, boxes.copies(conn, rules.programme, box.box), duty.ready(conn, rules.programme, now)):
        go_on(conn, at_once(conn, box, box, rules, now), rules, now)


@dataclass(frozen=True)
class Listed:
    """The peers' files: those that hold, and the numbers of all that are there, damaged and expired ones too (None: not known)."""

    certified: tuple[Entry, ...]
    known: frozenset[str] | None


def admit(conn: Connection, files: Listed, rules: Rules, now: Moment) -> list[str]:
    """Make the rows be the certified peers. Whose file is gone has lost their phone, or their place: what they held goes on to
    others, or ends and says so. Gives the boxes that moved.
    """
    had = {entry.pid for entry in peers.all_of(conn, rules.programme)}
    peers.admit(conn, rules.programme, files.certified)
    moved: list[str] = []
    for pid in sorted(had - {entry.pid for entry in files.certified} - (had if files.known is None else files.known)):
        reach.forget(conn, rules.programme, pid)
        moved += _revoke(conn, pid, rules, now)
    return moved


def _revoke(conn: Connection, pid: str, rules: Rules, now: Moment) -> list[str]:
    """A phone that may be in other hands reads and writes nothing more."""
    moved = []
    for box in boxes.held_by(conn, rules.programme, pid):
        if box.leased:
            box = let_go_of(conn, box, rules, now, failed=True)
            go_on(conn, box, rules, now)
        else:
            boxes.change(conn, rules.programme, box, emptied(box, day(now), "off"))
            boxes.emptied(conn, rules.programme, box.box)
        moved.append(box.box)
    for number in boxes.copied_to(conn, rules.programme, pid):
        if there := boxes.find(conn, rules.programme, number):
            no_more(conn, there, pid, rules, now)
            moved.append(number)
    return moved


def recover(conn: Connection, rules: Rules, now: Moment) -> None:
    """After a start: boxes that have lost their copies ring everybody now (DECISIONS A2)."""
    for box in boxes.bare(conn, rules.programme):
        go_on(conn, at_once(conn, box, box, rules, now), rules, now)


def next_road(conn: Connection, ring: rings.Ring, rules: Rules, now: Moment) -> None:
    """This ring does not go out: by the peer's next road they are rung now, unless that was done before."""
    way = next_way(_ways(conn, (ring.pid,), rules)[ring.pid], ring.road)
    if way is None or not rings.stands(conn, rules.programme, ring):
        return
    following = replace(ring, road=way.road, tries=0)
    if not rings.sooner(conn, rules.programme, following, now) and way.after is None:
        rings.add(conn, rules.programme, [following], now)


def _ways(conn: Connection, pids: tuple[str, ...], rules: Rules) -> dict[str, tuple[Way, ...]]:
    own, tels = reach.of(conn, rules.programme, pids), reach.tels(conn, rules.programme, pids)
    ways = {pid: plan(own.get(pid, ()), tels.get(pid, ""), rules.roads) for pid in pids}
    return {**ways, DUTY: duty_plan(rules.duty_tel, rules.roads)}


def way_of(conn: Connection, ring: rings.Ring, rules: Rules, now: Moment) -> Way | None:
    """Where this ring goes to. None when somebody answered, or the peer is off duty or gone."""
    if not rings.stands(conn, rules.programme, ring):
        return None
    way = next((way for way in _ways(conn, (ring.pid,), rules)[ring.pid] if way.road == ring.road), None)
    if ring.box == rings.TEST:
        return way if way and way.after is not None else None  # a spare is no road of theirs
    ready = duty.ready(conn, rules.programme, now)
    return way if ring.pid == DUTY or ring.pid in ready.all | ready.allied else None
