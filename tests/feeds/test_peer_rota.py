"""The peers' rota as a coordinator keeps it: spreadsheets and calendars, in any zone, over the change of the clocks."""

import json
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aftercall.outside.road.directory import Entry
from aftercall.outside.road.duty import AHEAD, Turn
from aftercall.outside.rota import turns_in
from aftercall.rota.rows import BadList
from aftercall.words import Moment

NAIROBI, LONDON, NEW_YORK, KATHMANDU, CHATHAM = (
    ZoneInfo(name) for name in ("Africa/Nairobi", "Europe/London", "America/New_York", "Asia/Kathmandu", "Pacific/Chatham")
)
NOW = datetime(2026, 11, 22, 20, tzinfo=UTC)
GRACE, PETER, HALIMA = "aaaaaaaa", "bbbbbbbb", "cccccccc"


def entry(pid: str, name: str) -> Entry:
    return Entry(pid, json.dumps({"name": name}), "", "", "", "", "", "")


PEERS = [entry(GRACE, "Grace"), entry(PETER, "Peter"), entry(HALIMA, "Halima"), entry("dddddddd", "Ann"), entry("eeeeeeee", "Ann")]


def read(zone: ZoneInfo = NAIROBI, now: Moment = NOW, /, **files: str) -> list[Turn]:
    """Files by name, the last underscore a dot: grace_ics."""
    with TemporaryDirectory() as folder:
        for name, text in files.items():
            stem, _, ending = name.rpartition("_")
            (Path(folder) / f"{stem}.{ending}").write_text(text, newline="")
        return turns_in(Path(folder), zone, PEERS, now)


def event(*more: str, begins: str = ":20261122T220000", ends: str = ":20261123T060000", uid: str = "1") -> str:
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", f"DTSTART{begins}", f"DTEND{ends}", *more, "END:VEVENT", ""])


def calendar(*events: str) -> str:
    return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + "".join(events) + "END:VCALENDAR\r\n"


NIGHT = (datetime(2026, 11, 22, 19, tzinfo=UTC), datetime(2026, 11, 23, 3, tzinfo=UTC))


def test_a_spreadsheet_names_peers_by_number_or_by_a_name_that_is_theirs_alone() -> None:
    text = f"peer,begins,ends\n{GRACE},2026-11-22T22:00,2026-11-23T06:00\n peter ,2026-11-22T22:00,2026-11-23T06:00\n"
    assert read(nights_csv=text) == [Turn(GRACE, *NIGHT), Turn(PETER, *NIGHT)]


def test_a_calendar_is_the_peers_whose_name_the_file_has_or_says_whose_each_event_is() -> None:
    assert read(grace_ics=calendar(event("SUMMARY:Peter plays football"))) == [Turn(GRACE, *NIGHT)]
    assert read(all_ics=calendar(event("SUMMARY:Night: Peter / Halima"))) == [Turn(PETER, *NIGHT), Turn(HALIMA, *NIGHT)]
    assert read(all_ics=calendar(event("X-AFTERCALL-PEER:" + GRACE, "SUMMARY:Peter"))) == [Turn(GRACE, *NIGHT)]
    party = event("SUMMARY:Summer party", uid="2")
    assert read(all_ics=calendar(party, event("SUMMARY:Grace"))) == [Turn(GRACE, *NIGHT)]


def test_what_repeats_is_read_for_fourteen_days_and_what_was_called_off_is_not() -> None:
    series = event("RRULE:FREQ=DAILY", "EXDATE:20261125T220000", begins=":20250101T220000", ends=":20250102T060000")
    off = event("RECURRENCE-ID:20261127T220000", "STATUS:CANCELLED", begins=":20261127T220000", ends=":20261128T060000")
    turns = read(grace_ics=calendar(series, off))
    days = {t.begins.astimezone(NAIROBI).day for t in turns}
    assert {25, 27}.isdisjoint(days)
    assert all(t.ends > NOW for t in turns)
    assert max(t.begins for t in turns) >= NOW + AHEAD - timedelta(days=1)


def test_the_same_duty_in_two_files_is_one_and_no_folder_is_no_duty(tmp_path: Path) -> None:
    row = "peer,begins,ends\ngrace,2026-11-22T22:00,2026-11-23T05:00\n"
    assert read(a_csv=row, grace_ics=calendar(event())) == [Turn(GRACE, *NIGHT)]
    assert turns_in(tmp_path / "rota", NAIROBI, PEERS, NOW) == []


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a_csv", "peer,begins\n", "row 1 must be peer,begins,ends"),
        ("a_csv", "peer,begins,ends\nnobody,2026-11-22T22:00,2026-11-23T06:00\n", "row 2, column peer: nobody of that name"),
        (
            "a_csv",
            "peer,begins,ends\nann,2026-11-22T22:00,2026-11-23T06:00\n",
            "row 2, column peer: nobody of that name, or several",
        ),
        ("a_csv", "peer,begins,ends\n,2026-11-22T22:00,2026-11-23T06:00\n", "row 2, column peer: nobody"),
        ("a_csv", "peer,begins,ends\ngrace,22:00,2026-11-23T06:00\n", "row 2, column begins: write the time as"),
        ("a_csv", "peer,begins,ends\ngrace,2026-11-22T22:00,\n", "row 2, column ends: nothing stands there"),
        (
            "a_csv",
            "peer,begins,ends\ngrace,2026-11-22T22:00,2026-11-22T06:00\n",
            "row 2, column ends: 2026-11-22T06:00 is not",
        ),
        ("a_csv", "peer,begins,ends\ngrace,2026-11-22T22:00,2026-11-24T06:00\n", "row 2, column ends: more than 16 hours"),
        ("grace_ics", calendar(event(ends=":20261124T060000")), "the event of 2026-11-22 19:00 UTC, DTEND: more than 16 hours"),
        ("grace_ics", calendar(event("RRULE:FREQ=SECONDLY")), "event 1, RRULE"),
        ("all_ics", calendar(event("SUMMARY:Night")), "not one of 1 events names a peer"),
        ("all_ics", "nonsense", "not a whole calendar"),
        ("rota_xls", "x", "a rota ends in .csv or .ics"),
    ],
)
def test_what_can_not_be_used_says_where_and_what_to_write(name: str, text: str, said: str) -> None:
    with pytest.raises(BadList) as problem:
        read(**{name: text})
    assert said in str(problem.value)
    assert name.replace("_", ".") in str(problem.value)


CHANGES = {  # the day whose night loses or gains an hour
    LONDON: (date(2026, 3, 28), date(2026, 10, 24)),
    NEW_YORK: (date(2026, 3, 7), date(2026, 10, 31)),
    CHATHAM: (date(2026, 9, 26), date(2026, 4, 4)),
}


@pytest.mark.parametrize("zone", list(CHANGES))
@pytest.mark.parametrize(("which", "hours"), [(0, 9), (1, 11)])
def test_a_night_over_the_change_of_the_clocks_ends_by_the_clock_on_the_wall(zone: ZoneInfo, which: int, hours: int) -> None:
    first = CHANGES[zone][which]
    now = datetime.combine(first, time(12), zone).astimezone(UTC)
    row = f"peer,begins,ends\ngrace,{first}T21:00,{first + timedelta(days=1)}T07:00\n"
    begins, ends = (f"{first - timedelta(days=n):%Y%m%d}" for n in (60, 59))
    series = event("RRULE:FREQ=DAILY", begins=f":{begins}T210000", ends=f":{ends}T070000")
    for turns in (read(zone, now, a_csv=row), read(zone, now, grace_ics=calendar(series))):
        (night,) = [t for t in turns if t.begins.astimezone(zone).date() == first]
        assert night.ends - night.begins == timedelta(hours=hours)
        assert (night.begins.astimezone(zone).hour, night.ends.astimezone(zone).hour) == (21, 7)


@settings(max_examples=100)
@given(
    zone=st.sampled_from([NAIROBI, LONDON, NEW_YORK, KATHMANDU, CHATHAM]),
    first=st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    starts=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    lasts=st.integers(61, 15 * 60),
    offset=st.booleans(),
)
def test_what_the_clock_on_the_wall_says_is_what_stands_in_the_row(
    zone: ZoneInfo, first: date, starts: time, lasts: int, offset: bool
) -> None:
    walls = [datetime.combine(first, starts) + timedelta(minutes=n) for n in (0, lasts)]
    begins, ends = (wall.replace(tzinfo=zone).astimezone(UTC) for wall in walls)
    texts = [at.astimezone(zone).isoformat() for at in (begins, ends)] if offset else [wall.isoformat() for wall in walls]
    now = begins - timedelta(hours=1)
    (turn,) = read(zone, now, a_csv=f"peer,begins,ends\ngrace,{texts[0]},{texts[1]}\n")
    assert (turn.begins, turn.ends) == (begins, ends)
    stamps = [f";TZID={zone.key}:{wall:%Y%m%dT%H%M%S}" for wall in walls]
    (same,) = read(NAIROBI, now, grace_ics=calendar(event(begins=stamps[0], ends=stamps[1])))
    assert (same.begins, same.ends) == (begins, ends)
