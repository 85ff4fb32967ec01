"""A web push without a single byte in it: it wakes the peer's page, and tells whoever carries it nothing but that."""

import ipaddress
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from aftercall import whole
from aftercall.send import Gone, Never
from aftercall.send.line import PATIENCE, Line
from aftercall.words import Message

LASTS = 300  # seconds a push service keeps it for a phone that is off; after that the next wave rings anyway
GOOD_FOR = 12 * 3600  # seconds of a signature (RFC 8292: at most 24 h)


class Push:
    """Web push (RFC 8030) signed with this half's own key (RFC 8292). `to` is the endpoint of one phone's subscription.

    The message's text is never sent. Its key goes as Topic: of two that wait, the phone gets one.
    `near` is for tests alone: it lets the push service be this machine.
    """

    def __init__(
        self, key: ec.EllipticCurvePrivateKey, contact: str, wall: Callable[[], float] = time.time, near: bool = False,
        patience: float = PATIENCE,
    ) -> None:  # fmt: skip
        self._key, self._contact, self._wall, self._near = key, contact, wall, near
        self._line = Line("push", patience)

    async def send(self, message: Message) -> None:
        if not (self._near or elsewhere(message.to)):
            raise Gone("push: this is not the address of a push service")
        headers = {"TTL": str(LASTS), "Urgency": "high", "Topic": message.key[:32], "Authorization": self.vapid(message.to)}
        answer = await self._line.call("POST", message.to, headers=headers)
        if answer.status_code in (404, 410):
            raise Gone("push: this phone has no such subscription any more")
        if answer.status_code in (401, 403):
            raise Never("push: the subscription was made for another key; the page subscribes anew when it is opened")
        if not answer.is_success:
            raise self._line.refusal(answer)

    def vapid(self, endpoint: str) -> str:
        """Who we are, for this push service alone and for half a day."""
        at = urlsplit(endpoint)
        claims = {"aud": f"{at.scheme}://{at.netloc}", "exp": int(self._wall()) + GOOD_FOR, "sub": self._contact}
        head = f"{_url64(_json({'typ': 'JWT', 'alg': 'ES256'}))}.{_url64(_json(claims))}"
        r, s = decode_dss_signature(self._key.sign(head.encode(), ec.ECDSA(hashes.SHA256())))
        return f"vapid t={head}.{_url64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}, k={public(self._key)}"

    async def close(self) -> None:
        await self._line.close()


def public(key: ec.EllipticCurvePrivateKey) -> str:
    """What a page needs to subscribe (applicationServerKey)."""
    point = key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return _url64(point)


def push_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """This half's own key; made when it is first asked for, and read by its owner alone. Raises ValueError for another file."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        new = ec.generate_private_key(ec.SECP256R1())
        pem = new.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        whole.make(path, pem)
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise ValueError(f"{path} is not a push key; move it away, and a new one is made")
    return key


def elsewhere(endpoint: str) -> bool:
    """Is it a push service in the world, and no machine of our own that a peer's phone should not be able to call through us?"""
    try:
        at = urlsplit(endpoint)
        host, port = at.hostname or "", at.port
    except ValueError:
        return False
    if at.scheme != "https" or "." not in host or host.endswith((".local", ".internal", ".localhost")) or port not in (None, 443):
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return True


def _json(what: dict[str, object]) -> bytes:
    return json.dumps(what, separators=(",", ":")).encode()


def _url64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
