"""A hospital's own sign-in, run for real: Authlib's authorization server behind TLS, with accounts, and lies on demand."""

import asyncio
import functools
import html
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import jwt
import uvicorn
from authlib.oauth2 import AuthorizationServer, OAuth2Error, OAuth2Request  # type: ignore[import-untyped]
from authlib.oauth2.rfc6749 import ClientMixin  # type: ignore[import-untyped]
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant  # type: ignore[import-untyped]
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload  # type: ignore[import-untyped]
from authlib.oauth2.rfc6750 import BearerTokenGenerator  # type: ignore[import-untyped]
from authlib.oauth2.rfc7636 import CodeChallenge  # type: ignore[import-untyped]
from authlib.oidc.core import OpenIDCode  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from aftercall.words import Moment
from tests.certificates import Authority

Claims = dict[str, Any]
NAME, SECRET = "aftercall", "a secret / of: this+test"
PEOPLE: dict[str, Claims] = {
    "njeri": {"sub": "u-1", "name": "Njeri Wambui", "groups": ["staff", "care-coordinators"]},
    "omondi": {"sub": "u-2", "name": "Omondi Ochieng", "groups": ["it-desk"]},
    "amina": {"sub": "u-3", "name": "Amina Yusuf", "groups": ["staff"], "employee": "A1234"},
    "stranger": {"sub": "u-4", "name": "Nobody Here", "groups": [], "employee": "Z999"},
}


@functools.cache
def signing(kid: str, bits: int = 2048) -> RSAKey:
    return RSAKey.generate_key(bits, {"kid": kid, "use": "sig", "alg": "RS256"})


@dataclass
class Known(ClientMixin):  # type: ignore[misc]
    """The one client."""

    back: str

    def get_client_id(self) -> str:
        return NAME

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, uri: str) -> bool:
        return uri == self.back

    def check_client_secret(self, secret: str) -> bool:
        return secrets.compare_digest(secret, SECRET)

    def check_endpoint_auth_method(self, method: str, _: str) -> bool:
        return method in ("client_secret_basic", "client_secret_post")

    def check_response_type(self, kind: str) -> bool:
        return kind == "code"

    def check_grant_type(self, kind: str) -> bool:
        return kind == "authorization_code"


@dataclass
class Code:
    """What a code stands for."""

    code: str
    given: Mapping[str, str]
    user: str
    auth_time: int

    def get_redirect_uri(self) -> str:
        return self.given["redirect_uri"]

    def get_scope(self) -> str:
        return self.given["scope"]

    def get_nonce(self) -> str:
        return self.given["nonce"]

    def get_auth_time(self) -> int:
        return self.auth_time

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None

    @property
    def code_challenge(self) -> str:
        return self.given["code_challenge"]

    @property
    def code_challenge_method(self) -> str:
        return self.given["code_challenge_method"]


class Ask(OAuth2Request):  # type: ignore[misc]
    """A request as Authlib wants it."""

    def __init__(self, request: Request, body: bytes) -> None:
        super().__init__(request.method, str(request.url), headers=request.headers)
        self._args, self._form = dict(request.query_params), dict(parse_qsl(body.decode()))
        self.payload = BasicOAuth2Payload({**self.args, **self.form})
        self.since = 0  # when whoever asks was asked who they are

    @property
    def args(self) -> dict[str, str]:
        return self._args

    @property
    def form(self) -> dict[str, str]:
        return self._form


@dataclass
class Idp:
    """`lie`: what becomes of an ID token before it goes out. `claims`: what is said of everybody beside their own."""

    issuer: str
    back: str
    now: Callable[[], Moment]
    people: dict[str, Claims] = field(default_factory=lambda: {name: dict(said) for name, said in PEOPLE.items()})
    lie: Callable[["Idp", str], str] | None = None
    key: RSAKey = field(default_factory=lambda: signing("one"))
    shown: list[Claims] | None = None  # keys, where other ones than its own are shown
    says: Claims = field(default_factory=dict)  # in its discovery, another than the truth
    asks_anew: bool = True  # does it do what prompt=login says?
    down: bool = False
    heard: list[str] = field(default_factory=list)
    codes: dict[str, Code] = field(default_factory=dict)
    seated: dict[str, tuple[str, int]] = field(default_factory=dict)  # single sign-on: who, and since when

    def anew(self, now: Callable[[], Moment]) -> "Idp":
        """As if nobody had been here, and nothing been told otherwise. The same address."""
        clean = Idp(self.issuer, self.back, now)
        vars(self).update({name: value for name, value in vars(clean).items()})
        return self

    def app(self) -> Starlette:
        routes = {"/.well-known/openid-configuration": self.discovery, "/keys": self.keys, "/authorize": self.authorize}
        posts = [Route("/token", self.token, methods=["POST"]), Route("/login", self.login, methods=["POST"])]
        return Starlette(routes=[*(Route(path, does) for path, does in routes.items()), *posts])

    async def discovery(self, _: Request) -> Response:
        self.heard.append("discovery")
        known = {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys", "id_token_signing_alg_values_supported": ["RS256"]}
        known |= {
            f"{name}_endpoint": f"{self.issuer}/{path}" for name, path in (("authorization", "authorize"), ("token", "token"))
        }
        return JSONResponse({"error": "down"}, 503) if self.down else JSONResponse(known | self.says)

    async def keys(self, _: Request) -> Response:
        self.heard.append("keys")
        shown = [self.key.as_dict(private=False)] if self.shown is None else self.shown
        return JSONResponse({"keys": shown})

    async def authorize(self, request: Request) -> Response:
        """Who is signed in here already goes straight on, unless they must be asked."""
        self.heard.append(f"authorize {request.url.query}")
        name, since = self.seated.get(request.cookies.get("idp", ""), ("", 0))
        if name and not (self.asks_anew and request.query_params.get("prompt") == "login"):
            return self._on(Ask(request, b""), name, since)
        query = html.escape(request.url.query)
        buttons = "".join(f"<button name=who value={one}>{one}</button>" for one in (*self.people, "nothing"))
        return HTMLResponse(f"<h1>Staff sign-in</h1><form method=post action='/login?{query}'>{buttons}</form>")

    async def login(self, request: Request) -> Response:
        body = await request.body()
        ask, at = Ask(request, body), int(self.now().timestamp())
        if (who := ask.form["who"]) not in self.people:
            return self._on(ask, "", 0)
        self.seated[token := secrets.token_hex(8)] = (who, at)
        answer = self._on(ask, who, at)
        answer.set_cookie("idp", token, secure=True, samesite="lax")
        return answer

    def _on(self, ask: Ask, who: str, since: int) -> Response:
        ask.since = since
        try:
            grant = _server(self).get_authorization_grant(ask)
        except OAuth2Error as problem:
            return JSONResponse({"error": problem.error}, 400)
        answer: Response = _server(self).create_authorization_response(ask, who or None, grant)
        return answer

    async def token(self, request: Request) -> Response:
        body = await request.body()
        self.heard.append("token")
        answer: Response = _server(self).create_token_response(Ask(request, body))
        return answer


def _server(idp: Idp) -> AuthorizationServer:  # noqa: C901 - Authlib is told everything by small methods
    class Server(AuthorizationServer):  # type: ignore[misc]
        def query_client(self, name: str) -> Known | None:
            return Known(idp.back) if name == NAME else None

        def save_token(self, token: object, request: object) -> None: ...

        def send_signal(self, name: str, *args: object, **more: object) -> None: ...

        def create_oauth2_request(self, request: Ask) -> Ask:
            return request

        def handle_response(self, status: int, body: object, headers: list[tuple[str, str]]) -> Response:
            text = json.dumps(body) if isinstance(body, dict) else str(body or "")
            if where := dict(headers).get("Location"):
                return RedirectResponse(where, 303)
            return Response(text, status, dict(headers))

    class Grant(AuthorizationCodeGrant):  # type: ignore[misc]
        TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")

        def save_authorization_code(self, code: str, request: Ask) -> None:
            idp.codes[code] = Code(code, request.payload.data, request.user, request.since)

        def query_authorization_code(self, code: str, client: object) -> Code | None:
            return idp.codes.get(code)

        def delete_authorization_code(self, code: Code) -> None:
            del idp.codes[code.code]

        def authenticate_user(self, code: Code) -> str:
            return code.user

    class Token(OpenIDCode):  # type: ignore[misc]
        def exists_nonce(self, nonce: str, request: object) -> bool:
            return False

        def resolve_client_private_key(self, client: object) -> RSAKey:
            return idp.key

        def get_encode_header(self, client: object) -> Claims:
            return {"alg": "RS256", "kid": idp.key.kid}

        def get_client_claims(self, client: object) -> Claims:
            at = int(idp.now().timestamp())
            return {"iss": idp.issuer, "aud": [NAME], "iat": at, "exp": at + 300}

        def generate_user_info(self, user: str, scope: str) -> Claims:
            return idp.people[user]

        def encode_id_token(self, token: Claims, request: object) -> str:
            true: str = super().encode_id_token(token, request)
            return idp.lie(idp, true) if idp.lie else true

    server = Server()
    server.register_token_generator("default", BearerTokenGenerator(lambda *_, **__: secrets.token_hex(20)))
    server.register_grant(Grant, [CodeChallenge(required=True), Token(require_nonce=True)])
    return server


def _private(idp: Idp) -> RSAPrivateKey:
    assert idp.key.private_key
    return idp.key.private_key


def saying(**other: Any) -> Callable[[Idp, str], str]:
    """The true token, signed with the true key, but saying this as well; None takes a claim out."""

    def lie(idp: Idp, true: str) -> str:
        said = jwt.decode(true, options={"verify_signature": False}) | other
        kept = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(kept, _private(idp), "RS256", {"kid": str(idp.key.kid)})

    return lie


def ask(there: str, who: str, cookies: httpx.Cookies | None = None) -> httpx.Response:
    """At the sign-in: who they are, where it asks. Its answer leads back."""
    with httpx.Client(verify=False, cookies=cookies) as line:
        shown = line.get(there)
        answer = line.post(there.replace("/authorize?", "/login?"), data={"who": who}) if shown.status_code == 200 else shown
        if cookies is not None:
            cookies.update(line.cookies)
        return answer


@contextmanager
def running(folder: Path, back: str, now: Callable[[], Moment]) -> Iterator[Idp]:
    """Behind TLS on a port of its own; `folder`/ca.pem is the authority to trust."""
    certificate, key, _ = Authority(folder).issue()
    idp = Idp("", back, now)
    config = uvicorn.Config(
        idp.app(),
        "127.0.0.1",
        0,
        log_level="error",
        ssl_certfile=certificate,
        ssl_keyfile=key,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not server.started and time.monotonic() < until:
        time.sleep(0.01)
    idp.issuer = f"https://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield idp
    finally:
        server.should_exit = server.force_exit = True
        thread.join(20)
