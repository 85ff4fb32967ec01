"""One night from its plan to what is left of it: everybody lives, things break, and the rows are written down at the end."""

import base64
import json
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from aftercall_stage.chaos.house import House
from aftercall_stage.chaos.nursery import Nursery
from aftercall_stage.chaos.people import OnDuty, Phone, hospital, stopper, texter
from aftercall_stage.chaos.plan import Plan

FILES = {"inside": "event.db", "outside": "care.db"}


async def live(
    plan: Plan, folder: Path, nursery: Nursery, urls: dict[str, str], workers: int = 1, plant: str = ""
) -> dict[str, dict[str, int]]:
    """How often each half passed which point. In the folder: history.jsonl, rows-inside.json, rows-outside.json, all of both."""
    async with House(folder, nursery, plan, urls, workers, plant) as house:
        for peer, habit in zip(house.peers, plan.peers, strict=True):
            house.act("outside", f"peer-{peer.pid}", OnDuty(house, peer, habit).live())
        for n, death in enumerate(plan.deaths):
            house.act("inside", f"hospital-{n}", hospital(house, n, death))
        for n, ask in enumerate(plan.asks):
            house.act("outside", f"asker-{n}", Phone(house, n, ask).live())
        for n, at in enumerate(plan.stops):
            house.act("inside", f"juma-{n}", stopper(house, at))
        for n, at in enumerate(plan.texts):
            house.act("outside", f"texter-{n}", texter(house, n, at))
        await house.run(plan.length)
        passed = {half: dict(counts) for half, counts in house.passings.items()}
        cpu = sum(kept.cpu for kept in house.kept)
        fallen = {kept.name: kept.log for kept in house.kept}
    for half, name in FILES.items():
        url = urls.get(half) or f"sqlite:///{folder / half / 'data' / name}"
        (folder / f"rows-{half}.json").write_text(json.dumps(rows(url)), "utf-8")
    (folder / "logs.json").write_text(json.dumps({**fallen, "cpu": cpu}), "utf-8")
    return passed


def rows(url: str) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, as anybody reads it who holds the database."""
    engine = sa.create_engine(url)
    try:
        with engine.connect() as conn:
            return {
                table: [dict(zip(found.keys(), map(_plain, row), strict=True)) for row in found]
                for table in sa.inspect(conn).get_table_names()
                for found in [conn.execute(sa.text(f'SELECT * FROM "{table}"'))]
            }
    finally:
        engine.dispose()


def _plain(value: Any) -> Any:
    return base64.b64encode(bytes(value)).decode() if isinstance(value, bytes | memoryview) else value
