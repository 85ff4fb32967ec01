"""Notices become one loss, whatever their order and however often they came. Absence is never read as alive."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from aftercall.inside.road.notice import ALIVE, DEAD, MAYBE, VOID, Sign
from aftercall.words import Moment

TOO_LATE = timedelta(hours=72)  # older news never causes a first message (DECISIONS 28)

MORNING = timedelta(hours=12)  # a death of the evening or the night is often written down by the next noon

NONE, SUSPECTED, CONFIRMED, HELD, WITHDRAWN = "none", "suspected", "confirmed", "held", "withdrawn"
CALL = "call"  # no loss: an ambulance run that was hard (DECISIONS 22)
HAND = "hand"  # the path of what a human said


@dataclass(frozen=True)
class Heard:
    """What is kept of one notice: its signs, of which record, and when they were said."""

    body: str
    signs: tuple[Sign, ...]
    died: Moment | None
    said_at: Moment  # when it was written down; a later statement takes the place of an earlier one
    unit: str
    record: str = ""  # one record of the patient; a merge joins several
    visit: str = ""
    joined: tuple[str, ...] = ()  # the records that this notice says are the same patient's
    document: str = ""
    version: int = 0
    sent_at: Moment | None = None
    happened: Moment | None = None  # when the sender says that it happened, where no time of death stands
    facts: frozenset[str] = frozenset()
    doubt: str = ""

    @property
    def order(self) -> tuple[Moment, Moment, int]:
        """Of two statements the one with the higher order counts (FEEDS 8a)."""
        return self.said_at, self.sent_at or self.said_at, self.version


@dataclass(frozen=True)
class Loss:
    """What is believed now. `signs` are the paths that speak for it, `against` those that speak against it."""

    state: str
    died: Moment | None = None
    unit: str = ""
    signs: tuple[str, ...] = ()
    against: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Said:
    """The last word at one path of one record."""

    sign: Sign
    by: Heard


def believe(heard: Iterable[Heard]) -> Loss:
    """One loss from all that was said of one patient: for each field of a record the last word counts (FEEDS 8a).

    Depends on the set of notices only, so that every order of arrival, and every replay, gives the same.
    """
    notices = sorted(set(heard), key=lambda h: (h.order, h.body))
    standing = _standing(notices)
    last = _last(standing)
    dead = [said for said in last if said.sign.value in DEAD]
    alive = [said for said in last if said.sign.value in ALIVE]
    stands = [d for d in dead if d.sign.path == HAND or not any(_undoes(a, d, notices) for a in alive)]
    decided = [a for a in alive if a.sign.path == HAND]
    undecided = [d for d in dead if d not in stands and not any(_undoes(a, d, notices) for a in decided)]
    clash = [d for d in undecided if any(a.by.order == d.by.order for a in alive)]
    against = tuple(sorted({a.sign.path for a in alive}))
    if stands:
        return _loss(CONFIRMED, stands, standing)
    if clash:
        return _loss(HELD, clash, standing, against)  # a time of death beside "not dead": a human decides, with both shown
    maybe = [m for m in last if _is_maybe(m, standing) and not any(_undoes(a, m, notices) for a in alive)]
    if maybe:
        return _loss(SUSPECTED, maybe, standing, against)
    once = [_Said(s, h) for h in notices for s in h.signs if s.value in DEAD]
    return _loss(WITHDRAWN, once, standing, against) if once else Loss(NONE, against=against)


def in_scope(heard: Iterable[Heard], seen: Iterable[Moment]) -> tuple[Heard, ...]:
    """Without those that speak of nobody who is here. A death told beside no visit counts where the patient was `seen`."""
    heard, seen = tuple(heard), tuple(seen)
    here = {h.body for h in heard if not h.doubt or any(abs(h.said_at - at) <= TOO_LATE for at in seen)}
    return tuple(h if h.body in here else replace(h, signs=_alive(h)) for h in heard)


def _alive(h: Heard) -> tuple[Sign, ...]:
    """A doubt keeps us from believing a death; it never keeps us from hearing that somebody lives."""
    return tuple(s for s in h.signs if s.value not in DEAD and s.value not in MAYBE)


def too_late(loss: Loss, now: Moment) -> bool:
    return loss.died is not None and now - loss.died > TOO_LATE


def _standing(notices: list[Heard]) -> list[Heard]:
    """Without those that a newer form of the same report replaced, and those of a visit or a record that was taken back."""
    newest = {h.document: h.body for h in notices if h.document}
    kept = [h for h in notices if not h.document or newest[h.document] == h.body]
    voids = [(sign.path, h) for h in kept for sign in h.signs if sign.value in VOID]
    return [h for h in kept if not any(h.order <= v.order and _covers(path, v, h) for path, v in voids)]


def _covers(path: str, void: Heard, other: Heard) -> bool:
    if path == "record":
        return other.record == void.record
    return path == "visit" and other.record == void.record and other.visit == void.visit


def _last(notices: list[Heard]) -> list[_Said]:
    """The last word at each path of each record. Two that were said at the same moment and differ both stand."""
    said: dict[tuple[str, str], dict[str, _Said]] = defaultdict(dict)
    for h in notices:
        for sign in h.signs:
            if sign.value in VOID:
                continue
            words = said[h.record, sign.path]
            if words and next(iter(words.values())).by.order < h.order:
                words.clear()
            words[_kind(sign)] = _Said(sign, h)
    return [word for words in said.values() for word in words.values()]


def _kind(sign: Sign) -> str:
    kinds = (("dead", DEAD), ("alive", ALIVE), ("maybe", MAYBE))
    return next((name for name, values in kinds if sign.value in values), "other")


def _undoes(alive: _Said, dead: _Said, notices: list[Heard]) -> bool:
    """Said later, or at once, of the same record; or of another one after the two were joined."""
    if alive.by.order < dead.by.order:
        return False
    return alive.by.record == dead.by.record or alive.by.record in _same(dead.by.record, alive.by, notices)


def _same(record: str, until: Heard, notices: list[Heard]) -> set[str]:
    """The records that were known to be the same patient's when that was said."""
    joins = [{h.record, *h.joined} for h in notices if h.joined and h.order <= until.order]
    same = {record}
    while more := [join for join in joins if join & same and not join <= same]:
        same.update(*more)
    return same


def _is_maybe(said: _Said, notices: list[Heard]) -> bool:
    """A weak mark; a discharge that was cancelled is one only where the discharge was a death."""
    if said.sign.value != "cancelled":
        return said.sign.value in MAYBE
    return any(h.record == said.by.record and s.path == said.sign.path and s.value in DEAD for h in notices for s in h.signs)


def _loss(state: str, by: list[_Said], notices: list[Heard], against: tuple[str, ...] = ()) -> Loss:
    """When and where, from the latest notice that speaks for it; without a time of death, when it happened or was first said."""
    last = [one.by for one in sorted(by, key=lambda one: (one.by.order, one.by.body))]
    said = _since_alive(last, notices)
    died = next((h for h in reversed(last) if h.died), None)
    at = died.died if died and died.died else said[0].happened or said[0].said_at
    if died and _by_day(died):
        at = _on_that_day(at, said)
    unit = next((h.unit for h in reversed(last) if h.unit), "")
    return Loss(state, at, unit, tuple(sorted({one.sign.path for one in by})), against)


def _since_alive(last: list[Heard], notices: list[Heard]) -> list[Heard]:
    """All that told of this death, from the first on: not the last words alone, and nothing before a word that they lived."""
    lived = max((h.order for h in notices if any(s.value in ALIVE for s in h.signs)), default=None)
    earlier = (h for h in notices if any(s.value in DEAD for s in h.signs) and (lived is None or h.order > lived))
    return sorted({*last, *earlier}, key=lambda h: (h.order, h.body))


def _by_day(h: Heard) -> bool:
    return any(sign.value == "day" for sign in h.signs)


def _on_that_day(day: Moment, said: list[Heard]) -> Moment:
    """Of a death told by its day alone: the time that another notice gives, when it happened, or when it was first written down.

    Written down the morning after it was late in the day; of what was written down later still nothing is known but the day.
    """
    ends = day + timedelta(days=1)
    timed = [h.died for h in reversed(said) if h.died and not _by_day(h)]
    happened, written = [h.happened for h in said if h.happened], sorted(h.said_at for h in said)
    then = next((at for at in (*timed, *happened, *written) if day <= at < ends), None)
    return then or (ends - timedelta(seconds=1) if ends <= written[0] <= ends + MORNING else day)
