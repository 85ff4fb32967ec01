"""The desk may say "the same patient" before, between or after the messages: it ends in the same losses and messages."""

import random
from collections.abc import Iterable
from itertools import permutations
from pathlib import Path

import pytest
import sqlalchemy as sa

from aftercall.inside import flow
from aftercall.inside.feeds import sniff
from aftercall.inside.road.notice import Notice, worth_keeping
from aftercall.inside.store.tables import coming
from tests.stories.brought import DEATH, IN_THE_ED, WITH_A_PULSE, died, registered, run, taken_back
from tests.stories.test_any_order import MARK, Outcome, World, later, outcome
from tests.world import START

NOW = START.replace(minute=57)
LATE = {"PV1_44": "20261122223500"}

STREAMS = {
    "the run tells of the death": [run(IN_THE_ED), registered(PV1_7="A1234^Y^A^^^^^^KMPDC")],
    "both tell of it": [run(IN_THE_ED), registered(), died()],
    "the hospital alone": [run(WITH_A_PULSE), registered(), died(), died()],
    "they had the patient still": [run(WITH_A_PULSE, over=DEATH), registered(**LATE), died(**LATE)],
    "taken back by the hospital": [run(IN_THE_ED), died(), taken_back(), registered()],
    "two numbers that are one record": [run(IN_THE_ED), registered(), died(PID_3="778899^^^KISUMU^MR~55^^^KISUMU^PI")],
    "the report again, and now without the death": [run(IN_THE_ED), registered(), died(), run(WITH_A_PULSE)],
    "a merge": [
        run(IN_THE_ED),
        registered(),
        later(3, "M9", MSH_9="ADT^A40", PID_29="", PID_30="", PV1_36="") + b"MRG|55^^^KISUMU^MR\r",
    ],
}


def notices(stream: Iterable[bytes], world: World) -> list[Notice]:
    """Of two reports of one run the one that comes later in the list is the newer, in whatever order they are heard."""
    heard = [
        one
        for minute, body in enumerate(stream)
        for one in sniff.kind_of(body).read(body, world.site, MARK, NOW.replace(second=minute))
    ]
    return [kept for one in heard if isinstance(one, Notice) and (kept := worth_keeping(one))]


def known(world: World) -> tuple[str, str] | None:
    rows = world.conn.execute(sa.select(coming.c.side, coming.c.record)).all()
    found = {row.side: row.record for row in rows}
    return (found["run"], found["stay"]) if len(found) == 2 else None


def end(world: World, order: Iterable[Notice], at: int, words: Iterable[str]) -> Outcome | None:
    """What stands when the desk has spoken after so many messages; None where not both were known by then."""
    both = None
    with world.conn.begin() as nothing:
        for number, one in enumerate(order, 1):
            flow.hear(world.conn, [one], world.rules, NOW)
            if number == at and (both := known(world)):
                for word in words:
                    flow.answer(world.conn, flow.Join(both[0], both[1], word), world.rules, NOW)
        losses, there = outcome(world.conn)
        nothing.rollback()
    # Of whoever was there by both the reason that was heard first stands: no message depends on it, and nobody is shown it.
    return (losses, tuple((staff, *rest) for staff, _, *rest in there)) if both else None


def orders(stream: list[Notice]) -> list[tuple[Notice, ...]]:
    """All of three; of more a part, drawn with a fixed seed."""
    every = list(permutations(stream))
    return random.Random(7).sample(every, min(8, len(every)))


@pytest.mark.parametrize("words", ["yes", "yes undo yes"])
@pytest.mark.parametrize("name", STREAMS)
def test_whenever_the_desk_says_so_it_ends_the_same(name: str, words: str, tmp_path: Path) -> None:
    world = World(tmp_path)
    stream = notices(STREAMS[name], world)
    ends = {end(world, order, at, words.split()) for order in orders(stream) for at in range(2, len(stream) + 1)} - {None}
    assert len(ends) == 1, ends


@pytest.mark.parametrize("name", STREAMS)
def test_a_yes_taken_back_is_as_if_it_had_never_been_said(name: str, tmp_path: Path) -> None:
    world = World(tmp_path)
    stream = notices(STREAMS[name], world)
    assert end(world, stream, len(stream), ["yes", "undo"]) == end(world, stream, len(stream), [])


def test_the_streams_end_as_their_names_say(tmp_path: Path) -> None:
    world = World(tmp_path)
    ends = {}
    for name, bodies in STREAMS.items():
        stream = notices(bodies, world)
        ended = end(world, stream, len(stream), ["yes"])
        assert ended
        ends[name] = [(loss[0], loss[5]) for loss in ended[0] if loss[0] != "call"]
    assert ends == {
        "the run tells of the death": [("confirmed", 4)],
        "both tell of it": [("confirmed", 4)],
        "the hospital alone": [("confirmed", 4)],
        "they had the patient still": [("confirmed", 4)],
        "taken back by the hospital": [("confirmed", 4)],
        "the report again, and now without the death": [("confirmed", 4)],
        "two numbers that are one record": [("confirmed", 4)],
        "a merge": [("confirmed", 4)],
    }
