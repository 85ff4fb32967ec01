"""What was set up is tried: the provider's answer is told, whatever it is, and nothing is said that was not seen."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from aftercall.config import Wrong, toml
from aftercall.inside.ears import Minute
from aftercall.send import Later, Never, Roads
from aftercall.trying import _lines, _sent
from aftercall.watch.findings import OK, Finding
from aftercall.words import Message
from tests.commands import aftercall
from tests.world import LINK, STAFF, START, Post

MESSAGE = Message("sms", "+254700000001", "This is a test.", "k")


@pytest.fixture
def hospital(tmp_path: Path) -> Path:
    (tmp_path / "staff.csv").write_text(STAFF)
    given = {"data": "hospital", "care_link": LINK, "sms_url": "http://127.0.0.1:9/sms", "mllp_port": 9}
    (tmp_path / "inside.toml").write_text("".join(f"{name} = {toml(value)}\n" for name, value in given.items()))
    return tmp_path


@pytest.mark.parametrize(
    ("problem", "says"),
    [
        (None, "the provider has taken it. Has it come?"),
        (Later("gateway: full"), "gateway: full. It may work later."),
        (Never("gateway: this number is refused"), "this number is refused. Trying again won't help"),
    ],
)
def test_what_the_provider_answered_is_told(problem: Exception | None, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    post = Post()
    post.down = problem
    assert asyncio.run(_sent(Roads(sms=post), [MESSAGE])) == (problem is not None)
    assert says in capsys.readouterr().out


def test_a_road_that_is_not_set_up_a_test_to_nobody_and_a_half_that_does_not_run_are_named(hospital: Path) -> None:
    config = ("--config", "inside.toml")
    for words, says in (
        (("gateway-test", "inside", *config), "say to whom"),
        (("gateway-test", "inside", *config, "--mail", "a@b.example"), "no provider for mail"),
        (("gateway-test", "inside", *config, "--sms", "+254700000001"), "1 of 1 did not leave"),
        (("pretend", "nobody", *config), "not in the column staff"),
        (("pretend", "nurse", *config), "without a number in the column ids"),
        (("pretend", "amina", *config), "is this half running?"),
        (("heard", *config), "no process of this half runs"),
    ):
        assert says in aftercall(*words, cwd=hospital, fails=True)


def test_the_message_is_written_for_another_to_send_and_never_over_a_file(hospital: Path) -> None:
    words = ("pretend", "KMPDC:A1234", "--config", "inside.toml", "--out", "loss.hl7")
    assert "loss.hl7 is written" in aftercall(*words, cwd=hospital)
    assert b"|A1234^NOBODY^^^^^^^KMPDC|" in (hospital / "loss.hl7").read_bytes()
    assert "File exists" in aftercall(*words, cwd=hospital, fails=True)


def test_the_last_minute_is_counted_by_feed_and_kind_and_then_forgotten() -> None:
    minute = Minute()
    minute.note(("mllp EPIC", "ADT^A01"), START)
    for second in (5, 20, 59):
        minute.note(("mllp EPIC", "ADT^A03"), START + timedelta(seconds=second))
    minute.note(("folder", "EMSDataSet"), START)
    assert minute.of("mllp EPIC", START + timedelta(seconds=59)) == {"ADT^A01": 1, "ADT^A03": 3}
    assert minute.of("mllp EPIC", START + timedelta(seconds=75)) == {"ADT^A03": 2}
    assert minute.of("mllp EPIC", START + timedelta(minutes=3)) == {}


def test_of_what_the_half_tells_only_the_feeds_are_shown() -> None:
    told = [[Finding("clock", OK, "well"), Finding("feed mllp EPIC", OK, "last heard 0 min ago; in the last minute 1 x ADT^A03")]]
    assert _lines(told) == ["mllp EPIC  last heard 0 min ago; in the last minute 1 x ADT^A03"]
    with pytest.raises(Wrong, match="no process"):
        _lines([])
