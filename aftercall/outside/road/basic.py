"""A number that asked from a basic phone is sealed to the peers as a smartphone would seal it: the same ask, the same bytes."""

import hmac
import json
from hashlib import sha256

from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from aftercall.outside.road.box import MOST_COPIES, Ask
from aftercall.outside.road.directory import Entry
from aftercall.outside.road.seal import CONTACT, COPY, lv, public
from aftercall.words import Randomness, spoken, unb64

_SUITE = hpke.Suite(hpke.KEM.P256, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
_ENC, _TAG, _NONCE = 65, 16, 12
ASKS = 16  # of one number in one day

WORDS = {"talk": "en", "ongea": "sw", "zungumza": "sw", "parler": "fr", "hablar": "es"}
"""The one word that asks, in each language, as send.heard.bare leaves it."""


def asks(words: list[str]) -> str:
    """The language of the word that asks, when the text begins with it or is it in pieces ("T A L K"); else ""."""
    return WORDS.get(words[0] if words else "", WORDS.get("".join(words), ""))


def names(key: bytes, number: str) -> tuple[tuple[str, bytes], ...]:
    """The boxes that this number's asks of a day may have, with the capability of each: found again only by who holds the key."""
    made = (hmac.digest(key, lv(number, bytes([n])), sha256) for n in range(ASKS))
    return tuple((one[:16].hex(), one[16:]) for one in made)


def sealed(programme: str, box: str, cap: bytes, number: str, language: str, peers: tuple[Entry, ...], rand: Randomness) -> Ask:
    """One copy for each peer, each under a key of its own; the number apart, under a key that stands in every copy."""
    drawn = sorted(peers, key=lambda _: rand(16))[:MOST_COPIES]
    kc, handle = rand(32), spoken(rand(4))
    page = {"kc": kc.hex(), "lang": language, "chan": "call", "all": 0, "handle": handle, "basic": 1}
    copies = {}
    for peer in drawn:
        k, own = rand(32), rand(16)
        first = {"first": 1} if peer is drawn[0] else {}
        copies[peer.pid] = (sha256(own).hexdigest(), _copy(programme, box, peer, {"k": k.hex(), "cap": own.hex(), **page, **first}))
    nonce = rand(_NONCE)
    contact = _padded({"name": "", "tel": number, "place": ""}, CONTACT - _NONCE - _TAG)
    block = nonce + AESGCM(kc).encrypt(nonce, contact, lv("ac1/contact", programme, bytes.fromhex(box)))
    return Ask(box, sha256(cap).hexdigest(), tuple(peer.pid for peer in drawn), copies, block, False)


def _copy(programme: str, box: str, peer: Entry, page: dict[str, object]) -> bytes:
    kem = unb64(peer.kem)
    info = lv("ac1/page", programme, bytes.fromhex(box), peer.pid, sha256(kem).digest()[:8])
    return _SUITE.encrypt(_padded(page, COPY - _ENC - _TAG), public(kem), info=info)


def _padded(what: dict[str, object], size: int) -> bytes:
    data = json.dumps(what).encode()
    return len(data).to_bytes(2, "big") + data + bytes(size - 2 - len(data))
