"""A server in the hands of somebody curious: it has the steward's key, for that lies with it, and the rows; never the root."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
from aftercall_stage.phones import Asker, Distrust, Memory, Peer
from cryptography.hazmat.primitives.asymmetric import ec

from aftercall.outside.road.directory import Entry, Steward, certify, kem_bytes, publish, steward_bytes
from aftercall.outside.road.seal import point, sign
from aftercall.words import Moment, b64

NOW = datetime(2026, 11, 22, 20, tzinfo=UTC)
PROGRAMME = "kisumu"
PUBLIC = {"name": "Kisumu peers", "duty": {"tel": "+254700000099"}, "lines": [], "cover": ""}


def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


class Programme:
    """A root with its steward, and peers certified face to face."""

    def __init__(self, *names: str) -> None:
        self.root = key()
        self.steward = self.make_steward(self.root)
        self.wire = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(500)))
        self.peers = {name: Peer(self.wire, _card(name), PROGRAMME, lambda: NOW) for name in names}
        self.entries = {name: certify(self.root, PROGRAMME, peer.request(), NOW.date()) for name, peer in self.peers.items()}

    def make_steward(self, root: ec.EllipticCurvePrivateKey, after: str = "2027-06-01") -> Steward:
        own = key()
        cert = sign(root, steward_bytes(PROGRAMME, point(own.public_key()), after))
        return Steward(own, point(root.public_key()), after, cert)

    def list_of(self, *entries: Entry, issued: Moment = NOW, steward: Steward | None = None) -> bytes:
        """Signed by the steward, whatever stands in it."""
        return publish(PUBLIC, entries, steward or self.steward, PROGRAMME, issued)

    def with_key(self, name: str, after: str) -> Entry:
        """A sealing key signed by the peer's own identity, good to another day."""
        peer, entry = self.peers[name], self.entries[name]
        kem = point(key().public_key())
        return replace(
            entry, kem=b64(kem), kem_after=after, kem_sig=sign(peer.identity, kem_bytes(PROGRAMME, peer.pid, kem, after))
        )


def _card(name: str) -> dict[str, object]:
    return {"name": name, "profession": "nurse", "unit": "ICU", "languages": ["en"], "tel": "", "signal": "", "whatsapp": ""}


async def believed(answer: bytes, memory: Memory | None = None, now: Moment = NOW) -> list[str]:
    """The names that a phone shows after this answer; ["nobody: why"] when it trusts nothing of it."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=answer))
    async with httpx.AsyncClient(transport=transport, base_url="http://liar.example") as wire:
        phone = Asker(wire, "four-words-of-code", lambda: now, memory=memory)
        try:
            return sorted(person.card["name"] for person in (await phone.read_directory()).values())
        except Distrust as problem:
            return [f"nobody: {problem}"]


def attacks(true: Programme, evil: Programme) -> dict[str, tuple[bytes, list[str]]]:
    """What a liar may answer, and whom a phone may still believe. Grace is attacked, Peter is left alone."""
    grace, peter = true.entries["Grace"], true.entries["Peter"]
    theirs = evil.entries["Grace"]
    expired = certify(true.root, PROGRAMME, true.peers["Grace"].request(), NOW.date() - timedelta(days=366 - 1))
    swapped = {
        "a sealing key of the liar": replace(grace, kem=theirs.kem),
        "a sealing key that the liar signed": replace(grace, kem=theirs.kem, kem_sig=theirs.kem_sig),
        "a whole peer of another root": theirs,
        "another's identity under her number": replace(theirs, pid=grace.pid),
        "another name on her card": replace(grace, card=grace.card.replace("Grace", "Grave")),
        "another number on her card": replace(grace, card=grace.card.replace('"tel": ""', '"tel": "+254666"')),
        "another number for her": replace(grace, pid="00000000"),
        "a longer certificate": replace(grace, cert_after="2036-01-01"),
        "a longer life for her key": replace(grace, kem_after="2036-01-01"),
        "a certificate that has ended": replace(expired, cert_after="2026-11-21"),
        "a key that has ended": true.with_key("Grace", "2026-11-21"),
        "Peter's key and its signature": replace(grace, kem=peter.kem, kem_sig=peter.kem_sig),
        "no signature": replace(grace, cert="", kem_sig=""),
        "a key that is no key": replace(grace, kem=b64(bytes(65))),
    }
    told = {what: (true.list_of(entry, peter), ["Peter"]) for what, entry in swapped.items()}
    whole = json.loads(true.list_of(grace, peter))
    ended = true.make_steward(true.root, "2026-11-21")
    return told | {
        "a list of another root": (evil.list_of(theirs), ["nobody: another root than before"]),
        "a steward of another root": (true.list_of(grace, steward=_posing(true, evil)), ["nobody: the steward's certificate"]),
        "a steward whose year is over": (true.list_of(grace, steward=ended), ["nobody: the steward's certificate"]),
        "a list that was changed after it was signed": (
            json.dumps({**whole, "body": whole["body"].replace("099", "666")}).encode(),
            ["nobody: the list's signature"],
        ),
        "an older list": (true.list_of(grace, peter, issued=NOW - timedelta(days=1)), ["nobody: an older list than before"]),
    }


def _posing(true: Programme, evil: Programme) -> Steward:
    """The true root's name over the liar's steward."""
    return replace(evil.steward, root=true.steward.root)
