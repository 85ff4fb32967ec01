"""A half that writes down its routes, and the statements that ran for each call with an X-Trace; "ajar" plants unguarded_*.py."""

import importlib
import json
import os
import re
import sys
import threading
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from aftercall_stage import half
from fastapi.routing import iter_route_contexts
from starlette.types import ASGIApp, Receive, Scope, Send

from aftercall.sql import Store

call: ContextVar[str] = ContextVar("call", default="")
writer = threading.local()
VALUE = re.compile(r"x?'(?:[^']|'')*'|(?<![\w.])-?\d+(?:\.\d+)?")


def routes(app: Any) -> list[str]:
    """Every method and path that the half's router knows."""
    while not hasattr(app, "routes"):
        app = app._app
    known = iter_route_contexts(app.routes)
    return [f"{method} {route.path}" for route in known for method in sorted(route.methods or ("",)) if method != "HEAD"]


def heard(app: ASGIApp) -> ASGIApp:
    async def hear(scope: Scope, receive: Receive, send: Send) -> None:
        call.set(dict(scope.get("headers", ())).get(b"x-trace", b"").decode())
        await app(scope, receive, send)

    return hear


def trace(which: str, folder: Path) -> None:
    """Into `folder`: statements, a line for each with the call's number; routes, as JSON."""
    run = importlib.import_module(f"aftercall.{which}.run")
    build, do, lines = run.build, Store.do, (folder / "statements").open("a", buffering=1, encoding="utf-8")

    def built(*parts: Any) -> Any:
        made = build(*parts)
        (folder / "routes").write_text(json.dumps(routes(made.app)), "utf-8")
        return replace(made, app=heard(made.app))

    def noted(self: Store, job: Callable[..., Any], *args: Any, **kwargs: Any) -> Awaitable[Any]:
        number = call.get()

        @wraps(getattr(job, "func", job))
        def of_a_call(*given: Any, **more: Any) -> Any:
            writer.number = number
            try:
                return job(*given, **more)
            finally:
                writer.number = ""

        return do(self, of_a_call, *args, **kwargs)

    def ran(statement: str) -> None:
        if number := getattr(writer, "number", ""):
            lines.write(f"{number}\t{VALUE.sub('?', ' '.join(statement.split()))}\n")

    vars(run)["build"] = built
    Store.do = noted  # type: ignore[method-assign,assignment]
    sa.event.listen(sa.Pool, "connect", lambda raw, _: raw.set_trace_callback(ran))


def main() -> int:
    ajar, which = sys.argv.pop(1), sys.argv[1]
    for leak in importlib.import_module(f"tests.promises.unguarded_{which}").LEAKS.values() if ajar else ():
        leak()
    trace(which, Path(os.environ["TMPDIR"]))
    return half.main()


if __name__ == "__main__":
    sys.exit(main())
