"""A provider that answers as the story says, and keeps what it was asked."""

import asyncio
import contextlib
import json
import socket
from collections.abc import Generator
from dataclasses import dataclass
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


@dataclass(frozen=True)
class Asked:
    path: str
    head: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


class _Quiet(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


class Counter:
    """Where a message is handed over. `answers` are given one after the other, the last for ever."""

    def __init__(self, *answers: tuple[int, object]) -> None:
        self.answers, self.asked = list(answers) or [(200, {})], list[Asked]()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._door.getsockname()[1]}"
        app = Starlette(routes=[Route("/{path:path}", self._take, methods=["POST"])])
        self._server = _Quiet(uvicorn.Config(app, lifespan="off", access_log=False, log_level="warning"))

    async def _take(self, request: Request) -> Response:
        self.asked.append(Asked(request.url.path, dict(request.headers), await request.body()))
        status, what = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return Response(what if isinstance(what, str) else json.dumps(what), status, {"connection": "close"})

    async def __aenter__(self) -> "Counter":
        self._serving = asyncio.create_task(self._server.serve([self._door]))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.should_exit = True
        await self._serving
        self._door.close()
