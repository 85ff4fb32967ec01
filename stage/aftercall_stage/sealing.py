"""What a phone seals, signs and opens, written from docs/care-api.md alone: a slip in the product's own copy shows here."""

import hashlib
import json
import struct
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, hpke, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from aftercall.words import Randomness, spoken, unb64

SUITE = hpke.Suite(hpke.KEM.P256, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
PAGE, CONTACT, LETTER = 1024, 256, (256, 1024, 4096)
_SHA = ec.ECDSA(hashes.SHA256())


class NotOurs(Exception):
    """Bytes that the other side did not write for this place, or wrote before."""


def lv(*parts: bytes | str) -> bytes:
    raw = [p.encode() if isinstance(p, str) else p for p in parts]
    return b"".join(struct.pack(">H", len(p)) + p for p in raw)


def pad(data: bytes, size: int) -> bytes:
    if len(data) + 2 > size:
        raise ValueError(f"{len(data)} bytes don't fit into {size - 2}")
    return struct.pack(">H", len(data)) + data + bytes(size - 2 - len(data))


def unpad(data: bytes) -> bytes:
    return data[2 : 2 + int(struct.unpack(">H", data[:2])[0])]


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def pid_of(idkey: bytes) -> str:
    return hashlib.sha256(idkey).hexdigest()[:8]


def sign(key: ec.EllipticCurvePrivateKey, what: bytes) -> bytes:
    r, s = decode_dss_signature(key.sign(what, _SHA))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def signed(key: bytes, signature: str, what: bytes) -> bool:
    """Did this key sign that? Never raises: a broken key signs nothing."""
    try:
        raw = unb64(signature)
        der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key).verify(der, what, _SHA)
    except (InvalidSignature, ValueError):
        return False
    return len(raw) == 64


def page_info(programme: str, box: str, pid: str, kem: bytes) -> bytes:
    return lv("ac1/page", programme, bytes.fromhex(box), pid, hashlib.sha256(kem).digest()[:8])


def seal_copy(programme: str, box: str, pid: str, kem: bytes, page: dict[str, Any]) -> bytes:
    """1105 bytes that only this peer's sealing key opens, and only as a copy of this box."""
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), kem)
    return SUITE.encrypt(pad(json.dumps(page).encode(), PAGE), key, info=page_info(programme, box, pid, kem))


def open_copy(programme: str, box: str, pid: str, key: ec.EllipticCurvePrivateKey, ct: bytes) -> dict[str, Any]:
    """Raises cryptography's InvalidTag when it was not sealed to this key, box and peer."""
    info = page_info(programme, box, pid, point(key.public_key()))
    page: dict[str, Any] = json.loads(unpad(SUITE.decrypt(ct, key, info=info)))
    return page


def seal_contact(programme: str, box: str, kc: bytes, contact: dict[str, str], rand: Randomness) -> bytes:
    nonce = rand(12)
    data = pad(json.dumps(contact, ensure_ascii=False).encode(), CONTACT)
    return nonce + AESGCM(kc).encrypt(nonce, data, lv("ac1/contact", programme, bytes.fromhex(box)))


def open_contact(programme: str, box: str, kc: bytes, block: bytes) -> dict[str, str]:
    aad = lv("ac1/contact", programme, bytes.fromhex(box))
    contact: dict[str, str] = json.loads(unpad(AESGCM(kc).decrypt(block[:12], block[12:], aad)))
    return contact


def derive(k: bytes, box: str, info: str, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, bytes.fromhex(box), info.encode()).derive(k)


def six_words(k: bytes, box: str) -> str:
    return spoken(derive(k, box, "ac1/words", 12))


def seal_letter(programme: str, box: str, k: bytes, way: str, n: int, text: str, rand: Randomness) -> bytes:
    """`way` is "c2p" for the asker's letters and "p2c" for the peer's."""
    data = text.encode()
    size = next((s for s in LETTER if len(data) + 2 <= s), LETTER[-1])
    head, nonce = struct.pack(">I", n), rand(12)
    key = derive(k, box, f"ac1/msg/{way}", 32)
    return head + nonce + AESGCM(key).encrypt(nonce, pad(data, size), lv("ac1/msg", programme, bytes.fromhex(box), way, head))


def open_letter(programme: str, box: str, k: bytes, way: str, wire: bytes, had: int) -> tuple[int, str]:
    """Its number and its text. Raises NotOurs for a number had before, or for what was not sealed for this place."""
    head, nonce = wire[:4], wire[4:16]
    n = int(struct.unpack(">I", head)[0])
    if n <= had:
        raise NotOurs(f"letter {n} came before")
    key = derive(k, box, f"ac1/msg/{way}", 32)
    try:
        data = AESGCM(key).decrypt(nonce, wire[16:], lv("ac1/msg", programme, bytes.fromhex(box), way, head))
    except Exception as problem:  # InvalidTag, or a length that can't be one
        raise NotOurs(f"letter {n} does not open") from problem
    return n, unpad(data).decode()


def hashed(cap: bytes) -> str:
    return hashlib.sha256(cap).hexdigest()


def shuffled(pids: list[str], rand: Randomness) -> list[str]:
    """A fair shuffle: each is sorted by its own 16 random bytes."""
    return [pid for _, pid in sorted((rand(16), pid) for pid in pids)]


def worked(programme: str, box: str, bits: int) -> str:
    """What a phone does for each ask: sixteen numbers whose hashes begin with so many zeros."""
    seed, found = hashlib.sha256(lv("ac1/work", programme, bytes.fromhex(box))).digest(), b""
    for piece in range(16):
        numbers, start = (n.to_bytes(4, "big") for n in range(2**32)), seed + piece.to_bytes(4, "big")
        found += next(n for n in numbers if hashlib.sha256(start + n).digest() < (1 << 256 - bits).to_bytes(32, "big"))
    return found.hex()
