"""A box goes up its ladder until a human answers: who is rung next, by which roads, and who for it no more."""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.engine import Connection

from aftercall.outside.road.box import Box, Copy, emptied
from aftercall.outside.road.directory import Entry
from aftercall.outside.road.letter import LANES
from aftercall.outside.road.reach import Way, duty_plan, next_way, plan
from aftercall.outside.road.sheet import Counting
from aftercall.outside.road.take import let_go
from aftercall.outside.road.wave import CALL_IN, DUTY, LAST, Steps, awaited, climb, rung, stirred, too_many, unheard
from aftercall.outside.store import boxes, duty, letters, peers, reach, reminders, rings, sheets
from aftercall.words import Moment, day
from aftercall.workers import Low

AT_THE_PAGE = 15  # seconds in which the page of a talk for several lets somebody in before any road rings its owner
log = logging.getLogger("aftercall.outside")


@dataclass(frozen=True)
class Rules:
    """What the verbs have to know of the settings."""

    programme: str
    steps: Steps
    roads: frozenset[str]  # by which a peer can be rung besides their own page
    counting: Counting
    duty_tel: str = ""
    call: int = 60  # seconds from the text to the call, for who has set no roads

    def roads_of(self, conn: Connection, pid: str) -> list[str]:
        """By which roads this peer, or the duty phone, is rung; a spare is no road of theirs."""
        return [way.road for way in self.ways_of(conn, (pid,))[pid] if way.after is not None]

    def ways_of(self, conn: Connection, pids: Collection[str]) -> dict[str, tuple[Way, ...]]:
        """The ways to each of these, in their order, with the spares."""
        return _ways(conn, pids, self)


def bare(box: Box, copies: tuple[Copy, ...]) -> bool:
    """Has it lost its copies, and does nobody hold it?"""
    return box.state == "open" and not box.holder and not copies


def go_on(conn: Connection, box: Box, rules: Rules, now: Moment) -> Box:
    """The next wave, when it is due."""
    return all_go_on(conn, (box,), rules, now)[0]


def all_go_on(conn: Connection, these: Sequence[Box], rules: Rules, now: Moment) -> list[Box]:
    """The next wave of each, when it is due."""
    if not these:
        return []
    copies, ready = boxes.copies_of(conn, rules.programme, [box.box for box in these]), duty.ready(conn, rules.programme, now)
    ours, all_hands = (too_many(hands, ready, rules.steps) for hands in (ready.all, ready.all | ready.allied))
    coming = {
        box.box for box in these if awaited(box, copies[box.box], ready)
    }  # to a talk for several: these wait for one hand alone
    door = boxes.at_the_door(conn, rules.programme, ready.gathering)
    waiting = boxes.waiting(conn, rules.programme, all_hands + door) - door
    waiting += sum(box.standing and box.box not in coming for box in these)
    climbed = [climb(box, copies[box.box], ready, now, rules.steps, waiting >= ours) for box in these]
    if any(ring and not copies[higher.box] for higher, ring in climbed):
        log.error("an ask has lost its sealed copies: everybody on duty and the duty phone are rung, and nobody can open it")
    climbed = [(_counted(conn, was, to, rules, now), ring) for was, (to, ring) in zip(these, climbed, strict=True)]
    boxes.climbed(conn, rules.programme, [(was, to) for was, (to, _) in zip(these, climbed, strict=True) if was != to])
    boxes.rung(conn, rules.programme, climbed)
    ways = _ways(conn, {pid for _, ring in climbed for pid in ring}, rules)
    new = [(box, pid, way) for box, ring in climbed for pid in ring for way in ways[pid]]
    first = [
        (rings.Ring(box.box, pid, way.road, box.wave, 0), _after(box, way.after) + (AT_THE_PAGE if box.box in coming else 0))
        for box, pid, way in new
        if way.after is not None
    ]
    rings.add(conn, rules.programme, first, now)
    if first and waiting >= all_hands:
        call_more(conn, rules, now)
    return [higher for higher, _ in climbed]


def _counted(conn: Connection, was: Box, higher: Box, rules: Rules, now: Moment) -> Box:
    """Once for each box: more than the first wave was needed. Whoever chose to have all rung did not need it."""
    if higher.wave > 1 and not was.wider:
        if not was.all:
            sheets.count(conn, rules.programme, rules.counting, "wider", now)
        higher = replace(higher, wider=True)
    late = higher.due is None or (higher.prompt is not None and now > higher.prompt)
    return replace(higher, prompt=None) if late else higher


def _after(box: Box, after: int) -> int:
    """Whoever has waited until the last wave, or says "everyone", waits for no road."""
    return after if box.wave < LAST else 0


def call_more(conn: Connection, rules: Rules, now: Moment) -> None:
    """More wait than can be answered: the duty phone is told, and who agreed is rung off duty, every five minutes."""
    slot = int(now.timestamp() // CALL_IN.total_seconds())
    if reminders.claim(conn, rules.programme, rings.MORE, str(slot)):
        everyone = (*duty.reserve(conn, rules.programme, now), DUTY)
        call = [(rings.Ring(rings.MORE, one, road, slot, 0), 0) for one in everyone for road in rules.roads_of(conn, one)]
        rings.add(conn, rules.programme, call, now)


def at_once(conn: Connection, box: Box, was: Box, rules: Rules, now: Moment) -> Box:
    """Due now, whatever it was."""
    soon = replace(box, due=now)
    boxes.change(conn, rules.programme, was, soon)
    return soon


def stir(conn: Connection, box: Box, rules: Rules, now: Moment) -> None:
    """Its ladder rested, and the asker's phone has asked again how it stands."""
    boxes.change(conn, rules.programme, box, stirred(box, now))


def let_go_of(conn: Connection, box: Box, rules: Rules, now: Moment, failed: bool) -> Box:
    """The lease is over without a meeting. Who wrote, and was not read, did not sleep: the phone that asked is off."""
    free, wrote = let_go(box, now, failed), letters.waiting(conn, rules.programme, box.box, LANES["c"])
    boxes.change(conn, rules.programme, box, free)
    boxes.forget_letters(conn, rules.programme, box.box)
    if failed and not wrote:
        duty.lapsed(conn, rules.programme, box.holder)
    return free


def no_more(conn: Connection, box: Box, pid: str, rules: Rules, now: Moment) -> None:
    """This peer is not rung for it again; when nobody who was rung remains, the next wave rings now."""
    boxes.pass_on(conn, rules.programme, box.box, pid)
    rings.drop_for(conn, rules.programme, box.box, pid)
    if box.holder == pid and box.leased:
        go_on(conn, let_go_of(conn, box, rules, now, failed=False), rules, now)
    elif _unheard(conn, box, rules, now):
        go_on(conn, at_once(conn, box, box, rules, now), rules, now)


def _unheard(conn: Connection, box: Box, rules: Rules, now: Moment) -> bool:
    copies = boxes.copies(conn, rules.programme, box.box)
    failed, ways = rings.silent(conn, rules.programme, box.box), _ways(conn, rung(copies), rules)
    deaf = {pid for pid in rung(copies) if ways[pid] and all((pid, way.road) in failed for way in ways[pid])}
    return unheard(box, copies, duty.ready(conn, rules.programme, now), frozenset(deaf))


def fails(conn: Connection, ring: rings.Ring, rules: Rules, now: Moment) -> bool:
    """This ring can't go out. When that was the last road to the last of those rung so far, the next wave is due now: True."""
    if not rings.fell_silent(conn, rules.programme, ring, now):
        return False  # somebody has answered meanwhile
    box = boxes.find(conn, rules.programme, ring.box)
    if box is None or not _unheard(conn, box, rules, now):
        return False
    at_once(conn, box, box, rules, now)
    return True


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
    rings.forget_roads(conn, rules.programme, rules.roads)
    for box in boxes.bare(conn, rules.programme):
        go_on(conn, at_once(conn, box, box, rules, now), rules, now)


def next_roads(conn: Connection, these: Iterable[rings.Ring], rules: Rules, now: Moment) -> None:
    for ring in these:
        _next_road(conn, ring, rules, now)


def _next_road(conn: Connection, ring: rings.Ring, rules: Rules, now: Moment) -> None:
    """This ring does not go out: by the peer's next road they are rung now, unless that was done before."""
    way = next_way(_ways(conn, (ring.pid,), rules)[ring.pid], ring.road)
    if way is None or not rings.stands(conn, rules.programme, ring):
        return
    following = replace(ring, road=way.road, tries=0)
    if not rings.sooner(conn, rules.programme, following, now) and way.after is None:
        rings.add(conn, rules.programme, [(following, 0)], now)


def test_by(conn: Connection, pid: str, road: str, rules: Rules, now: Moment) -> bool:
    """A test ring by this road alone. False when it is no road of theirs."""
    if road not in rules.roads_of(conn, pid):
        return False
    rings.add(conn, rules.programme, [(rings.Ring(rings.TEST, pid, road, int(now.timestamp()) // 60, 0), 0)], now)
    return True


def _ways(conn: Connection, pids: Collection[str], rules: Rules) -> dict[str, tuple[Way, ...]]:
    return _ways_to(conn, pids, peers.entries_of(conn, rules.programme, pids), rules)


def _ways_to(conn: Connection, pids: Collection[str], entries: Mapping[str, Entry], rules: Rules) -> dict[str, tuple[Way, ...]]:
    own = reach.of(conn, rules.programme, pids)
    tels = {pid: entry.tel for pid, entry in entries.items()}
    ways = {pid: plan(own.get(pid, ()), tels.get(pid, ""), rules.roads, rules.call) for pid in pids}
    return {**ways, DUTY: duty_plan(rules.duty_tel, rules.roads)}


@dataclass(frozen=True)
class Leaving:
    """A ring that is claimed and goes now: where to, and in which language ("": the duty phone's)."""

    ring: rings.Ring
    way: Way
    language: str


def leave(conn: Connection, room: Mapping[str, int], rules: Rules, now: Moment, low: Low) -> list[Leaving]:
    """Claim what is due and can go at once by each road. A ring to who is off duty or gone is done with here; one that somebody
    has answered is there no more."""
    claimed = [r for road in sorted(room) if room[road] for r in rings.claim(conn, rules.programme, road, now, low, room[road])]
    if not claimed:
        return []
    pids, may = {ring.pid for ring in claimed}, _may(conn, claimed, rules, now)
    entries = peers.entries_of(conn, rules.programme, pids)
    ways = _ways_to(conn, pids, entries, rules)
    going = []
    for ring in claimed:
        way = next((way for way in ways[ring.pid] if way.road == ring.road), None)
        spare = ring.box == rings.TEST and way and way.after is None  # is no road of theirs to be tested
        if way and not spare and may(ring):
            going.append(Leaving(ring, way, "" if ring.pid == DUTY else _language(entries.get(ring.pid))))
    go = {one.ring for one in going}
    rings.sent(conn, rules.programme, [ring for ring in claimed if ring not in go])
    return going


def _may(conn: Connection, these: Collection[rings.Ring], rules: Rules, now: Moment) -> Callable[[rings.Ring], bool]:
    """Is this one of them to go, to the duty phone, for a test, or to who may be rung now?"""
    ready = duty.ready(conn, rules.programme, now)
    reserve = duty.reserve(conn, rules.programme, now) if any(ring.box == rings.MORE for ring in these) else ()

    def may(ring: rings.Ring) -> bool:
        if ring.pid == DUTY or ring.box == rings.TEST:
            return True
        if ring.box == rings.MORE:
            return ring.pid in reserve
        if ring.wave >= LAST:
            return ring.pid in ready.allied | ready.all | ready.last
        allied = ready.allied - ready.spared if ready.all else ready.allied  # beside ours their caps hold as well
        return ring.pid in allied | ready.gentle | ready.gathering  # hands may be full by the second road

    return may


def may_still(conn: Connection, ring: rings.Ring, rules: Rules, now: Moment) -> bool:
    """Is one that was claimed a while ago still to go?"""
    return rings.stands(conn, rules.programme, ring) and _may(conn, (ring,), rules, now)(ring)


def _language(entry: Entry | None) -> str:
    return str((entry.known().get("languages") or ["en"])[0]) if entry else "en"
