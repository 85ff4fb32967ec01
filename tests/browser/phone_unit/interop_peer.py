"""The other end of interop.test.mjs: the formats of docs/care-api.md made by `cryptography`, one JSON object in, one out."""

import base64
import hashlib
import json
import os
import struct
import sys

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SUITE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
CURVE = ec.SECP256R1()


def lv(*parts: bytes) -> bytes:
    return b"".join(struct.pack(">H", len(part)) + part for part in parts)


def pad(data: bytes, size: int) -> bytes:
    return struct.pack(">H", len(data)) + data + bytes(size - 2 - len(data))


def unpad(data: bytes) -> bytes:
    (length,) = struct.unpack(">H", data[:2])
    return data[2 : 2 + length]


def hkdf(key: bytes, salt: bytes, info: bytes, size: int) -> bytes:
    return HKDF(hashes.SHA256(), size, salt=salt, info=info).derive(key)


def main(given: dict[str, str]) -> dict[str, object]:
    programme, pid = given["programme"].encode(), given["pid"].encode()
    box, k, kc = (bytes.fromhex(given[name]) for name in ("box", "k", "kc"))
    ours = ec.generate_private_key(CURVE) if "secret" not in given else ec.derive_private_key(int(given["secret"], 16), CURVE)
    public = ours.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    told: dict[str, object] = {"kem": base64.b64encode(public).decode()}
    if "theirs" in given:  # seal a copy to the phone's key
        theirs = base64.b64decode(given["theirs"])
        info = lv(b"ac1/page", programme, box, pid, hashlib.sha256(theirs).digest()[:8])
        key = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, theirs)
        told["copy"] = base64.b64encode(SUITE.encrypt(pad(b'{"lang":"sw"}', 1024), key, info=info)).decode()
    if "copy" in given:
        info = lv(b"ac1/page", programme, box, pid, hashlib.sha256(public).digest()[:8])
        told["page"] = json.loads(unpad(SUITE.decrypt(base64.b64decode(given["copy"]), ours, info=info)))
        block = base64.b64decode(given["contact"])
        told["contact"] = json.loads(unpad(AESGCM(kc).decrypt(block[:12], block[12:], lv(b"ac1/contact", programme, box))))
        wire = base64.b64decode(given["letter"])
        bound = lv(b"ac1/msg", programme, box, b"c2p", wire[:4])
        told["letter"] = unpad(AESGCM(hkdf(k, box, b"ac1/msg/c2p", 32)).decrypt(wire[4:16], wire[16:], bound)).decode()
        head, nonce = struct.pack(">I", 1), os.urandom(12)
        bound = lv(b"ac1/msg", programme, box, b"p2c", head)
        sealed = AESGCM(hkdf(k, box, b"ac1/msg/p2c", 32)).encrypt(nonce, pad(b"Niko hapa.", 256), bound)
        told["reply"] = base64.b64encode(head + nonce + sealed).decode()
        told["words"] = hkdf(k, box, b"ac1/words", 12).hex()
        sig = base64.b64decode(given["sig"])
        der = encode_dss_signature(int.from_bytes(sig[:32], "big"), int.from_bytes(sig[32:], "big"))
        idkey = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, base64.b64decode(given["idkey"]))
        idkey.verify(der, lv(b"ac1/login", programme, pid, b"challenge"), ec.ECDSA(hashes.SHA256()))
    return told


if __name__ == "__main__":
    print(json.dumps(main(json.load(sys.stdin))))
