"""The pure parts of the watch: how late is told, how long a feed is silent, what a human has confirmed, how figures are written."""

import json
import stat
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from aftercall.config import Outside, Wrong
from aftercall.inside.ears import MOST, SENDERS, Ears
from aftercall.inside.feeds.answer import Header
from aftercall.inside.road.notice import Unread
from aftercall.inside.silence import rules_in
from aftercall.outside import confirmed
from aftercall.watch import hatch
from aftercall.watch.audit import Audit, late
from aftercall.watch.figures import Figure, gauge, text
from aftercall.watch.findings import BROKEN, LOOK, OK, Finding, as_json, exit_code, table
from aftercall.watch.looks import disk, ends, free

NAIROBI, START = ZoneInfo("Africa/Nairobi"), datetime(2026, 11, 2, tzinfo=UTC)
WELL = Audit(tick_age=3.0, look_age=2.0, overdue=0.0, canary="", disk=0.5)
UNREAD = Unread("ADT^A03", "no-patient", "PID-3", "")


def test_how_late_something_is_is_not_told_before_half_a_minute_and_then_in_steps() -> None:
    assert [late(s) for s in (0, 1, 29.9, 30, 30.1, 59, 60, 95)] == [0, 0, 0, 0, 30, 30, 60, 90]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"tick_age": 31.0}, "clock has stood still for 30 s"),
        ({"look_age": 31.0}, "not been looked at"),
        ({"overdue": 61.0}, "60 s overdue"),
        ({"canary": "nothing was sent"}, "nothing was sent"),
        ({"disk": 0.09}, "10 % of the disk"),
        ({"outbox_old": True}, "tried three times"),
        ({"log": 257 * 1024 * 1024}, "256 MB"),
    ],
)
def test_each_of_these_alone_keeps_the_heartbeat_silent(wrong: dict[str, float], says: str) -> None:
    assert WELL.problems() == ()
    (told,) = Audit(**{**WELL.__dict__, **wrong}).problems()
    assert says in told


def test_a_doctors_word_is_ok_look_or_broken_and_its_exit_code_the_worst() -> None:
    fine, hm, bad = Finding("a", OK, "seen"), Finding("b", LOOK, "seen", "do"), Finding("c", BROKEN, "seen", "mend it")
    assert [exit_code(found) for found in ([], [fine], [fine, hm], [bad, hm])] == [0, 0, 1, 2]
    lines = table("inside", [fine, bad]).splitlines()
    assert lines[0].startswith("broken  c") and "mend it" in lines[1]  # noqa: PT018 - one line and what is said of it
    assert json.loads(as_json("inside", [fine, hm]))["state"] == LOOK


def test_figures_are_written_as_prometheus_reads_them() -> None:
    odd = Figure("a_total", "counter", "Of a \\ and\na line.", {(("k", 'q"\\\n'),): 2.0, (("k", "a"),): 1.5})
    assert text((odd, gauge("b", "Nothing.", 0), Figure("c", "gauge", "None.", {}))) == (
        "# HELP a_total Of a \\\\ and\\na line.\n# TYPE a_total counter\n"
        'a_total{k="a"} 1.5\na_total{k="q\\"\\\\\\n"} 2\n# HELP b Nothing.\n# TYPE b gauge\nb 0\n'
    )


def test_what_ends_is_said_a_month_before_and_is_broken_in_its_last_week() -> None:
    found = [ends("x", START + timedelta(days=n), START, "do").state for n in (60, 31, 29, 8, 6, -1)]
    assert found == [OK, OK, LOOK, LOOK, BROKEN, BROKEN]
    assert [disk(part).state for part in (0.5, 0.15, 0.05)] == [OK, LOOK, BROKEN]


# silence -------------------------------------------------------------------------------------------------------------------


def speaking(days: int, by_day: int = 10, by_night: int = 120) -> tuple[Ears, datetime]:
    """A feed that speaks every ten minutes from 7 to 19 h in Nairobi, and every two hours at night."""
    ears, now = Ears(NAIROBI, (), START), START
    while now < START + timedelta(days=days):
        ears.note("mllp", UNREAD, now)
        now += timedelta(minutes=by_day if 7 <= now.astimezone(NAIROBI).hour < 19 else by_night)
    return ears, now


def silent(ears: Ears, now: datetime) -> bool:
    (one,) = ears.silences(("mllp",), now)
    return one.silent


def test_after_a_week_a_silence_is_judged_by_the_hour_in_which_it_began() -> None:
    ears, _ = speaking(days=10)
    noon, night = (START + timedelta(days=9, hours=h) for h in (9, 21))  # 12 and 24 h there
    ears.note("mllp", UNREAD, noon + timedelta(days=1))
    assert not silent(ears, noon + timedelta(days=1, minutes=19))
    assert silent(ears, noon + timedelta(days=1, minutes=21))
    ears.note("mllp", UNREAD, night + timedelta(days=2))
    assert not silent(ears, night + timedelta(days=2, hours=3))
    assert silent(ears, night + timedelta(days=2, hours=5))


def test_before_a_week_has_been_heard_only_a_whole_day_of_silence_is_an_alarm() -> None:
    ears, now = speaking(days=2)
    assert not silent(ears, now + timedelta(hours=20))
    assert silent(ears, now + timedelta(hours=25))


def test_what_is_set_wins_and_holds_in_its_hours_alone() -> None:
    ears = Ears(NAIROBI, rules_in(["mllp=30@07-19"]), START)
    ears.note("mllp", UNREAD, START + timedelta(hours=4))  # 7 h
    assert silent(ears, START + timedelta(hours=5))
    assert not silent(ears, START + timedelta(hours=17))  # 20 h


@pytest.mark.parametrize("line", ["mllp", "mllp=", "mllp=x", "=5", "mllp=30@7-19", "mllp=30@07-25"])
def test_a_line_of_silence_that_can_not_be_read_is_named(line: str) -> None:
    with pytest.raises(ValueError, match="write the feed and minutes as"):
        rules_in([line])


def test_a_sender_that_invents_kinds_and_names_fills_no_memory() -> None:
    ears = Ears(NAIROBI, (), START)
    for n in range(1000):
        ears.note("mllp", Unread(f"{n}", f"code {n}", "", ""), START, Header(sender=(b"S%d" % n, b"X")))
    assert len(ears.refused) <= MOST + SENDERS + 1
    assert sum(ears.refused.values()) == 1000
    assert len(list(ears.silences((), START))) == SENDERS + 1


def test_a_sender_is_named_by_its_codes_and_never_by_what_may_be_a_patients() -> None:
    ears = Ears(NAIROBI, (), START)
    for sender in ((b"EPIC^1", b"KISUMU"), (b"1234567", b"X"), (b"OTIENO^JAMES^19700101 AND MORE", b"\xff"), (b"", b"")):
        ears.note("mllp", UNREAD, START, Header(sender=sender))
    assert {one.feed for one in ears.silences((), START)} == {"mllp EPIC KISUMU", "mllp"}


# what a human has looked at --------------------------------------------------------------------------------------------------


def care(folder: Path) -> Outside:
    lines = [{"name": "Befrienders", "tel": "0722 178 177", "hours": "day and night"}]
    return Outside(data=folder, programme="p", name="P", run_by="us", codes=[], duty_tel="+254 700 000 099", lines=lines)


def test_each_number_has_been_dialled_within_ninety_days_and_somebody_has_looked_where_the_data_lies(tmp_path: Path) -> None:
    s, today = care(tmp_path), date(2026, 11, 30)
    assert [one.state for one in confirmed.findings(s, today)] == [BROKEN] * 3
    assert "Befrienders" in confirmed.dial(s, "0722-178-177", today)
    confirmed.dial(s, "+254700000099", today)
    confirmed.stand_for(s, "Achieng Odhiambo", today)
    for days, states in ((0, OK), (75, OK), (80, LOOK), (93, BROKEN)):
        assert {one.state for one in confirmed.findings(s, today + timedelta(days=days))} == {states}
    assert "Achieng Odhiambo" in "".join(one.seen for one in confirmed.findings(s, today))


def test_a_number_that_no_page_shows_and_a_name_that_is_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Wrong, match=r"no page shows this number. Those that are shown: \+254 700 000 099 \(the duty phone\)"):
        confirmed.dial(care(tmp_path), "1199", date(2026, 11, 30))
    with pytest.raises(Wrong, match="name of the person"):
        confirmed.stand_for(care(tmp_path), " ", date(2026, 11, 30))
    assert list(tmp_path.iterdir()) == []
    (tmp_path / confirmed.NAME).write_text("{broken")
    assert [one.state for one in confirmed.findings(care(tmp_path), date(2026, 11, 30))] == [BROKEN] * 3


def test_the_hatch_is_for_its_own_user_alone_however_long_its_path_and_whatever_lay_there(tmp_path: Path) -> None:
    folder = tmp_path / ("a long name " * 10) / "data"
    folder.mkdir(parents=True)
    (folder / "watch.sock").write_text("left behind")
    with hatch.opened(folder, "watch.sock"):
        assert stat.S_IMODE((folder / "watch.sock").stat().st_mode) == 0o600
        assert stat.S_ISSOCK((folder / "watch.sock").stat().st_mode)
    assert list(folder.iterdir()) == []
    assert hatch.asked(folder) == []


def test_before_the_first_start_the_disk_is_looked_at_where_the_folder_will_be(tmp_path: Path) -> None:
    assert free(tmp_path / "not" / "yet") == pytest.approx(free(tmp_path), abs=0.1)
