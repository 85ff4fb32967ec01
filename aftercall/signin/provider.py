"""Another house's sign-in, asked over verified TLS: where it is, which keys it signs with, and what a code stands for."""

import asyncio
import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx

from aftercall.signin.idtoken import DOWN, OLD_PAGE, UNTRUE, Asked, Refused, believed, key_for, key_id
from aftercall.words import Moment, Sealed

KNOWN = timedelta(hours=1)  # what it said of itself
AGAIN = timedelta(seconds=10)  # between two tries where it does not answer, or a token names a key we don't know
PATIENCE, MOST = 10.0, 256 * 1024  # seconds; bytes of an answer
SCOPE = "openid profile"
PLACES = ("authorization_endpoint", "token_endpoint", "jwks_uri")
HERE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Client:
    """Who we are there. Without a secret: a public client, which PKCE alone protects. `trust`: a PEM file beside the usual ones."""

    issuer: str
    name: str
    secret: Sealed
    trust: str = ""
    scope: str = SCOPE


def is_safe(address: str) -> bool:
    """TLS; or this machine, for a trial."""
    at = urlsplit(address)
    return bool(at.hostname) and (at.scheme == "https" or (at.scheme == "http" and at.hostname in HERE))


class Provider:
    def __init__(self, client: Client, now: Callable[[], Moment]) -> None:
        self._client, self._now = client, now
        self._trust = httpx.create_ssl_context(trust_env=False)
        if client.trust:
            self._trust.load_verify_locations(client.trust)
        self._lock = asyncio.Lock()
        self._known: dict[str, Any] = {}
        self._keys: list[Mapping[str, Any]] = []
        self._until = self._rests = self._asked_keys = now() - KNOWN

    async def way(self, back: str, state: str, nonce: str, verifier: str, anew: bool) -> str:
        """Where a browser goes to be asked who it is. `anew`: also when it was asked already. Raises Refused."""
        known = await self._places()
        proof = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        given = {"response_type": "code", "client_id": self._client.name, "redirect_uri": back, "scope": self._client.scope}
        given |= {"state": state, "nonce": nonce, "code_challenge": proof, "code_challenge_method": "S256"}
        given |= {"prompt": "login", "max_age": "0"} if anew else {}
        there = str(known["authorization_endpoint"])
        return f"{there}{'&' if urlsplit(there).query else '?'}{urlencode(given)}"

    async def redeem(self, code: str, verifier: str, back: str, nonce: str) -> dict[str, Any]:
        """What it says of whoever got that code, checked. Raises Refused."""
        known = await self._places()
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
        head, more = self._shown(known.get("token_endpoint_auth_methods_supported", ["client_secret_basic"]))
        said = await self._ask("token_endpoint", str(known["token_endpoint"]), form | more, head)
        token, access = said.get("id_token"), said.get("access_token", "")
        if not isinstance(token, str) or not isinstance(access, str):
            raise Refused(UNTRUE, "the answer holds no ID token; is the scope openid allowed for this client?")
        key = await self._key(key_id(token)[1])
        return believed(token, key, access, Asked(self._client.issuer, self._client.name, nonce), self._now())

    def _shown(self, methods: object) -> tuple[dict[str, str], dict[str, str]]:
        """Headers and fields by which we show who we are (RFC 6749, 2.3.1)."""
        me, secret = self._client.name, self._client.secret.open()
        if not secret:
            return {}, {"client_id": me}
        if isinstance(methods, list) and "client_secret_basic" not in methods:
            return {}, {"client_id": me, "client_secret": secret}
        both = ":".join(quote(one, safe="") for one in (me, secret))  # %20, not +: some read the one, all read the other
        return {"authorization": "Basic " + base64.b64encode(both.encode()).decode()}, {}

    # what it says of itself --------------------------------------------------------------------------------------------------

    async def _places(self) -> dict[str, Any]:
        """One asks, the others wait for its answer; one that does not answer is let rest, so that nobody waits twice."""
        async with self._lock:
            if self._now() < self._until:
                return self._known
            if self._now() < self._rests:
                raise Refused(DOWN, "it did not answer just now")
            self._rests = self._now() + AGAIN
            known = await self._ask("discovery", f"{self._client.issuer.rstrip('/')}/.well-known/openid-configuration")
            if known.get("issuer") != self._client.issuer:
                raise Refused(UNTRUE, "it calls itself another issuer; oidc_issuer has to be letter for letter the same")
            for name in PLACES:
                if not isinstance(known.get(name), str) or not is_safe(known[name]):
                    raise Refused(UNTRUE, f"discovery names no {name} that can be reached safely (https)")
            self._keys, self._known, self._until = await self._fetched(known), known, self._now() + KNOWN
            self._rests = self._now()
            return known

    async def _key(self, kid: str) -> Mapping[str, Any]:
        """An unknown one may be new; whoever forges names does not make us ask again and again."""
        if (key := key_for(self._keys, kid)) is not None:
            return key
        async with self._lock:
            if self._now() >= self._asked_keys + AGAIN:
                self._keys = await self._fetched(self._known)
        if (key := key_for(self._keys, kid)) is None:
            raise Refused(UNTRUE, "the ID token is signed with a key that its issuer does not show")
        return key

    async def _fetched(self, known: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        self._asked_keys = self._now()
        keys = (await self._ask("jwks_uri", str(known["jwks_uri"]))).get("keys")
        return [one for one in keys if isinstance(one, dict)] if isinstance(keys, list) else []

    async def _ask(
        self, what: str, url: str, form: Mapping[str, str] | None = None, head: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """A JSON object. Raises Refused; nothing of what was sent or came stands in it."""
        headers = {"accept": "application/json", **(head or {})}
        try:
            async with (
                httpx.AsyncClient(timeout=PATIENCE, follow_redirects=False, trust_env=False, verify=self._trust) as line,
                line.stream("POST" if form else "GET", url, data=form, headers=headers) as answer,
            ):
                body = b""
                async for part in answer.aiter_bytes():
                    if len(body := body + part) > MOST:
                        raise Refused(UNTRUE, f"{what}: an answer of more than {MOST} bytes")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as problem:
            raise Refused(DOWN, f"{what}: {type(problem).__name__}") from None
        try:
            said = json.loads(body)
        except (ValueError, RecursionError):
            said = None
        if form and answer.status_code in (400, 401):
            raise _turned_away(said)
        if answer.status_code != 200:
            raise Refused(DOWN, f"{what}: it answered {answer.status_code}")
        if not isinstance(said, dict):
            raise Refused(UNTRUE, f"{what}: no JSON object")
        return said


def _turned_away(said: object) -> Refused:
    """A code it does not take any more, or us (RFC 6749, 5.2)."""
    error = said.get("error") if isinstance(said, dict) else None
    if error == "invalid_grant":
        return Refused(OLD_PAGE, "the code was used already, is too old, or is not ours")
    if error == "invalid_client":
        return Refused(UNTRUE, "it does not know this client; look at oidc_client and its secret")
    return Refused(UNTRUE, "it takes no code from us; look at what this client may do there")
