"""How bytes are framed, signed and padded, so that nothing can be moved to another place and mean something there."""

import hashlib
import struct

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from aftercall.words import b64, unb64

COPY, CONTACT = 1105, 284
LETTERS = (288, 1056, 4128)
"""Bytes on the wire of a page copy, of a contact block, and of the three sizes of a letter (docs/care-api.md)."""

_SHA = ec.ECDSA(hashes.SHA256())


class Forged(Exception):
    """A signature, certificate or key that does not hold. Says which."""


def lv(*parts: bytes | str) -> bytes:
    """Each part behind its length: two different lists never give the same bytes."""
    raw = [p.encode() if isinstance(p, str) else p for p in parts]
    return b"".join(struct.pack(">H", len(p)) + p for p in raw)


def public(point: bytes) -> ec.EllipticCurvePublicKey:
    """A P-256 key from its 65-byte point. Raises Forged for anything else."""
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        raise Forged("a key is not a point on P-256") from None


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def sign(key: ec.EllipticCurvePrivateKey, what: bytes) -> str:
    """ECDSA with SHA-256 as 64 raw bytes, as browsers give and take it, in base64."""
    r, s = decode_dss_signature(key.sign(what, _SHA))
    return b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


def check(key: bytes, signature: str, what: bytes, name: str) -> None:
    """Raises Forged, naming what did not hold."""
    try:
        raw = unb64(signature)
        if len(raw) != 64:
            raise InvalidSignature
        der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        public(key).verify(der, what, _SHA)
    except (InvalidSignature, ValueError):
        raise Forged(f"the signature of {name} does not hold") from None


def pid_of(idkey: bytes) -> str:
    """A peer's number: the first 8 hex digits of the hash of the identity key, so that no one can give it to another."""
    return hashlib.sha256(idkey).hexdigest()[:8]
