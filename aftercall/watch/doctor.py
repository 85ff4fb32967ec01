"""A running half is asked how it is; where none runs, what can be seen without it is looked at. Nothing is changed by looking."""

from collections.abc import Callable, Iterable
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall.config import Settings
from aftercall.sql import open_engine, read_only
from aftercall.watch import hatch
from aftercall.watch.findings import BROKEN, OK, Finding

STUCK = "It is stopped, or stuck. End it (`kill`, if need be `kill -9`: nothing acknowledged is lost) and start it again."


def examined(
    s: Settings, half: str, file: Path, rows: Callable[[Connection], Iterable[Finding]], machine: Iterable[Finding]
) -> list[Finding]:
    """`file`: its SQLite database. `rows`: what they say. `machine`: what is seen without either."""
    try:
        told = hatch.asked(s.data)
    except hatch.Silent as which:
        return [Finding("running", BROKEN, f"it holds {which} open and does not answer", STUCK), *machine]
    if told:
        here = Finding("running", OK, "yes" if len(told) == 1 else f"{len(told)} workers on this machine")
        return [here, *dict.fromkeys(one for found in told for one in found)]  # what several say of the machine stands there once
    away = Finding("running", BROKEN, "no process of this half runs on this machine", f"Start it: aftercall {half} --config FILE")
    return [away, *_rows(s, file, rows), *machine]


def _rows(s: Settings, file: Path, rows: Callable[[Connection], Iterable[Finding]]) -> list[Finding]:
    if not s.url and not file.exists():
        return [Finding("database", BROKEN, f"{file} isn't there", "It is made at the first start.")]
    engine = open_engine(s.url, ()) if s.url else read_only(file)
    try:
        with engine.connect() as conn:
            return list(rows(conn))
    except (sa.exc.SQLAlchemyError, OSError, ValueError) as problem:
        do = "Is `url` right, and the database there? Start the half once, for its newest tables."
        return [Finding("database", BROKEN, f"it can't be read ({type(problem).__name__})", do)]
    finally:
        engine.dispose()
