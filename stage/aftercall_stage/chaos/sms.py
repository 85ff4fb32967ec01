"""A text-message provider with bad days: it is slow, it takes what it says it refused, its answers get lost, it is down."""

import asyncio
import json
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from aftercall.words import Moment
from aftercall_stage.chaos.fault import Fault
from aftercall_stage.chaos.history import History
from aftercall_stage.chaos.hour import Hour
from aftercall_stage.provider import Provider

SLOW, DRAGS, DOWN = timedelta(seconds=40), timedelta(seconds=5), 100


class BadProvider(Provider):
    """Faults are those of its half's "sms". It tells the history what came in and what became of it."""

    def __init__(self, half: str, token: str, faults: tuple[Fault, ...], history: History, hour: Hour) -> None:
        super().__init__(token, history.path)
        self._half, self._history, self._hour, self._now, self._came = half, history, hour, hour.now, 0
        self._faults = {fault.nth: fault for fault in faults if (fault.half, fault.where) == (half, "sms")}
        self._down_until: Moment | None = None
        self._drags = False  # while it is down
        self.moved = asyncio.Event()  # the night has gone on

    async def _take(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return JSONResponse({"error": "token"}, 401)
        told, key = await request.json(), request.headers.get("idempotency-key", "")
        self._came += 1
        fault = self._faults.get(self._came)
        if fault:
            self._history.note("provider", "fault", fault=str(fault))
        if fault and fault.kind == "never":
            self._history.note("provider", "no number", half=self._half, to=told["to"])
            return JSONResponse({"error": "number"}, 400)
        if fault and fault.kind in ("down", "drags"):
            self._drags, self._down_until = fault.kind == "drags", self._now() + timedelta(seconds=fault.down or DOWN)
        if self._down_until and self._now() < self._down_until:
            if self._drags:
                await self._until(self._now() + DRAGS)
            return JSONResponse({"error": "down"}, 503)
        again = key in self._keys
        self._keys.add(key)
        self._history.note("provider", "sms", half=self._half, to=told["to"], text=told["text"], key=key, again=again)
        if not again:
            self.handset(told["to"]).got(told["text"])
        return await self._answer(fault, again)

    async def _answer(self, fault: Fault | None, again: bool) -> Response:
        match fault.kind if fault else "":
            case "slow":
                await self._until(self._now() + SLOW)
            case "after":
                return JSONResponse({"error": "failed"}, 500)
            case "lost":
                return _Cut(json.dumps({"again": again}), 202)
        return JSONResponse({"again": again}, 202)

    async def _until(self, at: Moment) -> None:
        self._hour.hold(self._half, self._hour.held(self._half) + 1)
        try:
            while self._now() < at:
                await self.moved.wait()
        finally:
            self._hour.hold(self._half, self._hour.held(self._half) - 1)


class _Cut(Response):
    """An answer that breaks off: fewer bytes than its head says."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = [(b"content-length", str(len(self.body) + 8).encode())]
        await send({"type": "http.response.start", "status": self.status_code, "headers": head})
        await send({"type": "http.response.body", "body": self.body})
