"""Get pages from a FHIR server: signed in, patient with a busy one, and never led astray by a link."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

import httpx

from aftercall.inside.feeds.fhir.opened import Opened, open_document
from aftercall.inside.feeds.fhir.smart import Refused, SignIn, Source, Unreachable
from aftercall.inside.road.notice import Unread
from aftercall.words import Moment

TRIES = 6
LONGEST = 300.0  # seconds to wait for a busy server
Wait = Callable[[float], Awaitable[None]]


class Astray(Refused):
    """The pages can't be followed; what was wrong stands in `why`."""

    def __init__(self, why: Unread) -> None:
        super().__init__(why.text)
        self.why = why


class Server:
    """One FHIR server, asked over one client."""

    def __init__(self, source: Source, client: httpx.AsyncClient, now: Callable[[], Moment], wait: Wait = asyncio.sleep) -> None:
        self.source, self._client, self._now, self._wait = source, client, now, wait
        self._sign_in = SignIn(source, client, now)
        self.clock: Moment | None = None  # the server's own, as its last answer said

    async def get(self, url: str) -> httpx.Response:
        """200, or 4xx that is neither 401 nor 429. Raises Refused or Unreachable."""
        signed_anew = False
        for again in range(TRIES):
            pause = min(2.0**again, LONGEST)
            try:
                headers = {"accept": "application/fhir+json", **await self._sign_in.headers()}
                answer = await self._client.get(url, headers=headers)
            except (httpx.HTTPError, Unreachable):
                await self._wait(pause)
                continue
            if answer.status_code == 401 and not signed_anew:
                signed_anew = True
                self._sign_in.forget()
            elif answer.status_code == 429 or answer.status_code >= 500:
                await self._wait(_retry_after(answer, self._now(), pause))
            elif answer.status_code == 401 or answer.is_redirect:
                raise Refused(f"the server answered {answer.status_code}")
            else:
                self.clock = _date(answer) or self.clock
                return answer
        raise Unreachable(f"no answer in {TRIES} tries")

    async def one(self, kind: str, ident: str) -> bytes | None:
        """A resource; None when it isn't there, or not for us."""
        answer = await self.get(f"{self.source.base}/{kind}/{ident}")
        return answer.content if answer.status_code == 200 else None

    async def pages(self, query: str) -> AsyncIterator[Opened]:
        """Every page of a search. Raises Astray for a link to elsewhere, in a circle, or without an end."""
        url, seen = f"{self.source.base}/{query}", set[str]()
        while url:
            if url in seen or len(seen) >= self.source.pages:
                raise Astray(_lost("The pages have no end. Ask for larger ones, or set `pages` higher."))
            seen.add(url)
            answer = await self.get(url)
            if answer.status_code != 200:
                raise Refused(f"a search for {query.partition('?')[0]} was answered {answer.status_code}")
            page = open_document(answer.content)
            if isinstance(page, Unread):
                raise Astray(page)
            yield page
            url = self._next(url, page)

    def _next(self, url: str, page: Opened) -> str:
        following = next((link.url for link in page.bundle.link or () if link.relation == "next" and link.url), "")
        if not following:
            return ""
        following = urljoin(url, following)
        if _origin(following) != _origin(self.source.base):
            raise Astray(_lost("The next page is on another server, which isn't asked. Have the server name itself as we call it."))
        return following


def _lost(text: str) -> Unread:
    return Unread("Bundle/searchset", "not-ours", "Bundle.link", text)


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    return parts.scheme, parts.hostname or "", port or {"http": 80, "https": 443}.get(parts.scheme)


def _retry_after(answer: httpx.Response, now: Moment, otherwise: float) -> float:
    said = answer.headers.get("retry-after", "").strip()
    if said.isdecimal():
        return min(float(said), LONGEST)
    try:
        until = parsedate_to_datetime(said)
    except (ValueError, TypeError):
        return otherwise
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max((until - now).total_seconds(), 0.0), LONGEST)


def _date(answer: httpx.Response) -> Moment | None:
    try:
        said = parsedate_to_datetime(answer.headers.get("date", ""))
    except (ValueError, TypeError):
        return None
    return said.astimezone(UTC) if said.tzinfo else None
