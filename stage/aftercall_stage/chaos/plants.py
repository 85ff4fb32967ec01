"""Faults put into a running half on purpose. A checker that does not name each of them is worth nothing (DECISIONS 37)."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from types import ModuleType
from typing import Any

import sqlalchemy as sa

from aftercall.inside.store import ledger, outbox
from aftercall.outside import ladder
from aftercall.outside.road.box import Box
from aftercall.outside.store import boxes, rings
from aftercall.words import Message
from aftercall.work import Job
from aftercall_stage.chaos.points import PointRoads, PointStore


class TellsFirst(PointStore):
    """Says that it is kept, and then keeps it."""

    def _together(self, group: list[Job]) -> list[Job]:
        names = tuple(job.work.__name__ for job in group)
        with self.engine.begin() as conn:
            for job in group:
                job.done.set_result(job.work(conn))
            time.sleep(0.2)  # the answer is out when the half breaks at the next point
            self.before_commit(names)
        self.after_commit(names)
        return []


class Forgets(PointStore):
    """A ladder that stands in memory alone: after a restart nobody knows when the next wave is due."""

    def __init__(self, engine: sa.Engine) -> None:
        with engine.begin() as conn:
            if sa.inspect(conn).has_table("box"):
                conn.exec_driver_sql("UPDATE box SET due = NULL")
                conn.exec_driver_sql("DELETE FROM ring")
        super().__init__(engine)


class MarksFirst(PointRoads):
    """Lets the row be marked as sent, and sends a moment later."""

    async def send(self, message: Message) -> None:
        self._late = asyncio.create_task(self._later(message))

    async def _later(self, message: Message) -> None:
        await asyncio.sleep(0.4)
        await super().send(message)


def _early() -> None:
    """Waves that ring forty seconds before they are due."""
    on_time, climb = boxes.due, getattr(ladder, CLIMB)
    soon = timedelta(seconds=40)
    _change(boxes, "due", lambda conn, programme, now, *more: on_time(conn, programme, now + soon, *more))
    _change(ladder, CLIMB, lambda box, copies, ready, now, *more: _due_by(climb(box, copies, ready, now + soon, *more), -soon))


def _due_by(climbed: tuple[Box, tuple[str, ...]], by: timedelta) -> tuple[Box, tuple[str, ...]]:
    box, ring = climbed
    return (replace(box, due=box.due + by) if box.due else box), ring


def _haunts() -> None:
    """Rings that outlive the answer."""
    _change(rings, "drop", lambda *_: None)
    _change(rings, "stands", lambda *_: True)


def _deaf() -> None:
    """A withdrawal that takes back nothing."""
    _change(ledger, "take_back", lambda *_: 0)


def _unstopped() -> None:
    """A STOP that is answered and not kept."""
    _change(outbox, "silence", lambda *_: None)


def _change(module: ModuleType, name: str, to: Callable[..., Any]) -> None:
    assert hasattr(module, name)
    setattr(module, name, to)


CLIMB = "climb"
STORES: dict[str, type[PointStore]] = {"tells-first": TellsFirst, "forgets": Forgets}
ROADS: dict[str, type[PointRoads]] = {"marks-first": MarksFirst}
PATCHES: dict[str, Callable[[], None]] = {"early": _early, "haunts": _haunts, "deaf": _deaf, "unstopped": _unstopped}
NAMES = (*STORES, *ROADS, *PATCHES)


def sow(plant: str) -> None:
    """Change this process's program. For those that are no store and no road."""
    PATCHES.get(plant, lambda: None)()
