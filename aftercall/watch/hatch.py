"""A hatch into a running half for whoever runs it: a socket beside its database that no other user can open.

Not the loopback address: behind a proxy on the same machine everybody comes from there.
"""

import contextlib
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from aftercall.watch.figures import TYPE
from aftercall.watch.findings import Finding, from_plain, plain
from aftercall.watch.watched import Watched
from aftercall.watch.window import answered

PATIENCE = 5.0  # seconds for a half that lives to answer


def name_of(url: str) -> str:
    """On SQLite there is one process; on PostgreSQL there may be several, each with its own."""
    return f"watch-{os.getpid()}.sock" if url else "watch.sock"


@contextlib.contextmanager
def opened(folder: Path, name: str) -> Iterator[socket.socket]:
    """Only this user may open it."""
    with _reach(folder, name) as path:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)  # a killed half leaves it behind
        here, before = socket.socket(socket.AF_UNIX), os.umask(0o177)
        try:
            here.bind(path)
        finally:
            os.umask(before)
    try:
        yield here
    finally:
        here.close()
        (folder / name).unlink(missing_ok=True)


@contextlib.contextmanager
def _reach(folder: Path, name: str) -> Iterator[str]:
    """The path of a socket may have 107 bytes; a folder's may be longer."""
    here = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{here}/{name}"
    finally:
        os.close(here)


def app(half: Watched, *more: Route) -> Starlette:
    async def health(_: Request) -> Response:
        return answered(half)

    async def metrics(_: Request) -> Response:
        return Response(half.metrics(), headers={"Content-Type": TYPE})

    async def doctor(_: Request) -> Response:
        return JSONResponse(plain(await half.doctor()))

    return Starlette(routes=[Route("/health", health), Route("/metrics", metrics), Route("/doctor", doctor), *more])


class Silent(Exception):
    """A process holds the socket and does not answer."""


def asked(folder: Path) -> list[list[Finding]]:
    """What each running process of this half on this machine finds of itself. Raises Silent, with the name of its socket."""
    return [from_plain(given) for given in _each(folder, lambda line: line.get("http://half/doctor"))]


def pressed(folder: Path, path: str, given: dict[str, str]) -> dict[str, str] | None:
    """What the first running process answers; None where none runs on this machine. Raises Silent."""
    return next(_each(folder, lambda line: line.post(f"http://half{path}", json=given)), None)


def _held(path: str) -> bool:
    """False: whoever had it has gone. Looked at first, for the library leaves a socket open that could not connect."""
    with socket.socket(socket.AF_UNIX) as here, contextlib.suppress(ConnectionRefusedError, FileNotFoundError):
        here.settimeout(PATIENCE)
        here.connect(path)
        return True
    return False


def _each(folder: Path, ask: Callable[[httpx.Client], httpx.Response]) -> Iterator[Any]:
    for path in sorted(folder.glob("watch*.sock")):
        with _reach(folder, path.name) as there, httpx.Client(transport=httpx.HTTPTransport(uds=there), timeout=PATIENCE) as line:
            if not _held(there):
                continue
            try:
                answer = ask(line).raise_for_status()
            except httpx.ConnectError:
                continue  # whoever had it has gone
            except httpx.HTTPError:
                raise Silent(path.name) from None
            yield answer.json()
