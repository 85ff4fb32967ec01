"""What is done to the care half's keys, peers, rota and settings stands in a chain, to the day; and nothing of an ask does."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from aftercall.outside import acts, keys
from aftercall.outside.doors.acts import from_the_machine
from aftercall.signin import kept
from aftercall.sql import many
from aftercall.words import Sealed
from tests.commands import aftercall
from tests.world import PHRASE, START, Night

CARE = """data = "care"
programme = "kisumu"
name = "Kisumu peers"
run_by = "the county alliance"
duty_tel = "+254700000099"
codes = ["scrypt:AAAA:BBBB"]
lines = [{name = "Somebody to call", tel = "1199"}]
"""


def done(night: Night) -> list[tuple[str, str]]:
    """Each act, and what about."""
    return [(row[6], row[7]) for row in sorted(night.rows("outside", "audit")["audit"], key=lambda row: row[1])]


def whole(night: Night) -> str:
    _, wrong = night.run(night.outside.half.acts())
    return wrong


def again(night: Night, **settings: Any) -> None:
    night.stop()
    night.outside_settings = replace(night.outside_settings, **settings)
    night.start()


def pressed(night: Night, path: str, what: str = "") -> httpx.Response:
    """Through the half's own socket."""
    hatch = httpx.ASGITransport(Starlette(routes=from_the_machine(night.outside.half)))

    async def press() -> httpx.Response:
        async with httpx.AsyncClient(transport=hatch, base_url="http://half") as line:
            return await line.post(path, json={"what": what})

    return night.run(press())


def test_what_is_done_to_peers_keys_rota_and_settings_is_written_down_once_and_nothing_of_values(night: Night) -> None:
    grace, peter = night.peer("Grace", on=False), night.peer("Peter", on=False)
    assert done(night) == [("begin", ""), ("admit", grace.pid), ("admit", peter.pid)]
    again(night, port=1234)
    assert len(done(night)) == 3, "neither a start nor the door of one worker is an act"
    again(night, duty_tel="+254700000077")
    again(night, inbound_token=Sealed("marigold-kestrel"))
    (night.outside_settings.data / "rota").mkdir()
    (night.outside_settings.data / "rota" / "week.csv").write_text("peer,begins,ends\n")
    night.pass_time(seconds=20)
    (night.outside_settings.data / "rota" / "next.csv").write_text("peer,begins,ends\n")  # on the same day: no second act
    night.pass_time(seconds=20)
    night.revoke(peter)
    keys.new_steward(night.root, "kisumu", night.outside_settings.data, START.date() + timedelta(days=1))
    again(night)
    assert done(night)[3:] == [
        ("settings", "duty_tel"),
        ("settings", "inbound_token"),
        ("duties", ""),
        ("remove", peter.pid),
        ("steward", ""),
    ]
    rows = str(night.rows("outside", "audit", "reminder"))
    for secret in ("marigold", "254700000077", "Grace", "Peter"):
        assert secret not in rows
    assert whole(night) == ""


def test_a_peer_certified_anew_is_told_and_a_key_that_the_phone_renews_is_not(evening: Night) -> None:
    grace = evening.peer("Grace")
    before = done(evening)
    evening.clock.move(days=28)
    evening.run(grace.login())
    evening.run(grace.renew_key())
    evening.pass_time(hours=2)
    assert done(evening) == before
    request, day = evening.folder / "Grace.json", date(2026, 12, 20)
    keys.admit(evening.root, "kisumu", request, evening.outside_settings.data / "peers", day)
    evening.pass_time(seconds=20)
    assert done(evening)[len(before) :] == [("renew", grace.pid)]


def talked(night: Night) -> list[tuple[Any, ...]]:
    """The acts after a night of asks, duties, talks, and a colleague who slept: none of it may add one."""
    grace, phone, other = night.peer("Grace"), night.asker(), night.asker()
    night.peer("Peter", on=False)
    before = night.rows("outside", "audit")["audit"]
    night.run(phone.ask(everyone=True))
    night.run(other.ask(wish=grace.pid))
    night.tick()
    assert phone.held().box in {page.box for page in night.run(grace.pages())}
    night.run(grace.take(phone.held().box))
    night.run(grace.write(phone.held().box, "I have time."))
    night.run(phone.read())
    night.run(phone.close())
    night.pass_time(minutes=30)
    night.run(grace.rest(night.clock.now() + timedelta(hours=12)))
    night.run(grace.off())
    night.pass_time(hours=3)
    return sorted(set(night.rows("outside", "audit")["audit"]) - set(before))


def test_no_ask_no_talk_and_no_duty_is_an_act_and_an_act_has_a_day(night: Night) -> None:
    assert talked(night) == []
    assert {row[2] % 24 for row in night.rows("outside", "audit")["audit"]} == {0}


def test_a_half_that_writes_down_who_took_is_caught(evening: Night) -> None:
    half, answer = evening.outside.half, evening.outside.half.answer

    async def noted(press: Any) -> Any:
        await half.note(f"took {type(press).__name__}")
        return await answer(press)

    half.answer = noted  # type: ignore[method-assign]
    assert talked(evening)


@pytest.mark.parametrize(
    ("bend", "says"),
    [
        ("UPDATE audit SET about = 'nobody' WHERE n = 2", "row 2 was changed"),
        ("DELETE FROM audit WHERE n = 2", "row 2 is missing"),
        ("DELETE FROM audit WHERE n = 3", "rows 3 to 3 are missing at the end"),
        ("UPDATE audit SET hour = hour - 24 WHERE n = 3", "row 3 was changed"),
    ],
)
def test_a_row_that_is_changed_or_gone_is_said_by_the_doctor_and_by_the_list(evening: Night, bend: str, says: str) -> None:
    evening.peer("Grace", on=False)
    evening.peer("Peter", on=False)
    assert whole(evening) == ""
    evening.run(evening.outside_store.do(lambda conn: many(conn, bend, [()])))
    assert says in whole(evening)
    (found,) = [one for one in evening.run(evening.outside.state.watch.doctor()) if one.what == "audit"]
    assert (found.state, says in found.seen) == ("broken", True)
    assert f"THIS LIST IS NOT WHOLE: {says}" in pressed(evening, "/acts").json()["acts"]


def test_at_the_machine_the_list_is_read_and_a_backup_is_written_down(evening: Night) -> None:
    grace = evening.peer("Grace", on=False)
    assert pressed(evening, "/act", "backup").status_code == 200
    assert pressed(evening, "/act", "took").status_code == 400
    told = pressed(evening, "/acts").json()["acts"]
    assert f"2026-11-22  certified a peer (the root was used): Grace ({grace.pid})\n2026-11-22  made a backup\n" in told
    assert "Nothing was changed, removed or moved." in told
    evening.stop()
    (evening.folder / "outside.toml").write_text(CARE)
    aftercall("backup", "--config", "outside.toml", "--out", "b.json", cwd=evening.folder, opens=PHRASE)
    listed = aftercall("acts", "--config", "outside.toml", cwd=evening.folder)
    assert listed.count("made a backup") == 2
    evening.start()


def test_a_backup_is_made_where_nothing_can_be_written_down(evening: Night, capsys: pytest.CaptureFixture[str]) -> None:
    evening.stop()
    (evening.folder / "outside.toml").write_text(CARE)
    (evening.outside_settings.data / "care.db").write_bytes(b"no database")
    (evening.outside_settings.data / "care.db-journal").unlink(missing_ok=True)
    aftercall("backup", "--config", "outside.toml", "--out", "b.json", cwd=evening.folder)
    assert (evening.folder / "b.json").exists()
    assert "could not be written into the list of acts" in capsys.readouterr().err
    (evening.outside_settings.data / "care.db").unlink()
    evening.start()


def test_after_a_year_an_act_is_forgotten_and_the_list_goes_on(evening: Night) -> None:
    evening.peer("Grace", on=False)
    evening.clock.move(days=366)
    evening.tick()
    assert next(act for act, _ in done(evening)) == "pruned"
    assert whole(evening) == ""
    assert kept.head(evening.outside_settings.data).n >= 2


def test_what_changed_is_told_apart() -> None:
    old = {"peer a": "1", "peer b": "1", "setting name": "1", "setting url": "1", "duties": "1", "steward": "1", "push": "1"}
    cases: list[tuple[dict[str, str], Callable[[dict[str, str]], object], list[tuple[str, str]]]] = [
        ({}, dict, [("begin", ""), ("admit", "a"), ("admit", "b")]),
        (old, dict, []),
        (old, lambda d: d.pop("peer a"), [("remove", "a")]),
        (old, lambda d: d.update({"peer c": "1", "peer b": "2"}), [("renew", "b"), ("admit", "c")]),
        (old, lambda d: d.update({"setting url": "2", "setting name": "2"}), [("settings", "name url")]),
        (old, lambda d: d.update({"setting born later": "1"}), []),
        (old, lambda d: d.update({"push": "2", "steward": "2", "duties": "2"}), [("steward", ""), ("push", ""), ("duties", "")]),
    ]
    for before, bend, wanted in cases:
        now = dict(old)
        bend(now)
        assert list(acts.changes(before, now, {what: what.removeprefix(acts.SETTING) for what in now})) == wanted
