"""Is it well? A half looks at itself: a canary comes back, a silent feed is an alarm, and a clock that stands still is told."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from aftercall.inside.store import desk
from aftercall.inside.store.tables import tables as hospital_tables
from aftercall.inside.watch import Watch as HospitalWatch
from aftercall.outside.store.tables import tables as care_tables
from aftercall.outside.watch import Watch as CareWatch
from aftercall.send import Later
from aftercall.watch import canary
from aftercall.watch.beat import keep_beating
from aftercall.watch.findings import BROKEN, LOOK, OK, exit_code, table
from aftercall.words import Message, Sealed
from tests.world import NAMES, Night, adt

TABLES = {"inside": [t.name for t in hospital_tables.sorted_tables], "outside": [t.name for t in care_tables.sorted_tables]}


def watches(night: Night) -> tuple[HospitalWatch, CareWatch]:
    return night.inside.watch({"clock"}), night.outside.watch({"clock"})


async def once(watch: HospitalWatch | CareWatch, half: Any) -> str:
    """One canary, while the half's own clock runs. What became of it."""
    clock = asyncio.create_task(half.keep_time())
    try:
        await watch.flights.once()
    finally:
        clock.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await clock
        await half.flight.landed()
    return watch.flights.told


def states(night: Night, watch: HospitalWatch | CareWatch) -> dict[str, str]:
    return {one.what: one.state for one in night.run(watch.doctor())}


def seen(night: Night, watch: HospitalWatch | CareWatch, what: str) -> str:
    return next(one.seen for one in night.run(watch.doctor()) if one.what == what)


# the canary ----------------------------------------------------------------------------------------------------------------


def test_a_canary_goes_the_whole_way_through_each_half_leaves_no_row_and_reaches_nobodys_phone(night: Night) -> None:
    for name in NAMES[:3]:
        night.peer(name)
    night.care_post.sent.clear()
    before = {half: night.rows(half, *TABLES[half]) for half in TABLES}
    hospital, care = watches(night)
    assert hospital.flights.told == care.flights.told == "none has flown yet"
    assert night.run(once(hospital, night.inside.half)) == ""
    assert night.run(once(care, night.outside.half)) == ""
    after = {half: night.rows(half, *TABLES[half]) for half in TABLES}
    for half, name in (("inside", "cursor"), ("outside", "directory")):  # the lease of several workers; signed anew by the clock
        before[half].pop(name), after[half].pop(name)
    assert after == before
    assert night.hospital_post.sent == night.care_post.sent == []


def test_while_a_canary_flies_real_messages_go_as_ever_and_no_desk_counts_it(evening: Night) -> None:
    night, half = evening, evening.inside.half
    told = night.run(half.canary.settle())
    assert b"MSA|AA|" in night.run(half.hear(told))
    assert night.hear(adt()) == "AA"
    night.tick()
    assert len(night.hospital_post.to("+254700000002")) == 1
    assert night.hospital_post.to("nobody") == []
    assert len(night.run(night.inside_store.do(desk.past, half.rules.org))) == 1
    assert "CANARY" not in dict(night.run(night.inside_store.do(desk.units, half.rules.org)))
    assert sum(half.ears.heard.values()) == 1
    assert len(night.rows("inside", "event")["event"]) == 2
    night.run(half.canary.clear())
    assert len(night.rows("inside", "event")["event"]) == 1


def test_a_death_that_only_looks_like_a_canary_is_heard_like_any_other(evening: Night) -> None:
    half = evening.inside.half
    evening.run(half.canary.settle())
    assert evening.hear(adt(PV1_7="A1234^YUSUF^AMINA^^^^^^KMPDC", MSH_3="AFTERCALL", PV1_19="VCANARY")) == "AA"
    evening.tick()
    assert len(evening.hospital_post.to("+254700000002")) == 1


def test_a_canary_that_breaks_its_part_of_a_round_keeps_nobody_waiting(evening: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    night = evening
    night.peer("Grace")

    night.run(night.inside.half.canary.settle())
    night.run(night.outside.half.canary.settle())
    monkeypatch.setattr(night.inside.half.canary, "_posting", None)
    monkeypatch.setattr(night.outside.half.canary, "_ringing", None)
    night.hear(adt())
    night.run(night.asker().ask())
    night.tick()
    assert len(night.hospital_post.to("+254700000002")) == 1
    assert night.care_post.to("+254700100000") == ["On call: 1 waiting. Open your page."]


def test_what_a_crash_left_of_a_canary_is_gone_after_the_next_start(evening: Night) -> None:
    evening.run(evening.inside.half.canary.settle())
    evening.run(evening.outside.half.canary.settle())
    evening.stop()
    evening.start()
    assert all("canary" not in str(row) for half in TABLES for rows in evening.rows(half, *TABLES[half]).values() for row in rows)


def test_the_care_halfs_canary_flies_when_nobody_is_on_duty_and_wakes_no_duty_phone(evening: Night) -> None:
    _, care = watches(evening)
    assert evening.run(once(care, evening.outside.half)) == ""
    assert evening.care_post.sent == []


# the heartbeat -------------------------------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def operator() -> AsyncIterator[tuple[str, list[bytes]]]:
    """Where heartbeats go to: keeps the bytes of each."""
    came: list[bytes] = []

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                came.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/beat", came
        server.close()


async def until(true: Callable[[], bool], patience: float = 10.0) -> None:
    async with asyncio.timeout(patience):
        while not true():  # noqa: ASYNC110 - what is waited for is another process's, or the wire's
            await asyncio.sleep(0.01)


def test_a_broken_canary_stops_the_heartbeat_and_a_mended_one_starts_it_again(
    evening: Night, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _, care = watches(evening)
    half = evening.outside.half

    async def swallowed(message: Message) -> None:
        raise Later("its road is broken on purpose")

    async def story() -> None:
        await care.look()
        async with operator() as (url, came):
            beating = asyncio.create_task(keep_beating(Sealed(url), care.problems, every=0.05))
            await asyncio.sleep(0.3)
            assert came == []  # none has flown: nothing is known yet
            assert await once(care, half) == ""
            await until(lambda: len(came) >= 2)
            with monkeypatch.context() as broken:
                broken.setattr(canary, "PATIENCE", 1.0)
                broken.setattr(half.canary.nobody, "send", swallowed)
                assert await once(care, half) == "nothing was sent"
            await asyncio.sleep(0.2)
            silent = len(came)
            await asyncio.sleep(0.5)
            assert len(came) == silent
            assert not care.health()[0]
            assert await once(care, half) == ""
            await until(lambda: len(came) > silent)
            beating.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await beating  # it hangs up
            await asyncio.sleep(0.05)
            assert came[0].startswith(b"GET /beat HTTP/1.1\r\n")
            assert b"content-length" not in came[0].lower()
            assert b"python" not in came[0].lower()

    evening.run(story())
    said = [record.getMessage() for record in caplog.records if record.name == "aftercall.watch"]
    assert [line for line in said if "the canary did not come back: nothing was sent" in line and "heartbeat" not in line]
    assert "the canary comes back again" in said


# a clock that stands still -------------------------------------------------------------------------------------------------


def test_a_clock_that_stands_still_is_503_for_who_has_the_token_and_no_address_for_everybody_else(evening: Night) -> None:
    night = evening
    night.stop()
    night.outside_settings = replace(night.outside_settings, watch_token=Sealed("watch-out"), canary=0)
    night.inside_settings = replace(night.inside_settings, watch_token=Sealed("watch-in"), canary=0)
    night.start()
    hospital, care = watches(night)
    wires = {"/inside/v1": night.inside.app, "/care/v1": night.outside.app}
    tokens = {"/inside/v1": "watch-in", "/care/v1": "watch-out"}

    async def status(prefix: str, token: str, what: str = "health") -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(wires[prefix]), base_url="http://half") as line:
            return (await line.get(f"{prefix}/{what}", headers={"Authorization": f"Bearer {token}"})).status_code

    def look() -> None:
        night.run(hospital.look())
        night.run(care.look())

    night.tick()
    look()
    for prefix, token in tokens.items():
        assert night.run(status(prefix, token)) == night.run(status(prefix, token, "metrics")) == 200
        for wrong in ("", "x", tokens["/care/v1" if prefix == "/inside/v1" else "/inside/v1"]):
            assert night.run(status(prefix, wrong)) == night.run(status(prefix, wrong, "metrics")) == 404
    night.clock.move(seconds=31)
    look()
    assert [night.run(status(prefix, token)) for prefix, token in tokens.items()] == [503, 503]
    assert states(night, hospital)["clock"] == states(night, care)["clock"] == BROKEN
    night.tick()
    look()
    assert [night.run(status(prefix, token)) for prefix, token in tokens.items()] == [200, 200]


def test_without_a_token_in_the_settings_nobody_sees_anything_at_the_web_door(evening: Night) -> None:
    for token in ("", " ", "None"):
        answer = evening.run(evening.wire().get("/care/v1/health", headers={"Authorization": f"Bearer {token}"}))
        assert (answer.status_code, len(answer.content)) == (404, 256)


# feeds, messages, peers ------------------------------------------------------------------------------------------------------


def test_a_feed_that_falls_silent_is_said_also_after_a_restart(evening: Night, caplog: pytest.LogCaptureFixture) -> None:
    night = evening
    night.stop()
    night.inside_settings = replace(night.inside_settings, silence=["mllp EPIC KISUMU=30"], canary=0)
    night.start()
    hospital, _ = watches(night)
    assert states(night, hospital)["feed mllp EPIC KISUMU"] == LOOK
    night.hear(adt())
    assert "last heard 0 min ago; set is at most 30 min" in seen(night, hospital, "feed mllp EPIC KISUMU")
    night.pass_time(minutes=31)
    assert seen(night, hospital, "feed mllp EPIC KISUMU").startswith("SILENT: last heard 31 min ago")
    found = night.run(hospital.doctor())
    assert exit_code(found) == 2
    assert "Ask whoever runs the sender" in table("inside", found)
    assert "NO  feed mllp EPIC KISUMU: SILENT" in hospital.health()[1]
    assert 'aftercall_feed_silent{feed="mllp EPIC KISUMU"} 1' in hospital.metrics()
    night.run(hospital.look())
    assert len([r for r in caplog.records if "mllp EPIC KISUMU has been silent" in r.getMessage()]) == 1
    night.stop()
    night.start()
    hospital, _ = watches(night)
    assert seen(night, hospital, "feed mllp EPIC KISUMU").startswith("last heard 31 min ago")  # it may call again first
    night.pass_time(minutes=31)
    assert seen(night, hospital, "feed mllp EPIC KISUMU").startswith("SILENT: last heard 62 min ago")


def test_the_hospitals_figures_name_feeds_kinds_and_roads_and_nobody(evening: Night) -> None:
    night, (hospital, _) = evening, watches(evening)
    night.hear(adt())
    night.hear(adt(PID_3="", control="M2"))
    night.hospital_post.fail = [Later("gateway: status 503")]
    night.tick()
    night.pass_time(minutes=2)
    night.run(hospital.look())
    told = hospital.metrics()
    for line in (
        'aftercall_heard_total{feed="mllp EPIC KISUMU",kind="ADT^A03"} 1',
        'aftercall_refused_total{feed="mllp EPIC KISUMU",code="no-patient"} 1',
        "aftercall_quarantine_rows 1",
        'aftercall_messages_total{road="sms",outcome="later"} 1',
        'aftercall_outbox_rows{template="day"} ',
    ):
        assert line in told
    assert not [word for word in ("amina", "Amina", "RES", "ICU", "+2547", "778899", "YUSUF") if word in told]


def test_messages_that_fail_again_and_again_stop_the_audit(evening: Night) -> None:
    night, (hospital, _) = evening, watches(evening)
    night.hospital_post.down = Later("gateway: status 503")
    night.hear(adt())
    for seconds in (0, 10, 30):
        night.pass_time(seconds=seconds)
    night.run(hospital.look())
    assert any("tried three times" in line for line in hospital.problems())
    assert states(night, hospital)["outbox"] == states(night, hospital)["by sms"] == BROKEN
    night.hospital_post.down = None
    night.pass_time(minutes=10)
    night.run(hospital.look())
    assert not [line for line in hospital.problems() if "tried" in line]


def test_the_care_half_says_who_is_there_which_keys_end_and_that_a_duty_is_missing(evening: Night) -> None:
    night, (_, care) = evening, watches(evening)
    assert states(night, care)["peers' keys"] == states(night, care)["on duty"] == BROKEN
    night.peer("Grace")
    assert states(night, care)["on duty"] == LOOK
    night.peer("Peter")
    night.run(care.look())
    told = states(night, care)
    assert (told["on duty"], told["peers' keys"], told["gaps"], told["by sms"]) == (OK, OK, BROKEN, OK)
    night.clock.move(days=29)
    assert states(night, care)["peers' keys"] == LOOK
    assert "Grace's sealing key ends" in seen(night, care, "peers' keys")
    night.clock.move(days=30)
    assert states(night, care)["peers' keys"] == BROKEN


def test_a_ring_that_fails_is_no_figure_of_the_care_half(evening: Night, caplog: pytest.LogCaptureFixture) -> None:
    """What became of a ring for somebody would tell that somebody asked: only test rings are told of."""
    night, (_, care) = evening, watches(evening)
    night.peer("Grace")
    before = seen(night, care, "by sms")
    night.care_post.down = Later("gateway: status 503")
    night.run(night.asker().ask())
    with caplog.at_level(logging.CRITICAL):
        night.tick()
    assert seen(night, care, "by sms") == before
