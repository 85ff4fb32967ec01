"""The signed list of peers, the same bytes for everyone. A name stands in it because the offline root says so."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from aftercall.outside.road.seal import Forged, check, lv, pid_of, point, sign
from aftercall.words import Moment, b64, unb64, utc

CERT_DAYS, KEM_DAYS, STEWARD_DAYS = 365, 35, 365


@dataclass(frozen=True)
class Entry:
    """One peer as everybody may see them. Texts are base64 where docs/care-api.md says so."""

    pid: str
    card: str  # a JSON text, signed byte for byte
    idkey: str
    cert_after: str  # good until this day ends, UTC
    cert: str
    kem: str
    kem_after: str
    kem_sig: str

    def certified(self, programme: str, root: bytes, at: Moment) -> None:
        """Is this the peer whom the root certified? Raises Forged, saying what does not hold on that day."""
        idkey = unb64(self.idkey)
        if self.pid != pid_of(idkey):
            raise Forged(f"{self.pid} is not the number of its identity key")
        check(root, self.cert, cert_bytes(programme, self.pid, idkey, self.cert_after, self.card), f"{self.pid}'s certificate")
        self.key_holds(programme)
        if expired(self.cert_after, at):
            raise Forged(f"{self.pid}'s certificate ended on {self.cert_after}; certify the peer again")

    def holds(self, programme: str, root: bytes, at: Moment) -> None:
        """Certified, and with a sealing key that is good that day: only then does anybody seal to it. Raises Forged."""
        self.certified(programme, root, at)
        if expired(self.kem_after, at):
            raise Forged(f"{self.pid}'s sealing key ended on {self.kem_after}; the peer's phone makes a new one when it is opened")

    def key_holds(self, programme: str) -> None:
        check(unb64(self.idkey), self.kem_sig, kem_bytes(programme, self.pid, unb64(self.kem), self.kem_after), f"{self.pid}'s key")

    def known(self) -> dict[str, Any]:
        return dict(_known(self.card))

    @property
    def tel(self) -> str:
        """The number on their card; "" where there is none."""
        return str(self.known().get("tel") or "")

    @property
    def allied(self) -> bool:
        """Of an allied programme, as the root has certified: rung when nobody of ours is on duty."""
        return bool(self.known().get("allied"))

    @property
    def professional(self) -> bool:
        """The named professional, as the root has certified: rung with everyone and in the last wave, and no cover for a duty."""
        return bool(self.known().get("professional"))


@lru_cache(256)
def _known(card: str) -> dict[str, Any]:
    told = json.loads(card)
    return told if isinstance(told, dict) else {}


@dataclass(frozen=True)
class Steward:
    """The key that signs the list and its date; certified by the root, so that it can leave a peer out but never put one in."""

    key: ec.EllipticCurvePrivateKey
    root: bytes
    not_after: str
    cert: str


def cert_bytes(programme: str, pid: str, idkey: bytes, cert_after: str, card: str) -> bytes:
    return lv("ac1/cert", programme, pid, idkey, cert_after, card)


def kem_bytes(programme: str, pid: str, kem: bytes, kem_after: str) -> bytes:
    return lv("ac1/kem", programme, pid, kem, kem_after)


def steward_bytes(programme: str, key: bytes, not_after: str) -> bytes:
    return lv("ac1/steward", programme, key, not_after)


def login_bytes(programme: str, pid: str, challenge: str) -> bytes:
    return lv("ac1/login", programme, pid, challenge)


def expired(last: str, at: Moment) -> bool:
    """Is that day over, in UTC? A day that can't be read is over."""
    try:
        return at >= datetime.combine(date.fromisoformat(last) + timedelta(days=1), datetime.min.time(), UTC)
    except ValueError:
        return True


@dataclass(frozen=True, order=True)
class Ending:
    """A key or certificate that ends soon: its last day, what it is, and whose ("" is the server's own)."""

    last: str
    what: str  # "steward" | "certificate" | "sealing key"
    who: str = ""
    name: str = ""


AHEAD = {"steward": 30, "certificate": 30, "sealing key": 7}
"""Days before its end at which each is said. A phone makes its next sealing key ten days before, when its page is opened."""


def endings(entries: Iterable[Entry], steward_after: str, now: Moment) -> tuple[Ending, ...]:
    """What ends soon, or has ended, the first to end first."""
    all_of = [Ending(steward_after, "steward")]
    for e in entries:
        name = str(e.known().get("name", ""))
        all_of += [Ending(e.cert_after, "certificate", e.pid, name), Ending(e.kem_after, "sealing key", e.pid, name)]
    return tuple(sorted(one for one in all_of if expired(one.last, now + timedelta(days=AHEAD[one.what]))))


@lru_cache(256)
def entry_from(text: str) -> Entry:
    """A peer's file. Raises Forged when it isn't one."""
    try:
        given = json.loads(text)
        return Entry(**{name: str(given[name]) for name in Entry.__dataclass_fields__})
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Forged("not a peer's file as `aftercall keys certify` writes it") from None


def request_bytes(programme: str, asked: dict[str, str]) -> bytes:
    return lv(
        "ac1/enrol", programme, asked["pid"], unb64(asked["idkey"]), unb64(asked["kem"]), asked["kem_after"],
        unb64(asked["kem_sig"]), asked["card"],
    )  # fmt: skip


def certify(root: ec.EllipticCurvePrivateKey, programme: str, asked: dict[str, str], today: date, **marks: str | bool) -> Entry:
    """A peer's entry from the request that the peer's phone wrote. Raises Forged when the request isn't whole.

    `marks` stand on the card besides: the root says so, as it says the rest of it. `allied`: the name of the programme they belong
    to. `professional`: that they are the named professional.
    """
    try:
        idkey, pid = unb64(asked["idkey"]), asked["pid"]
        check(idkey, asked["sig"], request_bytes(programme, asked), "the request")
    except (KeyError, ValueError, TypeError, AttributeError):
        raise Forged("not an enrolment request for this programme; ask the peer to save it again") from None
    after = (today + timedelta(days=CERT_DAYS)).isoformat()
    told = {name: mark for name, mark in marks.items() if mark}
    card = _marked(asked["card"], told) if told else asked["card"]
    cert = sign(root, cert_bytes(programme, pid, idkey, after, card))
    entry = Entry(pid, card, asked["idkey"], after, cert, asked["kem"], asked["kem_after"], asked["kem_sig"])
    entry.holds(programme, point(root.public_key()), datetime.combine(today, datetime.min.time(), UTC))
    return entry


def _marked(card: str, marks: Mapping[str, str | bool]) -> str:
    try:
        return json.dumps({**json.loads(card), **marks}, ensure_ascii=False)
    except (ValueError, TypeError):
        raise Forged("the card in the request can't be read; ask the peer to save it again") from None


def publish(public: dict[str, Any], entries: tuple[Entry, ...], steward: Steward, programme: str, issued: Moment) -> bytes:
    """The directory as everybody gets it: the text, and the steward's signature over exactly that text."""
    body = json.dumps(
        {
            "v": 1,
            "programme": programme,
            **public,
            "issued": utc(issued),
            "root": b64(steward.root),
            "steward": {"key": b64(point(steward.key.public_key())), "not_after": steward.not_after, "cert": steward.cert},
            "peers": [asdict(entry) for entry in sorted(entries, key=lambda e: e.pid)],
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )
    sig = sign(steward.key, directory_bytes(programme, body))
    return json.dumps({"body": body, "sig": sig}, ensure_ascii=False).encode()


def body_of(signed: bytes) -> str:
    """What a published directory says, without who signed it."""
    return str(json.loads(signed)["body"])


def directory_bytes(programme: str, body: str) -> bytes:
    return lv("ac1/directory", programme, hashlib.sha256(body.encode()).digest())
