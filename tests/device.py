"""A phone with a passkey, in Python: it makes one, shows it, and can be told to lie."""

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from cbor2 import dumps
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Device:
    """`origin`: of the page it believes itself on. `count`: how often it was used; 0 and `counts` off is a passkey in a cloud."""

    origin: str = "https://hospital.example"
    flags: int = PRESENT | VERIFIED
    counts: bool = True
    count: int = 0
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    name: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    def made(self, options: dict[str, Any]) -> str:
        """What a browser gives for `navigator.credentials.create`."""
        numbers = self.key.public_key().public_numbers()
        key = dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})
        own = bytes(16) + len(self.name).to_bytes(2, "big") + self.name + key
        said = self._data(options["rp"]["id"], self.flags | ATTESTED) + own
        client = self._client("webauthn.create", options["challenge"])
        return self._answer(client, attestationObject=dumps({"fmt": "none", "attStmt": {}, "authData": said}))

    def shown(self, options: dict[str, Any]) -> str:
        """What it gives for `navigator.credentials.get`."""
        self.count += self.counts
        said, client = self._data(options["rpId"], self.flags), self._client("webauthn.get", options["challenge"])
        signature = self.key.sign(said + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(client, authenticatorData=said, signature=signature)

    def _data(self, host: str, flags: int) -> bytes:
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str) -> bytes:
        assert base64url_to_bytes(challenge)
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def _answer(self, client: bytes, **more: bytes) -> str:
        given = {name: bytes_to_base64url(value) for name, value in {"clientDataJSON": client, **more}.items()}
        name = bytes_to_base64url(self.name)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": given})
