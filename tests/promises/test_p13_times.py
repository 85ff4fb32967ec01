"""Times tell little: a closed box has no hour, and unknown, forbidden and ended boxes answer alike and cost the same statements.

How long an answer takes is reported and not asserted (DECISIONS 36): `python -m tests.promises.timing CALLS`.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercall.outside import flow
from aftercall.outside.doors.answers import Refused
from aftercall.outside.half import Half
from aftercall.outside.store import boxes
from aftercall.sql import plain
from tests.promises.checks import closed, finer_than_a_day
from tests.promises.recorded import Night as Recorded
from tests.promises.twins import Caught
from tests.world import Night

KNOCKS = (
    *(("GET", path, b"") for path in ("box/state", "box/m")),
    *(("POST", path, b"") for path in ("box/take", "box/pass", "box/spoken")),
    *(("POST", "box/m", bytes(3) + b"\1" + bytes(284)), ("DELETE", "box", b"")),
)


def test_no_row_of_a_closed_box_says_when(night: Recorded) -> None:
    assert finer_than_a_day(night) == []


def test_boxes_in_which_two_had_met_were_looked_at(night: Recorded) -> None:
    seen = {(state, table) for state, _, table, _, _ in closed(night)}
    assert {("talk", "box"), ("talk", "msg")} <= seen


@contextmanager
def written_down(night: Night) -> Iterator[list[str]]:
    """Every statement that reaches the care half's database meanwhile, without its values."""
    said, engine = list[str](), night.outside_store.engine

    def traced(conn: Connection, on: bool) -> None:  # much of what we say to SQLite goes past SQLAlchemy
        driver: Any = conn.connection.driver_connection
        driver.set_trace_callback((lambda text: said.append(re.sub(r"'[^']*'|\b\d+\b", "?", text))) if on else None)

    def executed(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    if engine.dialect.name == "sqlite":
        night.run(night.outside_store.do(traced, True))
        yield said
        night.run(night.outside_store.do(traced, False))
    else:
        sa.event.listen(engine, "before_cursor_execute", executed)
        yield said
        sa.event.remove(engine, "before_cursor_execute", executed)


def told_apart(night: Night) -> list[str]:
    """What differs between boxes of which nobody may know anything; [] is kept."""
    found = list[str]()
    for method, path, body in KNOCKS:
        seen = defaultdict[tuple[Any, ...], list[str]](list)
        line = night.wire()
        for who, box, cap in strangers(night):
            with written_down(night) as said:
                head = {"X-Box": box, "X-Cap": cap, "X-After": "0"}
                answer = night.run(line.request(method, f"/care/v1/{path}", headers=head, content=body))
            seen[answer.status_code, answer.content, *sorted(answer.headers.items()), *said].append(who)
        if len(seen) > 1 or next(iter(seen))[0] != 404:
            for parts, those in seen.items():
                own = [str(part)[:120] for part in parts if any(part not in others for others in seen)]
                found.append(f"{method} {path}: {', '.join(sorted(set(those)))}: {own or parts[0]}")
    return found


def strangers(night: Night) -> list[tuple[str, str, str]]:
    """Who knocks where nothing is theirs (any more): box and capability. Made anew, for a knock may change something."""
    wrong, grace, peter = "ab" * 16, night.peers["Grace"], night.peers["Peter"]
    waits, talks, left, closed = (night.asker() for _ in range(4))
    out = [("an unknown box", "cd" * 16, wrong)]
    for phone in (waits, talks, left, closed):
        night.run(phone.ask(everyone=True))
    night.run(grace.pages())
    night.run(peter.pages())
    for phone in (talks, left, closed):
        box = phone.held().box
        night.run(grace.take(box))
        night.run(grace.write(box, "I'm here."))
        night.run(phone.look())
        night.run(phone.read())
        night.run(phone.read())
        out.append(("a colleague who came too late", box, peter.known[box].cap.hex()))
        out.append(("a wrong capability in a talk", box, wrong))
    out.append(("a wrong capability where somebody waits", waits.held().box, wrong))
    ended = left.held().box
    night.run(grace.close(ended))
    out += [("whose talk the colleague closed", ended, grace.known[ended].cap.hex()), ("a wrong one there", ended, wrong)]
    mine = closed.held()
    night.run(closed.close())
    out += [("who closed it", mine.box, mine.cap.hex()), ("the colleague after that", mine.box, grace.known[mine.box].cap.hex())]
    return out


def test_unknown_forbidden_and_ended_boxes_answer_alike_and_run_the_same_statements(night_here: Night) -> None:
    assert told_apart(night_here) == []


def test_what_may_be_known_is_answered_otherwise(night_here: Night) -> None:
    """The control: the same calls with a right capability are told apart."""
    phone = night_here.asker()
    night_here.run(phone.ask())
    mine = phone.held()
    with written_down(night_here) as said:
        head = {"X-Box": mine.box, "X-Cap": mine.cap.hex()}
        answer = night_here.run(night_here.wire().get("/care/v1/box/state", headers=head))
    assert (answer.status_code, len(answer.content)) == (200, 2048)
    assert any("page_copy" in statement for statement in said)


@pytest.fixture
def night_here(request: pytest.FixtureRequest, tmp_path: Any, urls: tuple[str, str]) -> Iterator[Night]:
    this = Night(tmp_path, *urls)
    for name in ("Grace", "Peter"):
        this.peer(name)
    yield this
    this.close()


def ended_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a phone need not guess why it is told nothing."""
    real = Half.answer

    async def answer(self: Half, press: flow.Press) -> flow.Answer:
        given = await real(self, press)
        if given.word == "gone" and not isinstance(press, flow.Close) and self.company.has_ended(press.box):
            raise Refused(410, "ended", "This talk is over.")
        return given

    monkeypatch.setattr(Half, "answer", answer)


def tries_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a box at which many knock is noticed."""
    real = boxes.find

    def find(conn: Connection, programme: str, box: str, look: bool = False) -> Any:
        if found := real(conn, programme, box, look):
            plain(conn, "SELECT count(*) FROM box")
        return found

    monkeypatch.setattr(boxes, "find", find)


@pytest.mark.parametrize(
    ("leak", "names"),
    [(ended_is_said, ("who closed it", "410")), (tries_counted, ("a wrong capability in a talk", "SELECT count"))],
)
def test_a_planted_leak_is_caught_and_named(
    leak: Any, names: tuple[str, ...], tmp_path: Any, monkeypatch: pytest.MonkeyPatch, caught: Caught
) -> None:
    leak(monkeypatch)
    night = Night(tmp_path)
    try:
        for name in ("Grace", "Peter"):
            night.peer(name)
        named = [line for line in told_apart(night) if all(name in line for name in names)]
    finally:
        night.close()
    caught("P13", leak.__name__.replace("_", " "), next(iter(named), ""))
    assert named
