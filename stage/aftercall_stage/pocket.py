"""A phone's window onto the care half: an origin of its own, through which every call goes on and every answer comes back.

Four things differ from a real phone, no more: the page may stand in the stage's frame, its clock and zone are the night's, it moves
keyboard and eye on itself alone, since five phones share one page here, and the stage's tour may press on it what a person could.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from aftercall.outside.doors.shelf import PAGES  # these get the three scripts
from aftercall.outside.keys import NoKey
from aftercall.outside.road.seal import Forged
from aftercall_stage.night import ZONE
from aftercall_stage.troupe import Stuck

T = TypeVar("T")
FILES = {path.name: path for path in (Path(__file__).parent / "web" / "pocket").iterdir()}
MS = timedelta(milliseconds=1)
HOP = {"connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer", "proxy-connection", "host", "content-length"}
SCRIPTS = (
    '<script src="/stage/clock.js"></script><script src="/stage/apart.js"></script>'
    '<script src="/stage/hand.js" data-stage="%s"></script>'
)
CLOCK_JS = """// The night's clock on this phone: the real one, moved by as much as the stage's.
{ const Real = Date; let ahead = %d; const stage = '%s';
  const now = () => Real.now() + ahead;
  const here = (how) => ({ timeZone: '%s', ...how });
  globalThis.Date = new Proxy(Real, {
    construct: (target, given, made) => Reflect.construct(target, given.length ? given : [now()], made),
    apply: () => new Real(now()).toString(),
    get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
  });
  Intl.DateTimeFormat = new Proxy(Intl.DateTimeFormat, { construct: (target, [tongue, how]) => new target(tongue, here(how)) });
  addEventListener('message', ({ origin, data }) => {
    if ((origin === stage || origin === location.origin) && Number.isFinite(data?.ahead)) ahead = data.ahead;
  });
}
"""


@dataclass(frozen=True)
class Behind:
    """What a window needs to know of the stage behind it, asked anew at each call."""

    care: Callable[[], str]  # origin of the care half; "" while there is none
    ahead: Callable[[], timedelta]
    card: Callable[[], dict[str, Any]]
    certify: Callable[[dict[str, Any]], Awaitable[None]]


def pocket(origin: str, stage: str, behind: Behind, client: httpx.AsyncClient) -> Starlette:
    """The window of one phone. `origin` is its own, `stage` that of the page around it."""
    through = Route("/{path:path}", _through(origin, stage, behind, client), methods=["GET", "HEAD", "POST", "PUT", "DELETE"])
    return Starlette(routes=[*_own(origin, stage, behind), through])


def _own(origin: str, stage: str, behind: Behind) -> list[Route]:
    """What the stage itself puts on a phone, all under /stage."""
    policy = (
        f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'; frame-ancestors {stage}"
    )
    head = {"Content-Security-Policy": policy, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

    async def file(request: Request) -> Response:
        name = request.url.path.rpartition("/")[2]
        path = FILES.get(name if "." in name else f"{name}.html")
        return FileResponse(path, headers=head) if path else Response(status_code=404)

    async def clock(_: Request) -> Response:
        return Response(CLOCK_JS % (behind.ahead() / MS, stage, ZONE), media_type="text/javascript", headers=head)

    async def card(_: Request) -> Response:
        return JSONResponse(behind.card(), headers=head)

    async def certify(request: Request) -> Response:
        if request.headers.get("origin") != origin:
            return Response(status_code=403)
        try:
            await behind.certify(await request.json())
        except (Forged, NoKey, Stuck) as problem:
            return JSONResponse({"error": "certify", "say": str(problem)}, 400)
        return JSONResponse({})

    return [
        Route("/stage/clock.js", clock),
        Route("/stage/card", card),
        Route("/stage/certify", certify, methods=["POST"]),
        Route("/stage/{name}", file),
    ]


def _through(origin: str, stage: str, behind: Behind, client: httpx.AsyncClient) -> Callable[[Request], Awaitable[Response]]:
    """Every other call goes on to the care half."""

    async def on(request: Request) -> Response:
        if not (care := behind.care()):
            return Response("The stage is being set.", 503)
        url = care + request.url.path + (f"?{request.url.query}" if request.url.query else "")
        call = client.build_request(request.method, url, headers=_going(request, origin, care), content=await request.body())
        try:
            answer = await _while_there(request, client.send(call, stream=True))
        except ClientDisconnect:
            return Response(status_code=499)
        except httpx.TransportError:
            return Response("The care half can't be reached.", 502)
        return await _coming(answer, stage, request.url.path in PAGES)

    return on


def _going(request: Request, origin: str, care: str) -> dict[str, str]:
    """The phone's own headers; where they name this window they name the care half. Sec-Fetch-Site is left: it is true."""
    head = {name: value for name, value in request.headers.items() if name not in HOP}
    if head.get("origin") == origin:
        head["origin"] = care
    if request.url.path in PAGES or "accept-encoding" not in head:
        head["accept-encoding"] = "identity"
    return head


async def _while_there(request: Request, call: Awaitable[T]) -> T:
    """The answer, unless the phone hangs up first: a held call nobody waits for must not go on and be taken for heard."""

    async def hung_up() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    going, gone = asyncio.ensure_future(call), asyncio.ensure_future(hung_up())
    try:
        await asyncio.wait({going, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not going.done():
            raise ClientDisconnect
        return going.result()
    finally:
        going.cancel()
        gone.cancel()


async def _coming(answer: httpx.Response, stage: str, is_page: bool) -> Response:
    head = {name: value for name, value in answer.headers.items() if name not in HOP}
    if "content-security-policy" in head:
        may = f"frame-ancestors 'self' {stage}"
        head["content-security-policy"] = head["content-security-policy"].replace("frame-ancestors 'none'", may)
    if is_page:
        html = await answer.aread()
        await answer.aclose()
        head.pop("etag", None)
        return Response(html.replace(b"<head>", b"<head>" + (SCRIPTS % stage).encode(), 1), answer.status_code, head)
    if "content-length" in answer.headers:
        head["content-length"] = answer.headers["content-length"]
    return StreamingResponse(_raw(answer), answer.status_code, head, background=BackgroundTask(answer.aclose))


async def _raw(answer: httpx.Response) -> AsyncIterator[bytes]:
    async for piece in answer.aiter_raw():
        yield piece
