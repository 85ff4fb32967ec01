"""A fake text-message provider: takes what has its token, drops the second of two with one key, and puts the rest into handsets."""

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import Generator
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from aftercall_stage.handset import Handset


class _Quiet(uvicorn.Server):
    """Signals are the business of whoever runs the stage."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


class Provider:
    """One half's provider. `log` is a file with a line for each message that came in, also for those dropped."""

    def __init__(self, token: str, log: Path) -> None:
        self.token, self.log = token, log
        self.handsets: dict[str, Handset] = {}
        self.busy: set[str] = set()  # numbers that can't be reached now: 503, try again
        self.taken = asyncio.Condition()  # told of each message
        self._keys: set[str] = set()
        app = Starlette(routes=[Route("/sms", self._take, methods=["POST"])])
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._door.getsockname()[1]}/sms"
        self._server = _Quiet(uvicorn.Config(app, lifespan="off", access_log=False, log_level="warning"))

    def handset(self, number: str) -> Handset:
        return self.handsets.setdefault(number, Handset(number))

    async def _take(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return JSONResponse({"error": "token"}, 401)
        told, key = await request.json(), request.headers.get("idempotency-key", "")
        if told["to"] in self.busy:
            return JSONResponse({"error": "busy"}, 503)
        again = key in self._keys
        self._keys.add(key)
        with self.log.open("a", encoding="utf-8") as log:
            log.write(json.dumps({"at": time.time(), "to": told["to"], "text": told["text"], "key": key, "again": again}) + "\n")
        if not again:
            self.handset(told["to"]).got(told["text"])
            async with self.taken:
                self.taken.notify_all()
        return JSONResponse({"again": again}, 202)

    async def __aenter__(self) -> "Provider":
        self._serving = asyncio.create_task(self._server.serve([self._door]))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.should_exit = True
        await self._serving
        self._door.close()
