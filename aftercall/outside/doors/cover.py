"""What every answer of the care half carries: nothing from elsewhere, nothing kept, nothing told to the next site."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aftercall.outside.doors.answers import padded
from aftercall.phone.frame import SCRIPT, STYLE, hashed

HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; script-src 'self' {hashed(SCRIPT)}; style-src 'self' {hashed(STYLE)}; img-src 'self'; "
        "connect-src 'self'; manifest-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-DNS-Prefetch-Control": "off",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
    "Strict-Transport-Security": "max-age=31536000",
}
FORBIDDEN = bytes(padded({"error": "origin", "say": "This call came from another site."}, 256).body)


class Cover:
    """Adds the headers, and refuses a write that another site's page has sent (by Sec-Fetch-Site, or else by Origin)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._headers = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)

        async def covered(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                more = [] if b"cache-control" in given else [(b"cache-control", b"no-store")]
                message = {**message, "headers": [*message["headers"], *self._headers, *more]}
            await send(message)

        if scope["method"] not in ("GET", "HEAD") and _foreign(dict(scope["headers"])):
            head = [(b"content-type", b"application/json"), (b"content-length", str(len(FORBIDDEN)).encode())]
            await covered({"type": "http.response.start", "status": 403, "headers": head})
            await covered({"type": "http.response.body", "body": FORBIDDEN})
            return None
        return await self._app(scope, receive, covered)


def _foreign(headers: dict[bytes, bytes]) -> bool:
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        return site not in (b"same-origin", b"none")
    origin = headers.get(b"origin")
    return origin is not None and origin.partition(b"://")[2] != headers.get(b"host", b"")
