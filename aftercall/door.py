"""A web door in our own loop: it keeps no log of who knocked, reads no more than it must, and ends when it is told to."""

import asyncio
import contextlib
import resource
import signal
from collections.abc import Generator, Mapping
from types import MappingProxyType

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aftercall.config import Settings
from aftercall.tls import Certificate

MOST = 128 * 1024  # bytes of a request: forty sealed copies are 66 kB
THROWN = 32 * 1024 * 1024  # read and thrown away, so that the sender hears the answer
NO_LARGER: Mapping[str, int] = MappingProxyType({})
SHUT: Mapping[str, str] = MappingProxyType(
    {
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-DNS-Prefetch-Control": "off",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
        "Strict-Transport-Security": "max-age=31536000",  # on plain HTTP, which is on this machine alone, browsers pass over it
    }
)
"""What every answer of either half carries, beside a policy of its own."""
BARE = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Cache-Control": "no-store", **SHUT}
RENEWED = 100  # rounds of a tenth of a second between two looks at the certificate's files


class Door(uvicorn.Server):
    """Signals are ours: uvicorn would raise them again when it is done, and the process would end before its files are closed."""

    def __init__(self, config: uvicorn.Config, certificate: Certificate | None = None) -> None:
        super().__init__(config)
        self._certificate = certificate

    async def on_tick(self, counter: int) -> bool:
        if self._certificate and counter % RENEWED == 0:
            self._certificate.look()
        return await super().on_tick(counter)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def open_to(app: ASGIApp, s: Settings, larger: Mapping[str, int] = NO_LARGER) -> Door:
    """The half's own door, as its settings say where and how. Raises Wrong when the certificate can't be used."""
    certificate = Certificate(s.tls_cert, s.tls_key) if s.tls_cert else None
    return door(app, s.host, s.port, s.socket, certificate, larger)


def where(s: Settings) -> str:
    """Where that door is, for the first line of the log."""
    return f"at {s.socket}" if s.socket else f"http{'s' if s.tls_cert else ''}://{s.host}:{s.port}/"


def door(
    app: ASGIApp,
    host: str,
    port: int,
    socket: str = "",
    certificate: Certificate | None = None,
    larger: Mapping[str, int] = NO_LARGER,
) -> Door:
    """Not open yet: `serve()` opens it. `larger`: beginnings of paths under which a request may have more bytes."""
    config = uvicorn.Config(
        Measured(app, larger),
        host=host,
        port=port,
        uds=socket or None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        log_level="warning",
        ssl_context_factory=(lambda *_: certificate.context) if certificate else None,
        timeout_graceful_shutdown=2,
        lifespan="off",
    )
    return Door(config, certificate)


async def until_told(*parts: asyncio.Task[None], door: Door | None) -> None:
    """Run until SIGTERM, SIGINT, or the end of a part; then end the door and the others. Raises what a part raised.

    Where there is a door, the first part is its serving.
    """
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, told.set)
    waiting = asyncio.create_task(told.wait())
    done, _ = await asyncio.wait((*parts, waiting), return_when=asyncio.FIRST_COMPLETED)
    if door:
        door.should_exit = True
    for part in (*parts[1 if door else 0 :], waiting):  # the door ends by itself
        part.cancel()
    await asyncio.gather(*parts, waiting, return_exceptions=True)
    for part in done:
        part.result()  # a half without its clock must not look alive


def leave_no_core() -> None:
    """What stands in memory shall not reach the disk because of a crash."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def covered(send: Send, headers: Mapping[str, str]) -> Send:
    """What an answer lacks of these is added on its way out."""
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = {name.lower() for name, _ in message["headers"]}
            message = {**message, "headers": [*message["headers"], *(one for one in raw if one[0] not in given)]}
        await send(message)

    return sending


class Measured:
    """Refuses a request that says it is too long, keeping none of it, and reads no further in one that doesn't say."""

    def __init__(self, app: ASGIApp, larger: Mapping[str, int] = NO_LARGER) -> None:
        self._app, self._larger = app, larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        said, read = dict(scope["headers"]).get(b"content-length", b"0"), 0
        most = next((size for start, size in self._larger.items() if scope["path"].startswith(start)), MOST)

        async def measured() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            return {"type": "http.disconnect"} if read > most else message

        if said.isdigit() and int(said) > most:
            while read < THROWN and (message := await receive()).get("more_body"):  # else the answer is lost with the connection
                read += len(message.get("body", b""))
            refusal = f'{{"error":"size","say":"At most {most // 1024} kB."}}'.encode().ljust(256)
            head = [
                (b"content-type", b"application/json"),
                (b"content-length", str(len(refusal)).encode()),
                (b"connection", b"close"),
            ]
            await covered(send, BARE)({"type": "http.response.start", "status": 413, "headers": head})
            await send({"type": "http.response.body", "body": refusal})
            return None
        return await self._app(scope, measured, send)
