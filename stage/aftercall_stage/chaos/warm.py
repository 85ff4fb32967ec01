"""What every start of a half would do anew, done once before the children are made: a night starts a half five times and more."""

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


def warm() -> None:
    """No thread is left behind: this process is to be forked."""
    jinja2.Environment.compile = _kept({})  # type: ignore[method-assign]
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
