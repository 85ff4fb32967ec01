"""The stage's own page, and the few things it can ask: how it stands, 22:47, time, start over."""

import asyncio
from collections.abc import Awaitable
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aftercall.outside.doors.shelf import tongue
from aftercall.phone.light import FOLDER
from aftercall_stage.shift import Shift
from aftercall_stage.troupe import Stuck

WEB = Path(__file__).parent / "web"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src http://127.0.0.1:*; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = ((b"content-security-policy", POLICY.encode()), (b"cache-control", b"no-cache"), (b"x-content-type-options", b"nosniff"))
STEPS = (60, 300, 86400)  # seconds the clock may be moved by


class Fence:
    """Only this machine's own browser, and only this page's own script, may press."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        request = Request(scope)
        here = f"http://{request.url.hostname}:{scope['server'][1]}"
        if request.url.hostname == "localhost":  # the frames' origins are numbers; so is the page's
            return await RedirectResponse(here.replace("localhost", "127.0.0.1") + "/")(scope, receive, send)
        if request.url.hostname != "127.0.0.1" or (request.method == "POST" and request.headers.get("origin") != here):
            return await Response("Not from here.", 403)(scope, receive, send)

        async def covered(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *HEADERS]}
            await send(message)

        return await self._app(scope, receive, covered)


async def _done(press: Awaitable[None]) -> Response:
    try:
        await press
    except (Stuck, OSError, asyncio.IncompleteReadError) as problem:
        return JSONResponse({"error": "stuck", "say": str(problem)}, 503)
    return JSONResponse({})


def board(shift: Shift) -> Starlette:
    async def page(_: Request) -> Response:
        return FileResponse(WEB / "index.html")

    async def style(_: Request) -> Response:
        """Every piece the phone is made of (docs/design.md)."""
        return HTMLResponse(tongue("en").from_string((WEB / "style.html").read_text("utf-8")).render())

    async def now(_: Request) -> Response:
        return JSONResponse(await shift.now())

    async def tell(_: Request) -> Response:
        return await _done(shift.tell())

    async def clock(request: Request) -> Response:
        by = (await request.json()).get("by")
        if by not in STEPS:
            return JSONResponse({"error": "by", "say": f"The clock moves by {STEPS} seconds."}, 400)
        return await _done(shift.move(by))

    async def morning(_: Request) -> Response:
        return await _done(shift.morning())

    async def over(_: Request) -> Response:
        shift.again()
        return JSONResponse({})

    return Starlette(
        routes=[
            Route("/", page),
            Route("/style", style),
            Mount("/phone", StaticFiles(directory=FOLDER)),
            Mount("/web", StaticFiles(directory=WEB)),
            Route("/stage/now", now),
            Route("/stage/tell", tell, methods=["POST"]),
            Route("/stage/clock", clock, methods=["POST"]),
            Route("/stage/morning", morning, methods=["POST"]),
            Route("/stage/over", over, methods=["POST"]),
        ],
        middleware=[Middleware(Fence)],
    )
