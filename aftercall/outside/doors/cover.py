"""What every answer of the care half carries: nothing from elsewhere, nothing kept, nothing told to the next site."""

from starlette.types import ASGIApp, Receive, Scope, Send

from aftercall.door import SHUT, covered
from aftercall.outside.doors.answers import padded
from aftercall.phone.frame import SCRIPTS, STYLE, hashed
from aftercall.signin.reception import PATH

HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; script-src 'self' {SCRIPTS}; style-src 'self' {hashed(STYLE)}; img-src 'self'; "
        "connect-src 'self'; manifest-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    **SHUT,
}
DESK = HEADERS | {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
}
"""Its pages have forms, and the squares that people scan stand in them."""
FORBIDDEN = bytes(padded({"error": "origin", "say": "This call came from another site."}, 256).body)


class Cover:
    """Adds the headers, and refuses a write that another site's page has sent (by Sec-Fetch-Site, or else by Origin)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)

        headers = DESK if scope["path"].startswith(PATH) else HEADERS
        sending = covered(send, headers | {"Cache-Control": "no-store"})
        if scope["method"] not in ("GET", "HEAD") and _foreign(dict(scope["headers"])):
            head = [(b"content-type", b"application/json"), (b"content-length", str(len(FORBIDDEN)).encode())]
            await sending({"type": "http.response.start", "status": 403, "headers": head})
            await sending({"type": "http.response.body", "body": FORBIDDEN})
            return None
        return await self._app(scope, receive, sending)


def _foreign(headers: dict[bytes, bytes]) -> bool:
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        return site not in (b"same-origin", b"none")
    origin = headers.get(b"origin")
    return origin is not None and origin.partition(b"://")[2] != headers.get(b"host", b"")
