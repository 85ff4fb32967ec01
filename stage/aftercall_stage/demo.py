"""One address for the whole night: the stage's page on one port, and a window for each phone on a port of its own."""

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from aftercall_stage.board import board
from aftercall_stage.pocket import Behind, pocket
from aftercall_stage.shift import CAST, Shift

HOST = "127.0.0.1"


class Server(uvicorn.Server):
    """Ends when it is told to; signals are the demo's, so that both halves are ended before the process is."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Ports:
    """Whoever listens on the port that was called."""

    def __init__(self, apps: dict[int, ASGIApp]) -> None:
        self._apps = apps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._apps[scope["server"][1]](scope, receive, send)


async def demo(port: int, folder: Path) -> None:
    """Until somebody presses Ctrl-C. Raises OSError when the port is taken."""
    door = _listen(port)
    windows = {who.key: _listen(0) for who in CAST}
    shift = Shift(folder, {key: _origin(window) for key, window in windows.items()})
    async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=None), trust_env=False) as client:
        apps: dict[int, ASGIApp] = {_port(door): board(shift)}
        for key, window in windows.items():
            apps[_port(window)] = pocket(_origin(window), _origin(door), _behind(shift, key), client)
        config = uvicorn.Config(Ports(apps), access_log=False, log_level="warning", lifespan="off", timeout_graceful_shutdown=1)
        server = Server(config)
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, setattr, server, "should_exit", True)
        nights = asyncio.create_task(shift.work())
        print(f"\n  A night in the ED: {_origin(door)}/\n  Ctrl-C ends it.\n", flush=True)
        await server.serve(sockets=[door, *windows.values()])
        shift.end()
        await nights


def _behind(shift: Shift, key: str) -> Behind:
    async def certify(request: dict[str, Any]) -> None:
        await shift.certify(key, request)

    return Behind(lambda: shift.care, lambda: shift.ahead, lambda: shift.card(key), certify)


def _listen(port: int) -> socket.socket:
    return socket.create_server((HOST, port))


def _port(door: socket.socket) -> int:
    return int(door.getsockname()[1])


def _origin(door: socket.socket) -> str:
    return f"http://{HOST}:{_port(door)}"
