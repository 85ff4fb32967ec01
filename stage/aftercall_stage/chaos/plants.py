"""Faults put into a running half on purpose. A checker that does not name each of them is worth nothing (DECISIONS 37)."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall.inside.store import ledger
from aftercall.outside import flow
from aftercall.outside.store import boxes, rings
from aftercall.words import Message
from aftercall_stage.chaos.points import PointRoads, PointStore


class TellsFirst(PointStore):
    """Says that it is kept, and then keeps it."""

    def _together(self, conn: Connection, group: list[tuple[Callable[[Connection], Any], Future[Any]]]) -> None:
        with conn.begin():
            for job, done in group:
                if done.set_running_or_notify_cancel():
                    done.set_result(job(conn))
            time.sleep(0.2)  # the answer is out when the half breaks at the next point
            self.before_commit(tuple(job.__name__ for job, _ in group))
        self.after_commit(tuple(job.__name__ for job, _ in group))


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
    on_time, climb = boxes.due, getattr(flow, "climb")
    soon = timedelta(seconds=40)
    boxes.due = lambda conn, programme, now, *more: on_time(conn, programme, now + soon, *more)
    flow.climb = lambda box, copies, on_duty, now, steps: climb(box, copies, on_duty, now + soon, steps)


def _haunts() -> None:
    """Rings that outlive the answer."""
    rings.drop = lambda *_: None
    rings.stands = lambda *_: True


def _deaf() -> None:
    """A withdrawal that takes back nothing."""
    ledger.take_back = lambda *_: None


STORES: dict[str, type[PointStore]] = {"tells-first": TellsFirst, "forgets": Forgets}
ROADS: dict[str, type[PointRoads]] = {"marks-first": MarksFirst}
PATCHES: dict[str, Callable[[], None]] = {"early": _early, "haunts": _haunts, "deaf": _deaf}
NAMES = (*STORES, *ROADS, *PATCHES)


def sow(plant: str) -> None:
    """Change this process's program. For those that are no store and no road."""
    PATCHES.get(plant, lambda: None)()
