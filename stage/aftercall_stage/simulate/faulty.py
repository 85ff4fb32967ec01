"""What goes wrong in the telling of one visit: contradictions, late words, cancels, merges, and deaths of people who live."""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from aftercall.words import Moment
from aftercall_stage.simulate.adt import HOUSE, Draft, numbers, segment, when
from aftercall_stage.simulate.honest import DIED, HOME, dead, message
from aftercall_stage.simulate.truth import Encounter

Drafts = list[Draft]
SETTLE = 300  # seconds: the default of the product's `settle`


def spoil(rng: random.Random, name: str, visit: Encounter, drafts: Drafts) -> Drafts:
    """The same visit with this fault in its telling; every draft of it carries the fault's name."""
    if not name:
        return drafts
    spoiled = sorted(_FAULTS[name](rng, visit, drafts), key=lambda d: d.said)
    return [replace(d, faults=(*d.faults, name)) for d in spoiled]


def _each(drafts: Drafts, change: Callable[[Draft], Draft]) -> Drafts:
    return [change(d) if d.tells == "dead" else d for d in drafts]


def only_disposition(_: random.Random, visit: Encounter, drafts: Drafts) -> Drafts:
    """One A03 (and perhaps the billing desk's A08) with PV1-36 and nothing in PID."""
    kept = [d for d in drafts if d.tells != "dead" or (d.pv1 or {}).get(36)]
    return _each(kept, lambda d: replace(d.with_pid({29: "", 30: ""}), happened=None))


def only_flag(_: random.Random, visit: Encounter, drafts: Drafts) -> Drafts:
    return _each(drafts, lambda d: replace(d.with_pid({29: ""}).with_pv1({36: ""}), happened=None))


def only_time(_: random.Random, visit: Encounter, drafts: Drafts) -> Drafts:
    return _each(drafts, lambda d: d.with_pid({30: ""}).with_pv1({36: ""}))


def midnight(rng: random.Random, visit: Encounter, drafts: Drafts) -> Drafts:
    tail = rng.choice(("", "0000", "000000"))
    return _each(drafts, lambda d: replace(d.with_pid({29: d.pid[29][:8] + tail}), happened=None))


def late_death(rng: random.Random, visit: Encounter, drafts: Drafts) -> Drafts:
    return _later(visit, drafts, timedelta(minutes=rng.randint(30, 1200)))


def very_late(rng: random.Random, visit: Encounter, drafts: Drafts) -> Drafts:
    return _later(visit, drafts, timedelta(hours=rng.randint(74, 140)))


def _later(visit: Encounter, drafts: Drafts, wait: timedelta) -> Drafts:
    """The discharge says nothing of it; an A08 does, when somebody has the time."""
    end = max((d.said for d in drafts if d.tells == "dead" and d.said < visit.ends + timedelta(days=1)), default=visit.ends)
    kept = [d for d in drafts if d.tells != "dead"]
    silent = message(visit, end, "A03", visit.stays[-1]).with_pv1({45: when(visit.ends)})
    return [*kept, silent, dead(visit, end + wait, "A08")]


def home_yet_dead(_: random.Random, visit: Encounter, drafts: Drafts) -> Drafts:
    return _each(drafts, lambda d: d.with_pv1({36: HOME}) if (d.pv1 or {}).get(36) else d)


def time_but_no(_: random.Random, visit: Encounter, drafts: Drafts) -> Drafts:
    return _each(drafts, lambda d: d.with_pid({30: "N"}).with_pv1({36: ""}))


def disposition_but_no(_: random.Random, visit: Encounter, drafts: Drafts) -> Drafts:
    return [d.with_pid({29: "", 30: "N"}) if d.tells else d for d in only_disposition(_, visit, drafts)]


def discharge_cancelled(rng: random.Random, visit: Encounter, drafts: Drafts) -> Drafts:
    """The paper was wrong, not the death: A13, and the A03 once more."""
    first = next(d for d in drafts if d.tells == "dead" and d.kind[4:7] == "A03")
    back = first.said + timedelta(minutes=rng.choice((2, 3, 40, 90)))
    undone = message(visit, back, "A13", visit.stays[-1]).with_pid({29: first.pid[29], 30: "Y"})
    return [*drafts, undone, replace(first, said=back + timedelta(minutes=rng.randint(5, 60)))]


def merged_before(rng: random.Random, visit: Encounter, drafts: Drafts) -> Drafts:
    """They came without papers: a number of the day first, theirs before they died."""
    at = visit.arrives + (visit.ends - visit.arrives) * rng.uniform(0.2, 0.8)
    temporary = _temporary(visit)
    return [*(_under(d, temporary) if d.said < at else d for d in drafts), _merge(visit, at, temporary)]


def merged_after(rng: random.Random, visit: Encounter, drafts: Drafts) -> Drafts:
    """They died under the number of the day; the merge comes later, and their own record is marked dead as well."""
    at = max(d.said for d in drafts if d.said < visit.ends + timedelta(days=1)) + timedelta(minutes=rng.randint(2, 300))
    temporary = _temporary(visit)
    told = [_under(d, temporary) if d.said < at else d for d in drafts]
    return [*told, _merge(visit, at, temporary), *([dead(visit, at + timedelta(minutes=4), "A08")] if visit.died else [])]


def _temporary(visit: Encounter) -> str:
    return f"9{visit.key[1:]}"


def _under(draft: Draft, number: str) -> Draft:
    return draft.with_pid({3: f"{number}^^^{HOUSE}^MR"})


def _merge(visit: Encounter, at: Moment, temporary: str) -> Draft:
    draft = message(visit, at.replace(microsecond=0), "A40", visit.at(at))
    return replace(draft, kind="ADT^A40^ADT_A39", merged=f"{temporary}^^^{HOUSE}^MR", pv1=None, more=())


def no_visit(rng: random.Random, visit: Encounter, drafts: Drafts) -> Drafts:
    """The first telling has no PV1. Seven of ten are told again with one."""
    told = [d for d in drafts if d.tells == "dead"]
    first = replace(told[0], kind="ADT^A08^ADT_A01", pv1=None, more=(), happened=None)
    again = [replace(told[-1], said=told[0].said + timedelta(minutes=rng.randint(20, 400)))] if rng.random() < 0.7 else []
    return [*(d for d in drafts if d.tells != "dead"), first, *again]


def retracted_soon(rng: random.Random, visit: Encounter, drafts: Drafts) -> Drafts:
    return _retracted(rng, visit, drafts, timedelta(seconds=rng.randint(20, SETTLE - 40)))


def retracted_late(rng: random.Random, visit: Encounter, drafts: Drafts) -> Drafts:
    return _retracted(rng, visit, drafts, timedelta(seconds=rng.randint(SETTLE + 60, 6 * 3600)))


def _retracted(rng: random.Random, visit: Encounter, drafts: Drafts, wait: timedelta) -> Drafts:
    """A slip of the finger on the wrong line, by flag or by discharge; and how it is taken back."""
    last = visit.stays[-1]
    at = (last.begins + (last.ends - last.begins) * rng.uniform(0.3, 0.9)).replace(microsecond=0)
    by_discharge = rng.random() < 0.4
    wrong = message(visit, at, "A03" if by_discharge else "A08", last)
    if by_discharge:
        wrong = wrong.with_pv1({36: DIED, 45: when(at)})
        back = message(visit, at + wait, "A13", last)
    else:
        wrong = wrong.with_pid({29: when(at - timedelta(minutes=3)), 30: "Y"})
        back = message(visit, at + wait, "A08", last).with_pid({29: '""', 30: rng.choice(("N", '""'))})
    return [*drafts, replace(wrong, tells="dead"), replace(back, tells="alive")]


def living_conflict(_: random.Random, visit: Encounter, drafts: Drafts) -> Drafts:
    """Somebody typed a date into the wrong field; the flag beside it says no."""
    number = max(n for n, d in enumerate(drafts) if d.kind.startswith("ADT") and d.kind[4:7] in ("A01", "A02", "A03", "A04", "A08"))
    typed = drafts[number].with_pid({29: when(drafts[number].said - timedelta(minutes=1)), 30: "N"})
    return [*drafts[:number], replace(typed, tells="dead"), *drafts[number + 1 :]]


def weak_sign(rng: random.Random, visit: Encounter, drafts: Drafts) -> Drafts:
    """Their heart stopped and began again: a diagnosis, and nobody is dead."""
    at = visit.arrives + (visit.ends - visit.arrives) * rng.uniform(0.1, 0.9)
    draft = message(visit, at.replace(microsecond=0), "A08", visit.at(at))
    code = segment("DG1", {1: "1", 3: rng.choice(("I46.0", "I46.9", "R99")) + "^^I10", 5: when(at), 6: "W"})
    return [*drafts, replace(draft, more=(*draft.more, code))]


def cancelled(rng: random.Random, visit: Encounter, drafts: Drafts) -> Drafts:
    """A discharge taken back and made again, or an admission opened twice and cancelled once."""
    if rng.random() < 0.5:
        undone = message(visit, visit.ends + timedelta(minutes=3), "A13", visit.stays[-1])
        home = next(d for d in drafts if d.kind[4:7] == "A03")
        return [*drafts, undone, replace(home, said=visit.ends + timedelta(minutes=9))]
    twice = message(visit, visit.arrives + timedelta(minutes=1), "A01", visit.stays[0]).with_pv1(
        {19: f"{visit.visit}X^^^{HOUSE}^VN"}
    )
    undone = replace(twice, said=twice.said + timedelta(minutes=2), kind=rng.choice(("ADT^A11^ADT_A09", "ADT^A23^ADT_A21")))
    return [*drafts, twice, undone]


def swapped(rng: random.Random, visit: Encounter, drafts: Drafts) -> Drafts:
    """Two beds change: two patients in one message."""
    at = visit.arrives + (visit.ends - visit.arrives) * rng.uniform(0.2, 0.8)
    mine = message(visit, at.replace(microsecond=0), "A17", visit.at(at))
    other = mine.with_pid({3: numbers([(HOUSE, f"8{visit.key[1:]}")]), 5: "NEXT^BED"}).with_pv1(
        {19: f"{visit.visit}N^^^{HOUSE}^VN"}
    )
    return [*drafts, replace(mine, beside=(replace(other, more=()),), more=())]


_FAULTS: Mapping[str, Callable[[random.Random, Encounter, Drafts], Drafts]] = {
    one.__name__: one
    for one in (
        only_disposition, only_flag, only_time, midnight, late_death, very_late, home_yet_dead, time_but_no, disposition_but_no,
        discharge_cancelled, merged_before, merged_after, no_visit, retracted_soon, retracted_late, living_conflict, weak_sign,
        cancelled, swapped,
    )
} | {"merged_alive": merged_after}  # fmt: skip
