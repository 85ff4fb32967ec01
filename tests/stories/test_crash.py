"""Wherever a half dies in the night, Grace talks to Amina in the end, and nobody is rung by a ghost.

Two real processes, on SQLite and on PostgreSQL, ended by SIGKILL at a named point (DECISIONS 37). The checker reads the database
and handsets only.
"""

import asyncio
import json
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aftercall_stage import troupe
from aftercall_stage.half import POINTS
from aftercall_stage.night import amina, death, juma, people
from aftercall_stage.phones import Asker, Peer
from aftercall_stage.troupe import HALVES, Stuck, Troupe, until

from aftercall.inside.feeds.mllp import send

NIGHT = 60.0  # seconds in which one night must have ended
HELD = 31.0  # seconds after which what was in flight when a half died is looked at again


@dataclass
class Told:
    """What was acknowledged to somebody, and must hold from then on."""

    night: int
    began: float = field(default_factory=time.time)
    taken: float = 0.0
    box: str = ""
    due: set[str] = field(default_factory=set)  # numbers that must ring, once
    to_amina: list[str] = field(default_factory=list)
    to_grace: list[str] = field(default_factory=list)
    figures: dict[str, int] = field(default_factory=dict)  # as the counts of the sheet stood before the ask


@pytest.mark.parametrize(("half", "urls"), [("inside", "postgresql"), ("outside", "sqlite")], indirect=["urls"])
def test_a_night_ends_well_wherever_this_half_dies(half: str, tmp_path: Path, urls: tuple[str, str]) -> None:
    """Each point once in this very story; the nights of `make nights` die at all of them on both databases."""
    asyncio.run(nights(tmp_path, [point for point in POINTS if point.startswith(half)], urls=urls))


def test_a_half_that_says_sent_before_it_sends_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hurry() -> None:
        monkeypatch.setattr(troupe, "PATIENCE", 12.0)

    with pytest.raises(Stuck, match="the first wave has rung"):
        asyncio.run(nights(tmp_path, ["outside.before-send.sms"], plant="hasty", begun=hurry))


def test_a_file_that_remembers_a_closed_talk_is_caught(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"care\.db remembers"):
        asyncio.run(nights(tmp_path, ["outside.after-commit.answer:close"], sql=KEEPER))


KEEPER = """CREATE TABLE kept (box TEXT);
CREATE TRIGGER keeps AFTER DELETE ON box BEGIN INSERT INTO kept VALUES (old.box); END;"""


async def nights(
    folder: Path,
    points: list[str],
    plant: str = "",
    sql: str = "",
    urls: tuple[str, str] = ("", ""),
    begun: Callable[[], None] = lambda: None,
) -> None:
    """One night for each point, one after the other. `plant` and `sql` put a fault into the running half; `begun` hears that both
    halves are up and the peers on duty."""
    async with Troupe(folder, nights=len(points), plant=plant, urls=dict(zip(HALVES, urls, strict=True))) as t:
        await t.on_duty()
        begun()
        await asyncio.sleep(1 if plant else 0)  # then the test rings of that half are still on their way
        if sql:
            with closing(sqlite3.connect(t.data("outside") / "care.db")) as file:
                file.executescript(sql)
        for night, point in enumerate(points):
            try:
                await one_night(t, night, point)
            except BaseException as problem:
                problem.add_note(f"the half died at {point} ({POINTS[point]})")
                raise


async def one_night(t: Troupe, night: int, point: str) -> None:
    await t.control(point.partition(".")[0]).ask({"do": "arm", "point": point})
    falls: list[tuple[str, int]] = []
    keeper, story = asyncio.create_task(keep_up(t, falls)), asyncio.create_task(tell(t, night))
    try:
        async with asyncio.timeout(NIGHT):
            await asyncio.wait((keeper, story), return_when=asyncio.FIRST_COMPLETED)
            if keeper.done():
                keeper.result()  # it never ends but by an error
            told = await story
            await until(lambda: bool(falls) and all(map(t.alive, HALVES)), f"something dies at {point}, and comes back")
    finally:
        for task in (keeper, story):
            task.cancel()
        await asyncio.gather(keeper, story, return_exceptions=True)
    assert falls == [(point.partition(".")[0], -9)]
    await until(lambda: all_told(t, night), "everyone who was there was told, and the rows know it")
    check_inside(t, night)
    check_outside(t, told)


async def keep_up(t: Troupe, falls: list[tuple[str, int]]) -> None:
    """What systemd does: start again what fell. Then half a minute passes, so that what was in flight is looked at again."""
    while True:
        for half in HALVES:
            if not t.alive(half):
                code = await t.fallen(half)
                await t.restart(half)
                await t.move(HELD)
                falls.append((half, code))
        await asyncio.sleep(0.02)


async def tell(t: Troupe, night: int) -> Told:
    """From the hospital's message to the end of the talk. Everybody here tries again as their phone would, and nobody for ever.

    Every second night only Grace's phone can be reached at first, and it is she who closes.
    """
    told, grace = Told(night), t.peers[0]
    await say(t, death(t.now(), night))
    handset = t.providers["inside"].handset(amina(night).phone)
    await until(lambda: bool(handset.texts and t.providers["inside"].handset(juma(night).phone).texts), "Amina and Juma got it")
    phone, busy = Asker(t.client, handset.code, t.now), t.providers["outside"].busy
    told.figures = figures(t)
    busy |= {peer.card["tel"] for peer in t.peers if night % 2 and peer is not grace}
    await phone.ask(wish=grace.pid, name="Amina", tel=handset.number)
    first = (await phone.look()).rung
    told.box, told.due = phone.held().box, {peer.card["tel"] for peer in t.peers if peer.pid in first} - busy
    await t.move(1)
    await until(lambda: len(rung(t, told)) == len(told.due), "the first wave has rung")
    await answer(grace, phone, told)
    busy.clear()
    await t.move(HELD)  # a ring that was still being tried would go now
    await talk(grace, phone, told)
    if night % 2:
        await grace.close(told.box)
        assert (await phone.look()).state == "ended"
    else:
        await phone.close()
    return told


async def say(t: Troupe, message: bytes) -> None:
    """A hospital's interface engine: it says it again until it hears AA."""
    end = time.monotonic() + troupe.PATIENCE
    while True:
        try:
            answers = [answer async for answer in send("127.0.0.1", t.mllp_port, [message], 5.0)]
            assert b"MSA|AA|" in answers[0]
            break
        except OSError:
            if time.monotonic() > end:
                raise Stuck("nobody took the hospital's message") from None
            await asyncio.sleep(0.05)
    await t.move(1)  # what is due at the next whole second, as everything here, is due now


async def answer(grace: Peer, phone: Asker, told: Told) -> None:
    pages = await grace.pages()
    assert [page.box for page in pages] == [told.box]
    assert await grace.take(told.box)
    told.taken = time.time()
    assert grace.contacts[told.box]["name"] == "Amina"
    assert (await phone.look()).taker == grace.pid
    assert phone.words == grace.words(told.box)


async def talk(grace: Peer, phone: Asker, told: Told) -> None:
    """Each letter whose sending was acknowledged is read once, in its order."""
    await grace.write(told.box, "Grace here. I have time, and I'm listening.")
    told.to_amina += await phone.read()
    await phone.write("He was nineteen.")
    await phone.write("I keep hearing his mother.")
    told.to_grace += await grace.read(told.box)
    await grace.write(told.box, "I'm still here.")
    told.to_amina += await phone.read()
    for side in (phone.held().talk, grace.talks[told.box]):
        assert side
        assert (side.out, side.refused, side.missing) == ([], [], [])


# the checker: files and handsets only ---------------------------------------------------------------------------------------


def there(night: int) -> set[str]:
    return {one.staff for one in people(night) if one.there}


def all_told(t: Troupe, night: int) -> bool:
    told = table(t, "inside", "attendance", "staff", "step")
    return {staff for staff, step in told if step == "day"} >= there(night)


def check_inside(t: Troupe, night: int) -> None:
    """Who was there is written to once, nobody else ever, and one death is one event however often it was told."""
    handsets = t.sms["inside"]
    for one in people(night):
        texts = handsets[one.phone].texts if one.phone in handsets else []
        assert len(texts) == (1 if one.there else 0), f"{one.name} ({one.role}) got {texts}"
    rows = table(t, "inside", "attendance", "staff", "event")
    assert len({event for staff, event in rows if staff in there(night)}) == 1
    assert {staff for staff, _ in rows} == {staff for n in range(night + 1) for staff in there(n)}
    assert "Traceback" not in (t.folder / "inside.log").read_text("utf-8")


def check_outside(t: Troupe, told: Told) -> None:
    """Those due were rung once, nobody after the answer; both read everything; nothing remains of it, also not in the file."""
    assert told.to_amina == ["Grace here. I have time, and I'm listening.", "I'm still here."]
    assert told.to_grace == ["He was nineteen.", "I keep hearing his mother."]
    assert t.peers[0].card["tel"] in told.due
    assert rung(t, told) == Counter(dict.fromkeys(told.due, 1))
    assert not [ring for ring in rings(t) if ring["at"] > told.taken and not ring["again"]], "a ghost rang"
    assert figures(t) == {**told.figures, "asked": told.figures["asked"] + 1, "met": told.figures["met"] + 1}, "not counted once"
    for name in ("box", "page_copy", "msg", "ring"):
        assert table(t, "outside", name, "*") == [], f"{name} remembers"
    for path in t.data("outside").glob("care.db*"):
        assert told.box.encode() not in path.read_bytes(), f"{path.name} remembers"
    assert "Traceback" not in (t.folder / "outside.log").read_text("utf-8")


def figures(t: Troupe) -> dict[str, int]:
    """What the sheet has counted, above its noise."""
    return dict(table(t, "outside", "agg", "figure", "value"))


def rings(t: Troupe) -> list[dict[str, Any]]:
    """The log of the care half's provider: one line for each message that came in."""
    path = t.folder / "sms-outside.jsonl"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


def rung(t: Troupe, told: Told) -> Counter[str]:
    """Rings that reached a handset this night."""
    return Counter(ring["to"] for ring in rings(t) if ring["at"] > told.began and not ring["again"])


def table(t: Troupe, half: str, name: str, *columns: str) -> list[tuple[Any, ...]]:
    """What stands in the database, read as anybody could who holds it."""
    file = t.data(half) / {"inside": "event.db", "outside": "care.db"}[half]
    engine = sa.create_engine(t.urls.get(half) or f"sqlite:///file:{file}?mode=ro&uri=true", poolclass=sa.NullPool)
    with engine.connect() as conn:
        return [tuple(row) for row in conn.exec_driver_sql(f"SELECT {', '.join(columns)} FROM {name}")]
