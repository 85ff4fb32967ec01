"""Sign in to a FHIR server: SMART backend services with a signed assertion, or a user and a password."""

import base64
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from aftercall.words import Moment, Randomness, Sealed

GOOD_FOR = timedelta(minutes=5)  # an assertion; SMART allows no longer
EARLY = timedelta(seconds=30)  # a token is renewed this long before it ends
SCOPE = "system/Patient.read system/Encounter.read system/Practitioner.read system/Location.read"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class BadKey(Exception):
    """A key file that can't sign: which, and what to put there."""


class Refused(Exception):
    """The server won't: trying again without changing something helps nothing."""


class Unreachable(Exception):
    """The server can't just now: try again later."""


@dataclass(frozen=True)
class SigningKey:
    key: EllipticCurvePrivateKey | RSAPrivateKey = field(repr=False)
    algorithm: str  # "ES384" or "RS384"
    kid: str = ""


@dataclass(frozen=True)
class Source:
    """A FHIR server that is asked. With a client_id by SMART, with a user by basic auth, else openly."""

    base: str  # https://ehr.example/fhir, without a slash at the end
    client_id: str = ""
    key: SigningKey | None = None
    token_url: str = ""  # "": the server says it in .well-known/smart-configuration
    scope: str = SCOPE
    user: str = ""
    password: Sealed | None = None
    name: str = "fhir"  # "openmrs": the source that its notices name
    page: int = 100  # _count
    pages: int = 1000  # of one answer, before it is taken to be endless
    every: float = 30.0  # seconds between rounds


def key_in(path: Path, kid: str = "") -> SigningKey:
    """A private key as PEM, JWK, or the first private one of a JWK set. Raises BadKey."""
    try:
        text = path.read_text("utf-8")
        if "-----BEGIN" in text:
            return _signing(load_pem_private_key(text.encode(), None), kid, path)
        said = json.loads(text)
        said = next((one for one in said["keys"] if "d" in one), {}) if "keys" in said else said
        return _signing(jwt.PyJWK(said).key, kid or str(said.get("kid", "")), path)
    except OSError:
        raise BadKey(
            f"{path} can't be read, or isn't there; make an EC key on P-384, or RSA, and give its public half to the server"
        ) from None
    except (ValueError, TypeError, KeyError, AttributeError, jwt.PyJWTError):
        raise BadKey(f"{path} is no private key without a passphrase, as PEM or JWK") from None


def _signing(key: object, kid: str, path: Path) -> SigningKey:
    if isinstance(key, RSAPrivateKey) and key.key_size >= 2048:
        return SigningKey(key, "RS384", kid)
    if isinstance(key, EllipticCurvePrivateKey) and key.curve.name == "secp384r1":
        return SigningKey(key, "ES384", kid)
    raise BadKey(f"{path}: SMART backend services take an EC key on P-384, or RSA of 2048 bits and more")


class SignIn:
    """Keeps one token until shortly before it ends."""

    def __init__(
        self, source: Source, client: httpx.AsyncClient, now: Callable[[], Moment], rand: Randomness = secrets.token_bytes
    ):
        self._source, self._client, self._now, self._rand = source, client, now, rand
        self._token, self._ends, self._token_url = "", now(), source.token_url

    async def headers(self) -> dict[str, str]:
        """Raises Refused or Unreachable."""
        if self._source.client_id:
            if not self._token or self._now() >= self._ends:
                await self._fetch()
            return {"authorization": f"Bearer {self._token}"}
        if self._source.user:
            secret = self._source.password.open() if self._source.password else ""
            return {"authorization": "Basic " + base64.b64encode(f"{self._source.user}:{secret}".encode()).decode()}
        return {}

    def forget(self) -> None:
        """The server doesn't take the token any more."""
        self._token = ""

    async def _fetch(self) -> None:
        url = self._token_url = self._token_url or await self._discover()
        form = {
            "grant_type": "client_credentials",
            "scope": self._source.scope,
            "client_assertion_type": ASSERTION,
            "client_assertion": self._assertion(url),
        }
        said = _json(await self._ask("POST", url, form), "the token")
        token = said.get("access_token")
        if not isinstance(token, str) or not token or str(said.get("token_type", "bearer")).casefold() != "bearer":
            raise Refused("the server's answer holds no bearer token")
        seconds = said.get("expires_in", 300)
        seconds = seconds if isinstance(seconds, int) and 0 < seconds < 86400 else 300
        self._token, self._ends = token, self._now() + timedelta(seconds=seconds) - EARLY

    async def _discover(self) -> str:
        url = f"{self._source.base}/.well-known/smart-configuration"
        found = _json(await self._ask("GET", url, None), ".well-known/smart-configuration").get("token_endpoint")
        if not isinstance(found, str) or urlsplit(found).scheme not in ("https", urlsplit(self._source.base).scheme):
            raise Refused(".well-known/smart-configuration names no safe token_endpoint; set token_url")
        return found

    def _assertion(self, url: str) -> str:
        key = self._source.key
        if key is None:
            raise Refused("a client_id without a key can't sign in")
        ends = int((self._now() + GOOD_FOR).timestamp())
        me = self._source.client_id
        claims = {"iss": me, "sub": me, "aud": url, "exp": ends, "jti": self._rand(16).hex()}
        return jwt.encode(claims, key.key, key.algorithm, {"kid": key.kid} if key.kid else None)

    async def _ask(self, method: str, url: str, form: dict[str, str] | None) -> httpx.Response:
        try:
            answer = await self._client.request(method, url, data=form, headers={"accept": "application/json"})
        except httpx.HTTPError as problem:
            raise Unreachable(f"signing in: {type(problem).__name__}") from None
        if answer.status_code == 429 or answer.status_code >= 500:
            raise Unreachable(f"signing in: the server answered {answer.status_code}")
        if answer.status_code != 200:
            raise Refused(f"signing in: the server answered {answer.status_code}; does it know client_id and public key?")
        return answer


def _json(answer: httpx.Response, what: str) -> dict[str, object]:
    try:
        said = answer.json()
    except (ValueError, RecursionError):
        raise Refused(f"{what} is no JSON") from None
    if not isinstance(said, dict):
        raise Refused(f"{what} is no JSON object")
    return said
