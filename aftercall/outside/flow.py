"""Three verbs move this half: somebody asks, somebody answers, time passes. Each is one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC

from sqlalchemy.engine import Connection

from aftercall.outside.ladder import Leaving, Rules, all_go_on, at_once, bare, go_on, leave, let_go_of, no_more, stir
from aftercall.outside.road.box import Ask, Box, contact, emptied, fits, opened, side
from aftercall.outside.road.letter import LANES, number
from aftercall.outside.road.take import lapsed, take
from aftercall.outside.road.wave import LAST, rests, rung
from aftercall.outside.store import boxes, days, duty, letters, peers, reminders, rings, sheets
from aftercall.outside.store.seats import SEATS
from aftercall.words import Moment, day
from aftercall.workers import Low, alone

MOST_LETTERS = 64  # of one side that wait unread; a phone that is gone for good shall not fill the disk


@dataclass(frozen=True)
class Held:
    """Who knocks at a box: its number and a capability."""

    box: str
    cap: bytes


class Look(Held):
    """How does it stand?"""


class Take(Held):
    """I'll talk to them."""


class Pass(Held):
    """Not me."""


class Spoken(Held):
    """We have spoken."""


class Close(Held):
    """It is over."""


@dataclass(frozen=True)
class Letter(Held):
    sealed: bytes


@dataclass(frozen=True)
class Fetch(Held):
    after: int  # I have all the other's letters up to this


Press = Look | Take | Pass | Spoken | Close | Letter | Fetch


@dataclass(frozen=True)
class Answer:
    """What became of a press. `word` is "gone" for unknown, forbidden and ended alike."""

    word: str  # "ok" | "gone" | "taken" | "seq" | "full"
    box: Box | None = None
    rung: tuple[str, ...] = ()
    block: bytes | None = None  # the contact block, to the holder alone
    letters: tuple[bytes, ...] = ()
    moved: bool = True  # is there anything that others should look at?


GONE = Answer("gone", moved=False)


@dataclass(frozen=True)
class Asked:
    """What is said at once to who asks."""

    rung: int = 0
    duty: bool = False  # the duty phone is rung as well
    allied: bool = False  # nobody of ours can be rung: these are of an allied programme


def ask(conn: Connection, this: Ask, rules: Rules, now: Moment) -> Asked | None:
    """Somebody asks. None when that box is another's already, or has ended. One that has lost its copies gets them again."""
    alone(conn, "ask", rules.programme, this.box)
    there = boxes.find(conn, rules.programme, this.box)
    if there is None:
        there = opened(this, now)
        boxes.keep(conn, rules.programme, there, this)
        sheets.count(conn, rules.programme, rules.counting, "asked", now)
        there = go_on(conn, there, rules, now)
    elif there.hc != this.hc or there.over:
        return None
    elif bare(there, boxes.copies(conn, rules.programme, this.box)):
        boxes.keep_copies(conn, rules.programme, this, there.day)
        there = go_on(conn, at_once(conn, replace(there, wave=0), there, rules, now), rules, now)
    now_rung = rung(boxes.copies(conn, rules.programme, this.box))
    ours = duty.ready(conn, rules.programme, now).all
    return Asked(len(now_rung), there.wave >= LAST, bool(now_rung) and ours.isdisjoint(now_rung))


def answer(conn: Connection, press: Press, rules: Rules, now: Moment) -> Answer:
    """Somebody pressed. A capability that opens nothing changes nothing and learns nothing."""
    box = boxes.find(conn, rules.programme, press.box, look=isinstance(press, Look))
    if isinstance(press, Take | Pass):
        return _yes_or_no(conn, press, box, rules, now)
    who = side(box, press.cap) if box else ""
    if box is None or not who:
        return GONE
    match press:
        case Letter():
            return _post(conn, press, box, who, rules)
        case Fetch():
            return _fetch(conn, press, box, who, rules, now)
        case Spoken():
            return _meet(conn, box, rules, now) if who == "p" and box.state == "open" else Answer("ok", box)
        case Close():
            return _close(conn, box, who, rules, now)
    copies = boxes.copies(conn, rules.programme, box.box)
    if bare(box, copies):
        return GONE  # as lost: its phone posts it again
    if stirs := who == "c" and rests(box, rules.steps):
        stir(conn, box, rules, now)
    return Answer("ok", box, rung(copies), moved=stirs)


def turn(conn: Connection, now: Moment, rules: Rules, sheet: sheets.Sign) -> None:
    """A day is over: boxes whose last day it was go with all they had, and a sheet whose last day it was is published."""
    today = day(now)
    for past in boxes.past(conn, rules.programme, today):
        boxes.forget(conn, rules.programme, past)
    reminders.forget(conn, rules.programme, rings.MORE)
    days.turn(conn, today)
    sheets.turn(conn, rules.programme, rules.counting, sheet, now.astimezone(UTC).date())


@dataclass(frozen=True)
class Passed:
    """What a round of the clock has brought."""

    going: list[Leaving]
    moved: list[str]  # boxes
    due: Moment | None  # the next round; a road that is full doesn't count


def tick(
    conn: Connection,
    now: Moment,
    rules: Rules,
    room: Mapping[str, int],
    low: Low,
    gone: Sequence[rings.Ring] = (),
    in_haste: bool = False,
) -> Passed:
    """Time passed: what has run out goes, who slept loses the lease, the next waves ring. `room`: for rings, by each road.
    `gone`: rings that have been sent.

    In haste only what rings: it is a moment ago that the rest was looked at.
    """
    rings.sent(conn, rules.programme, gone)
    if not in_haste:
        peers.sign_out(conn, rules.programme, now)
        SEATS.forget(conn, rules.programme, now)
        duty.pass_time(conn, rules.programme, rules.roads_of, now)
    these = boxes.due(conn, rules.programme, now)
    free = [let_go_of(conn, box, rules, now, failed=True) if lapsed(box, now) else box for box in these]
    all_go_on(conn, free, rules, now)  # who slept twice is off duty now
    going, moved = leave(conn, room, rules, now, low), [box.box for box in these]
    if len(moved) == boxes.MOST_DUE:
        return Passed(going, moved, now)  # there may be more of them
    due = (boxes.next_due(conn, rules.programme, now), rings.next_due(conn, rules.programme, room, now))
    return Passed(going, moved, min((at for at in due if at), default=None))


def _yes_or_no(conn: Connection, press: Take | Pass, box: Box | None, rules: Rules, now: Moment) -> Answer:
    """A peer's own capability stands in the copy that only they could open."""
    copies = boxes.copies(conn, rules.programme, press.box)
    mine = next((c for c in copies if fits(c.cap, press.cap)), None)
    holds = box is not None and fits(box.cap, press.cap)
    if box is None or not (mine or holds):
        return GONE
    if isinstance(press, Pass):
        if mine:
            no_more(conn, box, mine.pid, rules, now)
        return Answer("ok", box)
    if mine is None:
        return Answer("ok", box)  # they have met already
    held = take(box, mine, now, rules.steps)
    if held is None:
        return Answer("taken")
    boxes.change(conn, rules.programme, box, held)
    rings.drop(conn, rules.programme, box.box)  # nobody is rung after an answer
    return Answer("ok", held, block=boxes.contact_of(conn, rules.programme, box.box))


def _meet(conn: Connection, box: Box, rules: Rules, now: Moment) -> Answer:
    if box.prompt and now <= box.prompt:
        sheets.count(conn, rules.programme, rules.counting, "met", now)
    met = contact(box)
    boxes.change(conn, rules.programme, box, met)
    boxes.met(conn, rules.programme, box.box)
    return Answer("ok", met)


def _post(conn: Connection, press: Letter, box: Box, who: str, rules: Rules) -> Answer:
    """Keep a letter once. The same bytes again are the same letter; another under its number is refused."""
    n, heard = number(press.sealed), box.heard_c if who == "c" else box.heard_p
    before = letters.same(conn, rules.programme, box.box, who, n)
    if not box.holder:
        return GONE
    if before == press.sealed:
        return Answer("ok", box)
    if before is not None or n <= heard:
        return Answer("seq")
    if letters.waiting(conn, rules.programme, box.box, who) >= MOST_LETTERS:
        return Answer("full")
    letters.put(conn, rules.programme, box.box, who, n, press.sealed, box.day)
    return Answer("ok", box)


def _fetch(conn: Connection, press: Fetch, box: Box, who: str, rules: Rules, now: Moment) -> Answer:
    """Hand out what is new, and delete what this phone says it has. The asker's first such word is the meeting."""
    lane = LANES[who]
    there = letters.after(conn, rules.programme, box.box, lane, 0)
    last = max((number(sealed) for sealed in there), default=0)
    had = min(press.after, last)  # nobody can have what was never sent
    if had:
        letters.had(conn, rules.programme, box.box, lane, had)
        heard = replace(box, heard_c=had) if lane == "c" else replace(box, heard_p=had)
        boxes.change(conn, rules.programme, box, heard)
        box = heard
        if who == "c" and box.state == "open":
            box = _meet(conn, box, rules, now).box or box
    new = tuple(letters.after(conn, rules.programme, box.box, lane, press.after))
    return Answer("ok", box, letters=new, moved=bool(had))


def _close(conn: Connection, box: Box, who: str, rules: Rules, now: Moment) -> Answer:
    if who == "c":
        boxes.forget(conn, rules.programme, box.box)
    elif box.state == "open":  # before they met: not closed, only given back
        no_more(conn, box, box.holder, rules, now)
    else:
        boxes.change(conn, rules.programme, box, emptied(box, day(now)))
        boxes.emptied(conn, rules.programme, box.box)
    return Answer("ok", box)
