"""What named people did, as a chain: each row is sealed over the one before, so one that is changed, removed or moved is seen.

The seal is keyed (HMAC-SHA-256), and the key lies outside the database: who can write rows can't seal them.
"""

import hmac
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from aftercall.signin.seat import Person
from aftercall.words import Moment, moment, spoken

HOUR, WEEK = 3600, 7 * 24
PRUNED = "pruned"


@dataclass(frozen=True)
class Act:
    """One act, to the hour. `about`: another person with a named role; never a patient, never who was at a loss."""

    n: int
    hour: int
    who: str
    name: str
    role: str
    act: str
    about: str
    seal: str = ""

    @property
    def week(self) -> int:
        return self.hour // WEEK

    @property
    def at(self) -> Moment:
        return moment(self.hour * HOUR)

    @property
    def words(self) -> str:
        """The seal as six words, for paper."""
        return spoken(bytes.fromhex(self.seal)[:12])


@dataclass(frozen=True)
class Head:
    """How far the chain goes, as it is known outside the database."""

    n: int
    seal: str


NOTHING = Head(0, "")


def act(key: bytes, before: Head, person: Person, what: str, about: str, now: Moment) -> Act:
    """The next in the chain."""
    new = Act(before.n + 1, int(now.timestamp()) // HOUR, person.who, person.name, person.role, what, about)
    return replace(new, seal=_seal(key, before.seal, new))


def pruned(key: bytes, last: Act) -> Act:
    """Row 0: it stands for all up to `last`, which had had their time, and carries its seal on."""
    new = Act(0, last.hour, str(last.n), last.seal, "", PRUNED, "")
    return replace(new, seal=_seal(key, PRUNED, new))


def head_of(last: Act | None) -> Head:
    """What the next act follows."""
    if last is None:
        return NOTHING
    return Head(int(last.who), last.name) if last.n == 0 else Head(last.n, last.seal)


def wrong(key: bytes, acts: Sequence[Act], outside: Head = NOTHING) -> str:
    """What is wrong with these, in their order; "" when nothing is. `outside`: the head that is kept elsewhere."""
    before, rest = NOTHING, list(acts)
    if rest and rest[0].n == 0:
        root = rest.pop(0)
        if root.seal != _seal(key, PRUNED, root):
            return "row 0, which stands for those that have had their time, was changed"
        before = head_of(root)
    for one in rest:
        if one.n != before.n + 1:
            return f"row {before.n + 1} is missing"
        if not hmac.compare_digest(one.seal, _seal(key, before.seal, one)):
            return f"row {one.n} was changed, or stands where another stood"
        before = Head(one.n, one.seal)
    if before.n < outside.n:
        return f"rows {before.n + 1} to {outside.n} are missing at the end"
    known = {one.n: one.seal for one in rest} | {before.n: before.seal}
    if known.get(outside.n, outside.seal) != outside.seal:
        return f"row {outside.n} is another than it was"
    return ""


def weekly(acts: Iterable[Act]) -> Iterator[Act]:
    """The last act of each week, the newest first: its six words belong on paper."""
    last = {one.week: one for one in acts if one.n}
    return (last[week] for week in sorted(last, reverse=True))


def _seal(key: bytes, before: str, one: Act) -> str:
    said = json.dumps([before, one.n, one.hour, one.who, one.name, one.role, one.act, one.about], ensure_ascii=True)
    return hmac.digest(key, said.encode(), "sha256").hex()
