"""P12: leaders' numbers hide you. With one request or without it, page and dump come out nearly as often alike."""

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy.engine import Connection

from aftercall.outside.road import sheet as road
from aftercall.outside.road.sheet import Counting
from aftercall.outside.store import sheets
from aftercall.outside.store.tables import agg
from tests.promises.leaders import told_apart
from tests.promises.twins import Caught

RUNS, FEW = 600, 150  # 20,000 in `make night`


def test_neither_page_nor_dump_tells_whether_one_more_had_asked() -> None:
    assert told_apart(RUNS) == []


def noise_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """What many would do: count exactly, and blur what is published."""
    real = sheets.turn
    monkeypatch.setattr(Counting, "noise", lambda _: 0)

    def turn(conn: Connection, programme: str, counting: Counting, signed: sheets.Sign, today: date) -> None:
        conn.execute(agg.update().where(agg.c.programme == programme).values(value=agg.c.value + road.laplace(1, 4, counting.rand)))
        real(conn, programme, counting, signed, today)

    monkeypatch.setattr(sheets, "turn", turn)


def unrounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(road, "shown", lambda value: value)


def no_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Counting, "noise", lambda _: 0)


@pytest.mark.parametrize(
    ("leak", "names"), [(noise_last, "a dump that says 10 "), (unrounded, "not in fives"), (no_noise, "the page that says")]
)
def test_a_planted_leak_is_caught_and_named(
    leak: Callable[[pytest.MonkeyPatch], None], names: str, monkeypatch: pytest.MonkeyPatch, caught: Caught
) -> None:
    leak(monkeypatch)
    named = [line for line in told_apart(FEW) if names in line]
    caught("P12", leak.__name__.replace("_", " "), next(iter(named), ""))
    assert named
