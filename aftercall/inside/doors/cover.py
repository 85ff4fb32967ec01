"""What every answer of the hospital's half carries: nothing from elsewhere, nothing kept, nothing told to the next site."""

from starlette.types import ASGIApp, Receive, Scope, Send

from aftercall.door import SHUT, covered

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    **SHUT,
}


class Cover:
    """Adds the headers to each answer, a feed's too: a browser may be pointed at any address."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, covered(send, HEADERS) if scope["type"] == "http" else send)
