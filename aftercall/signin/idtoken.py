"""What another house's sign-in says of somebody, believed only when every check of it holds (OpenID Connect Core 1.0, 3.1.3.7)."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
from jwt.types import Options

from aftercall.words import Moment

HASHES = {"256": "sha256", "384": "sha384", "512": "sha512"}
ALGORITHMS = tuple(kind + size for kind in ("RS", "PS", "ES") for size in HASHES)
"""Signatures with a public key. Never `none`, and none of the HS: their key would be what everybody can read."""
SKEW = timedelta(minutes=1)  # between two clocks that are both right
OLD = timedelta(minutes=10)  # since it was made: it has come at once, or it is no answer to us
RSA_BITS = 2048
SIGNATURE_ALONE: Options = {
    "verify_signature": True, "verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False,
    "verify_iss": False, "verify_sub": False, "verify_jti": False,
}  # fmt: skip
"""What it says is checked here, one by one, and against our own clock."""


class Refused(Exception):
    """`word`: which text a person reads. The exception's own text is for our log: which check, never what stood in it."""

    def __init__(self, word: str, why: str) -> None:
        super().__init__(why)
        self.word = word


NO, CLOCK, OLD_PAGE, UNTRUE, DOWN, STALE = "no", "clock", "old", "untrue", "down", "stale"
"""The words: nobody is let in; two clocks differ; begin anew; can't be trusted; does not answer; was not asked anew."""


@dataclass(frozen=True)
class Asked:
    """What we asked for, so that an answer to another question is none."""

    issuer: str
    client: str
    nonce: str


def key_id(token: str) -> tuple[str, str]:
    """The algorithm and the key that a token names; nothing of it is believed yet. Raises Refused."""
    try:
        head = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        raise Refused(UNTRUE, "the ID token is no token") from None
    algorithm, kid = head.get("alg"), head.get("kid", "")
    if algorithm not in ALGORITHMS:
        raise Refused(UNTRUE, "the ID token is not signed with a public key we take: RS, PS or ES with 256, 384 or 512")
    if not isinstance(kid, str):
        raise Refused(UNTRUE, "the ID token names no key")
    return algorithm, kid


def key_for(keys: list[Mapping[str, Any]], kid: str) -> Mapping[str, Any] | None:
    """The one key of that name; where a token names none, the one key there is."""
    signing = [one for one in keys if one.get("use", "sig") == "sig" and (not kid or one.get("kid") == kid)]
    return signing[0] if len(signing) == 1 else None


def believed(token: str, key: Mapping[str, Any], access: str, asked: Asked, now: Moment) -> dict[str, Any]:
    """What is said in it. Raises Refused."""
    algorithm, _ = key_id(token)
    said = _signed(token, key, algorithm)
    _for_us(said, asked)
    _in_time(said, now)
    if "at_hash" in said and not _same(said["at_hash"], _half(access, algorithm)):
        raise Refused(UNTRUE, "at_hash: the ID token belongs to another access token")
    if not isinstance(said.get("sub"), str) or not said["sub"]:
        raise Refused(UNTRUE, "sub: the ID token says of nobody")
    return said


def _signed(token: str, key: Mapping[str, Any], algorithm: str) -> dict[str, Any]:
    if key.get("alg", algorithm) != algorithm:
        raise Refused(UNTRUE, "the ID token is signed in another way than its key is for")
    try:
        public = jwt.PyJWK(dict(key), algorithm).key
        if getattr(public, "key_size", RSA_BITS) < RSA_BITS and not algorithm.startswith("ES"):
            raise Refused(UNTRUE, f"the key of the hospital's sign-in is shorter than {RSA_BITS} bits")
        said: dict[str, Any] = jwt.decode(token, public, [algorithm], options=SIGNATURE_ALONE)
    except (jwt.PyJWTError, ValueError, TypeError):
        raise Refused(UNTRUE, "the ID token's signature does not hold") from None
    return said


def _for_us(said: Mapping[str, Any], asked: Asked) -> None:
    if said.get("iss") != asked.issuer:
        raise Refused(UNTRUE, "iss: the ID token is another issuer's; oidc_issuer has to be letter for letter what it calls itself")
    audience = said.get("aud")
    audiences = [audience] if isinstance(audience, str) else audience if isinstance(audience, list) else []
    if asked.client not in audiences:
        raise Refused(UNTRUE, "aud: the ID token is for another program; look at oidc_client")
    if said.get("azp", asked.client) != asked.client or (len(audiences) > 1 and "azp" not in said):
        raise Refused(UNTRUE, "azp: the ID token was made for another program")
    if not _same(said.get("nonce"), asked.nonce):
        raise Refused(UNTRUE, "nonce: the ID token answers another question")


def _in_time(said: Mapping[str, Any], now: Moment) -> None:
    at = now.timestamp()
    ends, made = (_number(said, name) for name in ("exp", "iat"))
    if ends + SKEW.total_seconds() <= at or made + OLD.total_seconds() <= at:
        raise Refused(CLOCK, "exp or iat: the ID token is too old; do both clocks say the same?")
    if max(made, _number(said, "nbf", made)) - SKEW.total_seconds() > at:
        raise Refused(CLOCK, "iat or nbf: the ID token is of a time that has not come; do both clocks say the same?")


def _number(said: Mapping[str, Any], name: str, otherwise: float | None = None) -> float:
    """Seconds since 1970."""
    value = said.get(name, otherwise)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 2**40:
        raise Refused(UNTRUE, f"{name}: the ID token has no such time")
    return value


def proved_at(said: Mapping[str, Any], now: Moment) -> int:
    """When that person was last asked who they are, in seconds since 1970; 0 where it isn't said. Raises Refused."""
    at = int(_number(said, "auth_time", 0))
    if at > now.timestamp() + SKEW.total_seconds():
        raise Refused(CLOCK, "auth_time: of a time that has not come; do both clocks say the same?")
    return max(0, min(at, int(now.timestamp())))


def _half(access: str, algorithm: str) -> str:
    """The left half of the token's hash (3.1.3.6)."""
    digest = hashlib.new(HASHES[algorithm[2:]], access.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).decode().rstrip("=")


def _same(said: object, due: str) -> bool:
    return isinstance(said, str) and hmac.compare_digest(said.encode(), due.encode())
