"""Health and metrics at a web door, for who shows the one token that opens them; for everybody else there is no such address."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Header, Request
from starlette.responses import Response

from aftercall.watch.figures import TYPE
from aftercall.watch.watched import Watched, may


def window(prefix: str, gone: Callable[[], Response]) -> APIRouter:
    """`gone`: what that door answers to an address it doesn't know. What is looked at stands in `app.state.watch`."""
    router = APIRouter(prefix=prefix, include_in_schema=False)

    def half(request: Request, authorization: str) -> Watched | None:
        watch: Watched = request.app.state.watch
        return watch if may(request.app.state.watch_token, authorization) else None

    @router.get("/health")
    async def health(request: Request, authorization: Annotated[str, Header()] = "") -> Response:
        """503 while it is not well, and no answer at all means the same: for a monitor that looks once a minute."""
        this = half(request, authorization)
        return gone() if this is None else answered(this)

    @router.get("/metrics")
    async def metrics(request: Request, authorization: Annotated[str, Header()] = "") -> Response:
        this = half(request, authorization)
        return gone() if this is None else Response(this.metrics(), headers={"Content-Type": TYPE})

    return router


def answered(this: Watched) -> Response:
    well, told = this.health()
    return Response(told, 200 if well else 503, media_type="text/plain")
