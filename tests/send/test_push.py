"""A web push wakes a phone and carries nothing; its signature is one that a push service can check."""

import asyncio
import json
from base64 import urlsafe_b64decode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from aftercall.send import Gone, Later, Never
from aftercall.send.push import GOOD_FOR, Push, elsewhere, public, push_key
from aftercall.words import Message
from tests.send.providers import Counter

KEY = ec.generate_private_key(ec.SECP256R1())
CONTACT = "mailto:care@example.org"


def unpacked(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_it_has_no_body_a_short_life_and_a_signature_for_that_service_alone() -> None:
    async def go() -> tuple[str, Counter]:
        async with Counter((201, "")) as service:
            push = Push(KEY, CONTACT, lambda: 1_000_000.0, near=True)
            await push.send(Message("push", f"{service.url}/sub/grace", "never sent", "a" * 32))
            await push.close()
            return service.url, service

    url, service = asyncio.run(go())
    [asked] = service.asked
    assert (asked.path, asked.body) == ("/sub/grace", b"")
    assert (asked.head["ttl"], asked.head["urgency"], asked.head["topic"]) == ("300", "high", "a" * 32)
    told = asked.head["authorization"].removeprefix("vapid t=")
    token, _, given = told.partition(", k=")
    head, claims, signature = token.split(".")
    assert json.loads(unpacked(claims)) == {"aud": url, "exp": 1_000_000 + GOOD_FOR, "sub": CONTACT}
    assert json.loads(unpacked(head)) == {"typ": "JWT", "alg": "ES256"}
    raw = unpacked(signature)
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unpacked(given))
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))  # raises when it does not hold
    assert given == public(KEY)


@pytest.mark.parametrize(("status", "error"), [(410, Gone), (404, Gone), (403, Never), (429, Later), (502, Later), (413, Never)])
def test_a_subscription_that_is_over_is_said_apart(status: int, error: type[Exception]) -> None:
    async def go() -> None:
        async with Counter((status, "")) as service:
            push = Push(KEY, CONTACT, near=True)
            try:
                await push.send(Message("push", f"{service.url}/x", "", "k"))
            finally:
                await push.close()

    with pytest.raises(error) as raised:
        asyncio.run(go())
    assert type(raised.value) is error or (status == 413 and error is Never)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example.org/x", "https://127.0.0.1/x", "https://10.1.2.3/x", "https://[::1]/x", "https://localhost/x",
        "https://router.local/x", "https://db:5432/x", "https://push.example.org:8402/x", "https://169.254.169.254/x", "none", "",
    ],
)  # fmt: skip
def test_no_peer_can_make_us_call_a_machine_of_our_own(endpoint: str) -> None:
    with pytest.raises(Gone):
        asyncio.run(Push(KEY, CONTACT).send(Message("push", endpoint, "", "k")))


def test_a_push_service_is_elsewhere() -> None:
    assert elsewhere("https://updates.push.services.example.com/wpush/v2/abc")


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "care" / "push.pem"
    assert public(push_key(path)) == public(push_key(path))
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text("something else")
    with pytest.raises(ValueError, match="is not a push key"):
        push_key(path)
