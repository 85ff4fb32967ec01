"""A small FHIR server of our own: it searches by _lastUpdated, pages, is busy when told to, and checks who asks, for real."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
import jwt
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.feeds.fhir_made import NOW, Json, bundle

BASE = "https://ehr.example/fhir"
TOKEN = "https://login.example/token"


@dataclass
class Ehr:
    """Knows resources, one client's public key and one clerk's password; remembers what it was asked."""

    resources: list[Json] = field(default_factory=list)
    public: Any = None
    clerk: tuple[str, str] | None = None
    page: int = 2
    now: datetime = NOW
    tokens: set[str] = field(default_factory=set)
    seen_jti: set[str] = field(default_factory=set)
    sign_ins: int = 0
    lasts: int = 300
    asked: list[str] = field(default_factory=list)
    troubles: list[Response] = field(default_factory=list)  # answered first, in turn
    next_link: str = ""

    def client(self) -> httpx.AsyncClient:
        routes = [
            Route("/fhir/.well-known/smart-configuration", self.configuration),
            Route("/token", self.token, methods=["POST"]),
            Route("/fhir/{kind}", self.search),
            Route("/fhir/{kind}/{ident}", self.one),
        ]
        return httpx.AsyncClient(transport=httpx.ASGITransport(app=Starlette(routes=routes)))

    async def configuration(self, _: Request) -> Response:
        return JSONResponse({"token_endpoint": TOKEN, "grant_types_supported": ["client_credentials"]})

    async def token(self, request: Request) -> Response:
        form = await request.form()
        try:
            said = jwt.decode(
                str(form["client_assertion"]), self.public, ["ES384", "RS384"], audience=TOKEN, options={"verify_exp": False}
            )
        except jwt.PyJWTError:
            return JSONResponse({"error": "invalid_client"}, 400)
        short = 0 < said["exp"] - self.now.timestamp() <= 300
        fresh = said["jti"] not in self.seen_jti and said["iss"] == said["sub"] == "aftercall"
        right = form["grant_type"] == "client_credentials" and str(form["client_assertion_type"]).endswith("jwt-bearer")
        if not (short and fresh and right and form["scope"]):
            return JSONResponse({"error": "invalid_client"}, 400)
        self.seen_jti.add(said["jti"])
        self.sign_ins += 1
        self.tokens = {f"t{self.sign_ins}"}
        return JSONResponse({"access_token": f"t{self.sign_ins}", "token_type": "bearer", "expires_in": self.lasts})

    def _stop(self, request: Request) -> Response | None:
        self.asked.append(str(request.url).removeprefix(BASE + "/"))
        if self.troubles:
            return self.troubles.pop(0)
        given = request.headers.get("authorization", "")
        known = {f"Bearer {token}" for token in self.tokens}
        if self.clerk:
            known.add(httpx.BasicAuth(*self.clerk)._auth_header)
        return None if given in known or not (self.public or self.clerk) else Response(status_code=401)

    async def search(self, request: Request) -> Response:
        if stop := self._stop(request):
            return stop
        asked, kind = request.query_params, request.path_params["kind"]
        found = [r for r in self.resources if r["resourceType"] == kind]
        if since := asked.get("_lastUpdated", "").removeprefix("ge"):
            at = datetime.fromisoformat(since)
            found = [r for r in found if datetime.fromisoformat(r["meta"]["lastUpdated"]) >= at]
        if who := asked.get("patient"):
            found = [r for r in found if r["subject"]["reference"] == f"Patient/{who}"]
        offset = int(asked.get("_offset", 0))
        page = bundle("searchset", *found[offset : offset + self.page])
        if offset + self.page < len(found):
            page["link"] = [
                {"relation": "next", "url": self.next_link or str(request.url.include_query_params(_offset=offset + self.page))}
            ]
        return JSONResponse(page, headers={"date": self.now.strftime("%a, %d %b %Y %H:%M:%S GMT")})

    async def one(self, request: Request) -> Response:
        if stop := self._stop(request):
            return stop
        kind, ident = request.path_params["kind"], request.path_params["ident"]
        found = (r for r in self.resources if (r["resourceType"], r["id"]) == (kind, ident))
        return next((JSONResponse(r) for r in found), Response(status_code=404))
