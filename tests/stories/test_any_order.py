"""Feeds repeat themselves and overtake each other: every order of what is said of a patient ends in the same loss and messages."""

import random
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall.config import Inside
from aftercall.inside import flow
from aftercall.inside.feeds.hl7 import read
from aftercall.inside.feeds.lists import staff_in, units_in
from aftercall.inside.feeds.rotas.rota import rota_in
from aftercall.inside.feeds.site import Site
from aftercall.inside.half import rules_of, words_of
from aftercall.inside.joinkeys import Stray
from aftercall.inside.road.notice import Notice, worth_keeping
from aftercall.inside.store import people
from aftercall.inside.store.tables import attendance, event, tables
from tests.world import LINK, ROTA, STAFF, START, UNITS, adt

MARK = Stray(lambda n: b"k" * n).mark
EXHAUSTIVE = 6  # messages; beyond, this many orders are drawn
DRAWN = 100

Outcome = tuple[tuple[tuple[object, ...], ...], tuple[tuple[object, ...], ...]]


def later(minutes: int, control: str, **fields: str) -> bytes:
    return adt(START + timedelta(minutes=minutes), control, **{"EVN_6": "", **fields})


ALIVE = {"PID_30": "N", "PID_29": '""', "PV1_36": ""}
SILENT = {"PID_30": "", "PID_29": "", "PV1_36": ""}
MOVED = later(-30, "B1", MSH_9="ADT^A02", PV1_3="ICU^2", **SILENT)
DEATH = adt()
COME = later(-60, "A1", MSH_9="ADT^A01", **SILENT)
UPDATED = later(-9, "A2", MSH_9="ADT^A08", **ALIVE)
MERGED = later(3, "M2", MSH_9="ADT^A40", **SILENT) + b"MRG|5550001^^^KISUMU^MR\r"
CANCELLED = later(4, "M2", MSH_9="ADT^A13", **SILENT)
OTHER_NUMBER = adt(START, "M7", "5550001", PV1_36="")

STREAMS = {
    "a death, a copy of it, and the same told again": [DEATH, DEATH, later(2, "M2", MSH_9="ADT^A08"), MOVED],
    "taken back, and then told again": [DEATH, later(5, "M2", MSH_9="ADT^A08", **ALIVE), later(9, "M3", MSH_9="ADT^A08"), MOVED],
    "taken back for good": [DEATH, DEATH, later(5, "M2", MSH_9="ADT^A31", **ALIVE), later(1, "M3", MSH_9="ADT^A08")],
    "only the discharge, and that was cancelled": [
        adt(START, "M1", PID_30="", PID_29=""),
        CANCELLED,
        MOVED,
        COME,
    ],
    "an admission that never was": [COME, DEATH, later(4, "M2", MSH_9="ADT^A11", **SILENT), DEATH],
    "a record that was merged into another": [
        OTHER_NUMBER,
        MERGED,
        UPDATED,
        MOVED,
    ],
    "two dead records that are one": [
        DEATH,
        OTHER_NUMBER,
        MERGED,
        DEATH,
        MOVED,
    ],
    "a clash that is held": [later(0, "M1", PID_30="N"), MOVED, UPDATED, later(-5, "A2", **ALIVE)],
    "all at once": [
        COME,
        MOVED,
        DEATH,
        DEATH,
        CANCELLED,
        later(5, "M3", MSH_9="ADT^A08", **ALIVE),
        later(6, "M4", MSH_9="ADT^A08"),
        OTHER_NUMBER,
        later(8, "M5", MSH_9="ADT^A40", **SILENT) + b"MRG|5550001^^^KISUMU^MR\r",
    ],
}


class World:
    """The hospital's lists, in rows that live in memory."""

    def __init__(self, folder: Path) -> None:
        for name, text in (("staff", STAFF), ("units", UNITS), ("rota", ROTA)):
            (folder / f"{name}.csv").write_text(text)
        settings = Inside(data=folder, zone="Africa/Nairobi", care_link=LINK)
        self.rules, self.site = rules_of(settings, lambda n: b"r" * n), words_of(settings)
        engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
        tables.create_all(engine)
        self.conn = engine.connect()
        staff, units = staff_in(folder / "staff.csv"), units_in(folder / "units.csv")
        shifts = rota_in(folder / "rota.csv", self.site.zone, staff, START, units)
        with self.conn.begin():
            people.mirror(self.conn, self.rules.org, staff, units, shifts)

    def after(self, stream: Sequence[Notice], together: int = 1) -> Outcome:
        """What stands when all is heard, `together` at a time; and then nothing was."""
        with self.conn.begin() as nothing:
            for at in range(0, len(stream), together):
                flow.hear(self.conn, stream[at : at + together], self.rules, START + timedelta(minutes=10))
            rows = outcome(self.conn)
            nothing.rollback()
        return rows


def outcome(conn: Connection) -> Outcome:
    """The losses and the messages that wait, without the random names."""
    losses = conn.execute(
        sa.select(event.c.state, event.c.died_at, event.c.unit, event.c.weight, event.c.rules, event.c.there)
    ).all()
    there = conn.execute(sa.select(attendance.c.staff, attendance.c.why, attendance.c.step, attendance.c.due)).all()
    return tuple(sorted(map(tuple, losses))), tuple(sorted(map(tuple, there)))


def notices(stream: Sequence[bytes], site: Site) -> list[Notice]:
    """As they arrive. A replay is another arrival of the same bytes."""
    heard = [reading.heard for body in stream for reading in read(body, site, MARK, START + timedelta(minutes=10))]
    kept = [worth_keeping(one) for one in heard if isinstance(one, Notice)]
    return [one for one in kept if one]


def orders(stream: list[Notice]) -> Iterator[Sequence[Notice]]:
    if len(stream) <= EXHAUSTIVE:
        yield from permutations(stream)
        return
    rand = random.Random(7)
    for _ in range(DRAWN):
        yield rand.sample(stream, len(stream))


@pytest.mark.parametrize("name", STREAMS)
def test_every_order_ends_in_the_same_losses_and_messages(name: str, tmp_path: Path) -> None:
    world = World(tmp_path)
    stream = notices(STREAMS[name], world.site)
    assert len(stream) == len(STREAMS[name])
    wanted = world.after(stream)
    for order in orders(stream):
        assert world.after(order) == wanted, [one.kind for one in order]


@pytest.mark.parametrize("name", STREAMS)
def test_heard_in_one_transaction_or_in_many_it_is_the_same(name: str, tmp_path: Path) -> None:
    world = World(tmp_path)
    stream = notices(STREAMS[name], world.site)
    assert len({world.after(stream, together) for together in (1, 2, 3, len(stream))}) == 1


def test_the_streams_end_as_their_names_say(tmp_path: Path) -> None:
    world = World(tmp_path)
    ends = {name: [loss[0] for loss in world.after(notices(stream, world.site))[0]] for name, stream in STREAMS.items()}
    assert ends == {
        "a death, a copy of it, and the same told again": ["confirmed"],
        "taken back, and then told again": ["confirmed"],
        "taken back for good": ["withdrawn"],
        "only the discharge, and that was cancelled": ["suspected"],
        "an admission that never was": ["withdrawn"],
        "a record that was merged into another": ["confirmed"],
        "two dead records that are one": ["confirmed"],
        "a clash that is held": ["held"],
        "all at once": ["confirmed"],
    }


def test_a_planted_hurry_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A half that forgets when a thing was said, and goes by when it came, must fail the first of these tests."""
    world = World(tmp_path)
    stream = notices(STREAMS["taken back for good"], world.site)
    hasty = [one._replace(said_at=START, sent=None) for one in stream]
    ends = {
        world.after([one._replace(said_at=START + timedelta(seconds=n)) for n, one in enumerate(order)])
        for order in permutations(hasty)
    }
    assert len(ends) > 1
