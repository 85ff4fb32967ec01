"""A loss told by hand: when it was, who may tell it alone, and when one colleague's word becomes enough (DECISIONS 24)."""

import base64
import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from aftercall.inside.road.loss import HAND, TOO_LATE
from aftercall.inside.road.notice import Marks, Notice, Sign
from aftercall.words import Moment

LINK = timedelta(minutes=30)  # a link to prove who wrote it is good for this long
LINKS = 2  # at a time to one person, so that nobody can have another's phone ring all day
TOGETHER = timedelta(hours=2)  # two words of two people, this near to each other, are of one loss
REPORT_WAITS = timedelta(minutes=30)  # then the coordinator is called
DESK_WAITS = timedelta(minutes=60)  # the same for what a feed told in two ways, and for weight 3
AGAIN = timedelta(minutes=30)  # and again, while it waits
CALLS = 6  # of one thing; who has not come after three hours is not reached in this way
WEEK = timedelta(days=7)
UNCONFIRMED = 2  # a week from one person (FIELD 7: what anyone may press must not become a stick)
NEAR = timedelta(hours=6)  # "I was there too" is of the loss on that unit nearest in time, and of none farther than this
AHEAD = timedelta(minutes=15)  # a phone's clock may run ahead of ours
CODE = 10  # letters of a unit's code, five bits each

_PLAIN, _CROCKFORD = "abcdefghijklmnopqrstuvwxyz234567", "0123456789abcdefghjkmnpqrstvwxyz"
_MISREAD = str.maketrans("oil", "011")


def _(text: str) -> str:
    """Marks a text for the catalogues; it is translated where it is sent."""
    return text


PROVE = _("Press to confirm your note: {link} (STOP: no more of these)")
WAITS = _("Something waits for you: {link}")


@dataclass(frozen=True)
class Report:
    """One colleague's word. `sender` is a keyed hash; `staff` is who else was there, for what = "there" and "me"."""

    name: str
    unit: str
    died: Moment
    sender: str
    what: str  # "loss" | "there" | "me"; "desk" is no word of anybody's: an event that waits for the desk
    state: str  # "sent" (not proven) | "waiting" | "called" | "no"
    at: Moment
    staff: str = ""
    event: str = ""
    due: Moment | None = None


def unit_code(key: bytes, unit: str) -> str:
    """The ten letters that open a unit's screen: on a poster in the staff room, the same for everyone there."""
    digest = base64.b32encode(hmac.digest(key, unit.encode(), "sha256")).decode().lower()
    return digest[:CODE].translate(str.maketrans(_PLAIN, _CROCKFORD))


def is_code(typed: str, right: str) -> bool:
    """However it was typed: capitals, spaces, dashes, an O for a nought."""
    bare = "".join(letter for letter in typed.lower() if letter.isalnum()).translate(_MISREAD)
    return hmac.compare_digest(bare.encode(), right.encode())


def time_told(text: str, now: Moment, zone: ZoneInfo) -> Moment | str:
    """To the minute; nothing is now, a bare hour the last time it was that hour. Else what is wrong: "time", "late", "future"."""
    here = now.astimezone(zone).replace(second=0, microsecond=0)
    text = text.strip().replace("T", " ")
    try:
        if not text:
            return here.astimezone(now.tzinfo)
        if " " in text:
            told = datetime.strptime(text[:16], "%Y-%m-%d %H:%M").replace(tzinfo=zone)
        else:
            told = datetime.combine(here.date(), time.fromisoformat(text.zfill(5)), zone)
            told = told if told <= here + AHEAD else datetime.combine(here.date() - timedelta(days=1), told.time(), zone)
        at = told.astimezone(now.tzinfo)
    except (ValueError, OverflowError):
        return "time"
    if now - at > TOO_LATE:
        return "late"
    return "future" if at - now > AHEAD else at


def body_of(mark: Callable[[str], Marks], name: str) -> Marks:
    return mark(f"body|{HAND}|{name}")


def told(
    mark: Callable[[str], Marks],
    name: str,
    kind: str,
    unit: str,
    died: Moment,
    now: Moment,
    patient: Iterable[str] = (),
    facts: str = "",
) -> Notice:
    """What somebody said, as a notice like a feed's. By the `patient` ("authority|number") a feed's later word is of the same loss.

    The report's own mark stands among the patient's, so that it can be taken back without the number.
    """
    document, people = mark(f"document|{HAND}|{name}"), tuple(mark(f"person|{one}") for one in patient)
    return Notice(
        kind=kind,
        body=body_of(mark, name),
        people=(*people, document) if people else (),
        visit=None,
        signs=(Sign(HAND, "told"),),
        died=died,
        said_at=now,
        unit=unit,
        facts=frozenset(facts.split()),
        source=HAND,
        document=document,
        died_as="time",
    )


def mistaken(mark: Callable[[str], Marks], name: str, kind: str, now: Moment) -> Notice:
    """As if it had never been said. What a feed said of the same patient stands: it may be the number that was the mistake."""
    document = mark(f"document|{HAND}|{name}")
    return Notice(
        kind=kind,
        body=mark(f"body|{HAND}|{name}|mistake"),
        people=(),
        visit=None,
        signs=(Sign(HAND, "void"),),
        died=None,
        said_at=now,
        unit="",
        source=HAND,
        document=document,
        version=1,
        corrects="document",
    )


def waits(what: str) -> timedelta:
    """How long it may wait for the desk before the coordinator is called."""
    return DESK_WAITS if what == "desk" else REPORT_WAITS


def call_of(one: Report, now: Moment) -> tuple[int, Moment | None]:
    """Which call about it this is, from 0, and when the next one is due: None after the last."""
    number = max(0, int((now - one.at - waits(one.what)) / AGAIN))
    return number, one.at + waits(one.what) + AGAIN * (number + 1) if number + 1 < CALLS else None


def may_tell(before: Iterable[Report], now: Moment) -> bool:
    """Two words a week that nobody confirmed; the third isn't kept, and the page says whom to call."""
    return sum(one.state != "sent" and now - one.at < WEEK for one in before) < UNCONFIRMED


def second(new: Report, others: Iterable[Report]) -> Report | None:
    """The earliest word of somebody else that this one confirms."""
    same = (o for o in others if o.what == new.what == "loss" and o.unit == new.unit and o.sender != new.sender)
    near = (o for o in same if abs(o.at - new.at) <= TOGETHER and abs(o.died - new.died) <= TOGETHER)
    return min(near, key=lambda o: (o.at, o.name), default=None)
