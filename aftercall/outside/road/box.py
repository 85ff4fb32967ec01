"""One request, held by nobody's name: a box that opens to whoever carries its capability."""

import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import timedelta

from aftercall import retention
from aftercall.words import Moment, day

IDLE_DAYS = retention.BOX
MOST_COPIES = 40
LATEST = timedelta(hours=48)  # a later ask is for tonight or for tomorrow
PROMPT = timedelta(minutes=15)  # from the ask, or from its hour, to the meeting: "within 15 minutes" on the sheet
PASSED = -1  # in the place of a copy's wave: this peer has said "not me", or is a peer no more


@dataclass(frozen=True)
class Ask:
    """What the phone sends. `order` is every peer of the directory as the phone shuffled them."""

    box: str
    hc: str
    order: tuple[str, ...]
    copies: dict[str, tuple[str, bytes]]  # pid -> (hash of that copy's capability, sealed copy)
    contact: bytes
    all: bool
    later: Moment | None = None  # a whole hour; None, or an hour that has begun, is now


@dataclass(frozen=True)
class Copy:
    """One peer's sealed copy: its place in the phone's order, and the wave that rang it (0: not yet; PASSED: it is empty)."""

    pid: str
    place: int
    wave: int
    cap: str


@dataclass(frozen=True)
class Box:
    """`due` is when the ladder moves next and is None once there was contact: a talk has no time at all."""

    box: str
    hc: str
    state: str  # "open" | "talk" | "ended" | "off": ended, for the colleague is a peer no more
    all: bool
    wave: int
    due: Moment | None
    holder: str  # the peer whose lease runs, or who talks; "" is nobody
    cap: str  # hash of the holder's capability
    lapsed: int
    day: int  # the last day this row may live
    heard_c: int = 0  # letters of the asker that the peer has, and the other way round
    heard_p: int = 0
    prompt: Moment | None = None  # a meeting until then counts as prompt; never kept longer than `due`
    wider: bool = False  # wave 2 or 3 has rung for it, and the sheet has counted that

    @property
    def leased(self) -> bool:
        return self.state == "open" and self.holder != ""

    @property
    def standing(self) -> bool:
        """A later ask whose hour has not come: nobody has been rung."""
        return self.state == "open" and self.wave == 0

    @property
    def over(self) -> bool:
        return self.state in ("ended", "off")


def opened(ask: Ask, now: Moment) -> Box:
    """A new box, due at once or at its hour."""
    due = max(now, ask.later or now)
    return Box(ask.box, ask.hc, "open", ask.all, 0, due, "", "", 0, day(due) + IDLE_DAYS, prompt=due + PROMPT)


def fits(held: str, cap: bytes) -> bool:
    """Does this capability open it? In the same time whether or not."""
    return hmac.compare_digest(held or "-" * 64, hashlib.sha256(cap).hexdigest())


def side(box: Box, cap: bytes) -> str:
    """ "c" for who asked, "p" for who answered, "" for anybody else."""
    asker, peer = fits(box.hc, cap), fits(box.cap, cap)
    return "c" if asker else "p" if peer else ""


def contact(box: Box) -> Box:
    """The two have met: the ladder stands still for good. The other copies and the contact block go with this."""
    return replace(box, state="talk", due=None, prompt=None)


def emptied(box: Box, today: int, state: str = "ended") -> Box:
    """The peer has closed: only that it ended is kept, until the asker's phone has it, at most to the day's end (DECISIONS A6)."""
    return Box(box.box, box.hc, state, False, 0, None, "", "", 0, today)
