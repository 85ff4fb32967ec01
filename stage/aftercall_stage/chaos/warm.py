"""What every start of a half would do anew, done once before the children are made: a night starts a half five times and more."""

import importlib
import ssl
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

import httpx
import jinja2
import sqlalchemy as sa

from aftercall.config import Outside
from aftercall.inside import run as inside
from aftercall.outside import run as outside
from aftercall.outside.doors.shelf import Shelf
from aftercall.sql import upgrade

_compile = jinja2.Environment.compile
_context = ssl.create_default_context
LATE = ("uvicorn.lifespan.off", "uvicorn.protocols.http.auto", "uvicorn.protocols.websockets.auto", "anyio._backends._asyncio")
"""What a half imports only when it runs."""


def warm() -> None:
    """No thread is left behind: this process is to be forked."""
    jinja2.Environment.compile = _kept({})  # type: ignore[method-assign]
    ssl.create_default_context = cache(_context)  # type: ignore[assignment]
    for name in LATE:
        importlib.import_module(name)
    sa.create_engine("postgresql+psycopg://").dispose()
    httpx.AsyncClient(trust_env=False)
    Shelf(Outside(data=Path(), programme="p", name="n", run_by="r", codes=[], duty_tel="1", lines=[]), b"root")
    for run in (inside, outside):
        engine = sa.create_engine("sqlite://")
        upgrade(engine, run.MIGRATIONS)
        engine.dispose()


def _kept(made: dict[Any, CodeType]) -> Any:
    """Pages are the same program in every language and after every start."""

    def compile(env: jinja2.Environment, source: str, name: str | None = None, filename: str | None = None, **how: Any) -> Any:
        ways = (env.trim_blocks, env.lstrip_blocks, str(env.autoescape), *sorted(env.extensions), *sorted(how.items()))
        key = (source, name, filename, *ways)
        if key not in made:
            made[key] = _compile(env, source, name, filename, **how)
        return made[key]

    return compile
