"""Two requests of yours cannot be tied together, and a copy of the care half says little more than who was at how many losses.

A small quarter on the real rows. `python -m tests.promises.linkage QUARTERS` plays whole ones, of 800 staff and ninety days.
"""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from aftercall_stage import asker as asker_module
from sqlalchemy.engine import Connection

from aftercall.outside.store import boxes
from tests.promises.linkage import games, told_apart
from tests.promises.quarter import Phones, Size
from tests.promises.twins import Caught
from tests.world import Night

SEEDS, SMALL = range(1), Size(days=60)
LENGTH = 8  # bytes in common that would tie two asks together


def test_a_small_quarter_tells_no_more_than_it_may() -> None:
    these = games(SEEDS, SMALL)
    assert told_apart(these, SMALL.team) == []
    assert min(one.asks for one in these) > 50
    assert min(one.pairs for one in these) > 1
    assert min(one.visible for one in these) > 0.3, "a game in which nothing is seen proves nothing"
    assert min(one.exposure for one in these) > 0.6, "who was at more losses asks more often, and the hospital knows that"


# leaks ---------------------------------------------------------------------------------------------------------------------


def one_push_endpoint(monkeypatch: pytest.MonkeyPatch) -> type[Phones]:
    """A phone that is subscribed once, and hands in the same address with each ask."""
    real, asking = boxes.keep, list[Phones]()

    def keep(conn: Connection, programme: str, new: Any, ask: Any) -> None:
        real(conn, programme, new, ask)
        if "endpoint" not in {row[1] for row in conn.exec_driver_sql("PRAGMA table_info(box)")}:
            conn.exec_driver_sql("ALTER TABLE box ADD COLUMN endpoint")
        endpoint = hashlib.sha256(str(asking[-1].who).encode()).hexdigest()
        conn.exec_driver_sql("UPDATE box SET endpoint = ? WHERE box = ?", (endpoint, ask.box))

    class Subscribed(Phones):
        def ask(self, who: int) -> Any:
            asking.append(self)
            return super().ask(who)

    monkeypatch.setattr(boxes, "keep", keep)
    return Subscribed


def asks_kept(monkeypatch: pytest.MonkeyPatch) -> type[Phones]:
    """A list of when there were asks, so that the duty can be planned."""
    real = boxes.keep

    def keep(conn: Connection, programme: str, new: Any, ask: Any) -> None:
        real(conn, programme, new, ask)
        conn.exec_driver_sql("CREATE TABLE IF NOT EXISTS history (box, created_at)")
        conn.exec_driver_sql("INSERT INTO history VALUES (?, ?)", (ask.box, int(new.due.timestamp())))

    monkeypatch.setattr(boxes, "keep", keep)
    return Phones


@pytest.mark.parametrize(
    ("leak", "names"),
    [(one_push_endpoint, "tied together"), (asks_kept, "one copy says who asked")],
)
def test_a_planted_leak_is_caught_and_named(leak: Any, names: str, monkeypatch: pytest.MonkeyPatch, caught: Caught) -> None:
    phones = leak(monkeypatch)
    named = [line for line in told_apart(games(SEEDS, SMALL, phones), SMALL.team) if names in line]
    caught("P3", leak.__name__.replace("_", " "), next(iter(named), ""))
    assert named


# two boxes of one phone ----------------------------------------------------------------------------------------------------


def pieces(value: Any) -> Iterator[bytes]:
    """Every run of eight bytes in it, but in what is the same for everybody: the programme, and the peers' numbers."""
    data = value if isinstance(value, bytes) else str(value).encode()
    yield from (data[at : at + LENGTH] for at in range(len(data) - LENGTH + 1))


def asked(night: Night, phone: Any) -> dict[str, set[bytes]]:
    """What one ask leaves: in the rows up to the talk, in what goes over the line, and the order it names the peers in."""
    rows = set[bytes]()

    def look() -> None:
        for found in night.rows("outside", "box", "page_copy", "ring", "msg").values():
            rows.update(piece for row in found for value in row for piece in pieces(value))

    night.run(phone.ask(name="Amina", tel="+254700000002"))
    mine, grace = phone.held(), night.peers["Grace"]
    look()
    while mine.box not in {page.box for page in night.run(grace.pages())}:
        night.pass_time(minutes=5)
    night.run(grace.take(mine.box))
    night.run(grace.write(mine.box, "I'm here."))
    night.run(phone.look())
    night.run(phone.read())
    night.run(phone.write("He was nineteen."))
    look()
    form = json.loads(mine.body)
    sent = [mine.cap, form["hc"], form["contact"], *(part for copy in form["copies"].values() for part in copy.values())]
    night.run(phone.close())
    public = {piece for text in ("kisumu", *(peer.pid for peer in night.peers.values())) for piece in pieces(text)}
    return {
        "in the rows": rows - public,
        "on the line": {piece for value in sent for piece in pieces(value)},
        "in the order of the peers": {"".join(form["order"]).encode()},  # of nine peers' 362,880
    }


def common(night: Night) -> list[str]:
    """What two asks of one phone have in common, an hour apart; [] is kept."""
    phone = night.asker()
    first = asked(night, phone)
    night.pass_time(hours=1)
    second = asked(night, phone)
    both = {where: first[where] & second[where] for where in first}
    return [f"{len(same)} pieces {where}, as {min(same)!r}" for where, same in both.items() if same]


def test_two_boxes_of_one_phone_have_no_eight_bytes_in_common(evening: Night) -> None:
    evening.all_peers()
    assert common(evening) == []


def one_nonce(evening: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    """For all that this phone seals under a key of its own: it is new each time, so what harm?"""
    make, lasting = evening.asker, bytes(range(12))

    def asker(*more: Any) -> Any:
        phone = make(*more)
        real = phone.rand
        phone.rand = lambda n: lasting if n == 12 else real(n)
        return phone

    monkeypatch.setattr(evening, "asker", asker)


def one_order(_: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawn once, and kept."""
    monkeypatch.setattr(asker_module, "shuffled", lambda pids, _: sorted(pids))


@pytest.mark.parametrize(("leak", "names"), [(one_nonce, "in the rows"), (one_order, "in the order of the peers")])
def test_a_phone_that_can_be_known_again_is_caught(
    leak: Any, names: str, evening: Night, monkeypatch: pytest.MonkeyPatch, caught: Caught
) -> None:
    evening.all_peers()
    leak(evening, monkeypatch)
    named = [line for line in common(evening) if names in line]
    caught("P3", leak.__name__.replace("_", " "), next(iter(named), ""))
    assert named
