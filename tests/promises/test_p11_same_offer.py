"""The same offer to all: what the hospital writes, keeps and shows depends on who was there, the calendar, and earlier messages.

Never on anything done on the care half; and who said STOP is missing nowhere but at the gateway (DECISIONS 16). A small world is
played once plainly, and again with acts made by chance; everything that may be looked at inside must be the same.
"""

import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
from sqlalchemy.engine import Connection

from aftercall.inside.alike import Alike
from aftercall.inside.posting import Posting
from aftercall.inside.store import ledger, outbox
from aftercall.inside.store.tables import tables as inside_tables
from aftercall.outside import flow
from aftercall.send import Later
from tests.promises.twins import Caught
from tests.stories.ward import opened, sign_in
from tests.world import Night, adt

TEAM = ("+254700000001", "+254700000002", "+254700000003", "mwangi@hospital.example")
CARE = ("asks", "asks and is answered", "asks and closes", "a peer goes off duty", "a peer rests", "writes a letter")
HOURS = (
    0,
    0.2,
    1,
    25,
    40,
    73,
    100,
    8 * 24,
    31 * 24,
)  # when everything is looked at: the first note, the second, the rows' end, a later note
AWAY, SECOND_LOSS = HOURS[1], 100

TIMES = re.compile(r"^(# .*|aftercall_(commit|writer|disk|log)\w* .*)\n", re.M)  # how fast this machine was, not what was done
COUNTED = re.compile(r"\b[0-9a-f]{16}\b")  # names that count on from a start made by chance, in every run

Act = tuple[int, str]  # before which look, and what
Play = tuple[list[dict[str, str]], list[tuple[str, str]]]


@contextmanager
def world() -> Iterator[tuple[Night, httpx.AsyncClient]]:
    """Chance on the hospital's side is the same each time, so that two plays can be compared byte by byte."""
    number = count()
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(secrets, "token_hex", lambda n: f"{next(number):0{2 * n}x}")
        patch.setattr(secrets, "token_bytes", Random(1).randbytes)
        night = Night(Path(folder))
        try:
            patch.setattr(secrets, "token_bytes", Random(2).randbytes)  # the care half keeps the other
            desk = opened(night)
            night.inside.half.rules = replace(night.inside.half.rules, rand=lambda n: bytes([2] * n))  # later notes are not moved
            for name in ("Grace", "Peter", "Halima"):
                night.peer(name)
            yield night, desk
        finally:
            night.close()


def played(acts: Sequence[Act]) -> Play:
    """What there was to see at each look, by place; and whom the gateway was given what for."""
    with world() as (night, desk):
        looks, last = list[dict[str, str]](), 0.0
        for n, hours in enumerate(HOURS):
            night.hospital_post.down = Later("down") if hours == AWAY else None
            night.pass_time(hours=hours - last)
            last = hours
            if hours in (HOURS[1], SECOND_LOSS):
                night.hear(adt(night.clock.now(), control=f"M{n}", patient=f"77{n}"))
                night.tick()
            for what in [what for at, what in sorted(acts) if at == n]:
                act(night, what)
                night.tick()
            looks.append(seen(night, desk))
        return looks, sorted((m.to, m.text) for m in night.hospital_post.sent)


def act(night: Night, what: str) -> None:
    peer, phone = night.peers["Grace"], night.asker()
    if what in TEAM:
        night.run(night.inside.half.stop(what))
    elif what == "a peer goes off duty":
        night.run(peer.off())
    elif what == "a peer rests":
        night.run(peer.rest(night.clock.now() + timedelta(hours=12)))
    else:
        night.run(phone.ask(everyone=True))
        box = phone.held().box
        if what in ("asks and is answered", "writes a letter") and box in {page.box for page in night.run(peer.pages())}:
            assert night.run(peer.take(box))
            night.run(peer.write(box, "I'm here."))
            night.run(phone.look())
            night.run(phone.read())
            night.run(phone.write("He was nineteen."))
        if what == "asks and closes":
            night.run(phone.close())


def seen(night: Night, desk: Any) -> dict[str, str]:
    """All rows but the hashes of who said STOP, and every page and figure of the hospital's half."""
    sign_in((night, desk))
    rows = night.rows("inside", *(name for name in sorted(inside_tables.tables) if name != "quiet"))
    for name in ("session", "credential", "audit"):  # of whoever looks: new random names at each sign-in
        rows[name] = [
            tuple(re.sub(r"^[\w+/=-]{16,}$", "x", one) if isinstance(one, str) else one for one in row) for row in rows[name]
        ]
    told = {f"rows of {name}": COUNTED.sub("(n)", "\n".join(sorted(map(repr, found)))) for name, found in rows.items()}
    for path in ("/desk", "/desk/losses", "/desk/weights", "/desk/units", "/unit/RES", "/inside/v1/health"):
        page = night.run(desk.get(path)).text
        told[path] = re.sub(r'(name="(csrf|form)" value|src|href|data-options)="[^"]*"', "", page)  # new at each sign-in
    watch = night.inside.state.watch
    night.run(watch.look())
    told["health"], told["metrics"] = watch.health()[1], TIMES.sub("", watch.metrics())
    return told


def differs(acts: Sequence[Act], plainly: Play) -> list[str]:
    """Where the hospital can see that any of this was done; [] is kept."""
    (plain, sent), (looks, sent_now) = plainly, played(acts)
    found = [
        f"{where}, {HOURS[n]} h: {sorted(set(now[where].splitlines()) ^ set(was[where].splitlines()))}"
        for n, (was, now) in enumerate(zip(plain, looks, strict=True))
        for where in was
        if now[where] != was[where]
    ]
    silent = {what for _, what in acts if what in TEAM}
    others, others_now = ([one for one in these if one[0] not in silent] for these in (sent, sent_now))
    return found + [f"the gateway: {sorted(set(others) ^ set(others_now))}"] * (others != others_now)


def test_nothing_that_is_done_on_the_care_half_and_no_stop_shows_anywhere_inside(plain: Play) -> None:
    """Two plays with acts at random moments, from a seed; every act is in one of them."""
    chance, every = Random(11), [*CARE, *TEAM]
    chance.shuffle(every)
    plays = [[(chance.randrange(len(HOURS)), what) for what in every[n::2]] for n in range(2)]
    assert [found for acts in plays for found in differs(acts, plain)] == []


def test_the_plain_play_has_notes_for_all_and_rows_for_later(plain: Play) -> None:
    """The control: there is something to see, and a STOP that silences."""
    looks, sent = plain
    assert {to for to, _ in sent} == set(TEAM)
    assert looks[HOURS.index(73)]["rows of attendance"] == ""
    assert looks[HOURS.index(73)]["rows of outbox"].count("note") == 3 * len(TEAM)
    assert "Kisumu" in looks[2]["rows of event"]
    assert '{road="sms",outcome="later"} 3' in looks[HOURS.index(AWAY)]["metrics"]
    assert "Sign in with your passkey" not in looks[-1]["/desk"], "the desk was not open"
    _, silenced = played([(0, TEAM[0])])
    assert {to for to, _ in silenced} == set(TEAM[1:])


@pytest.fixture(scope="module")
def plain() -> Play:
    return played(())


def who_said_stop_gets_no_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Why keep what will never be sent?"""
    real = outbox.silence

    def silence(conn: Connection, org: str, contact: str) -> None:
        real(conn, org, contact)
        conn.exec_driver_sql("DELETE FROM outbox WHERE staff = 'juma'")
        conn.exec_driver_sql("DELETE FROM attendance WHERE staff = 'juma'")

    monkeypatch.setattr(outbox, "silence", silence)


def who_asked_is_left_in_peace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has talked with somebody needs no second note: the care half says how many have."""
    asked, real, real_leaving = count(), flow.ask, ledger.leaving
    so_far = [0]

    def ask(*given: Any) -> Any:
        so_far[0] = next(asked) + 1
        return real(*given)

    def leaving(conn: Connection, org: str, now: Any) -> Any:
        return real_leaving(conn, org, now)[so_far[0] :]

    monkeypatch.setattr(flow, "ask", ask)
    monkeypatch.setattr(ledger, "leaving", leaving)


def what_is_held_back_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was sent: why go through the roads?"""
    real = Posting._send

    async def send(self: Posting, one: Any) -> bool:
        return True if one.held else await real(self, one)

    monkeypatch.setattr(Posting, "_send", send)


def what_is_held_back_is_done_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It will never go: why wait for a gateway that is down?"""

    async def share(self: Alike, road: str) -> None:
        return None

    monkeypatch.setattr(Alike, "_share", share)


@pytest.mark.parametrize(
    ("leak", "acts", "names"),
    [
        (who_said_stop_gets_no_rows, [(2, TEAM[0])], "rows of attendance, 1 h"),
        (who_asked_is_left_in_peace, [(2, "asks")], "rows of outbox, 73 h"),
        (what_is_held_back_is_not_counted, [(0, TEAM[0])], "metrics, 0.2 h"),
        (what_is_held_back_is_done_at_once, [(0, TEAM[0])], "rows of attendance, 0.2 h"),
    ],
)
def test_a_planted_leak_is_caught_and_named(
    leak: Any, acts: list[Act], names: str, plain: Play, monkeypatch: pytest.MonkeyPatch, caught: Caught
) -> None:
    leak(monkeypatch)
    named = [line for line in differs(acts, plain) if line.startswith(names)]
    caught("P11", leak.__name__.replace("_", " "), next(iter(named), ""))
    assert named
