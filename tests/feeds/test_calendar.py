"""A rota as a calendar: what repeats, what was moved, what the clocks do, and what a stranger's file may hold."""

import tempfile
import time as stopwatch
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aftercall.inside.feeds.rotas.calendar import shifts_in_calendar
from aftercall.inside.feeds.rotas.known import AHEAD, PAST
from aftercall.inside.road.crew import Person, Place, Shift
from aftercall.rota.rows import BadList
from aftercall.words import Moment, StaffId

NAIROBI, LONDON, NEW_YORK = (ZoneInfo(name) for name in ("Africa/Nairobi", "Europe/London", "America/New_York"))
NOW = datetime(2026, 11, 22, 20, tzinfo=UTC)


def person(staff: str, mail: str = "") -> Person:
    return Person(StaffId(staff), staff.title(), "", mail, "en", "RES", "", ())


STAFF = [
    person("amina", "Amina@hospital.example"),
    person("juma"),
    person("peter", "shared@x.example"),
    person("grace", "shared@x.example"),
]
UNITS = [Place("RES", "Resus", "Kisumu"), Place("ICU", "Intensive care", "Kisumu")]


def event(
    *lines: str, summary: str = "amina", begins: str = "20261122T220000", ends: str = "20261123T060000", uid: str = "1"
) -> str:
    return "\r\n".join(
        [
            "BEGIN:VEVENT",
            f"UID:{uid}",
            f"SUMMARY:{summary}",
            f"DTSTART{_value(begins)}",
            f"DTEND{_value(ends)}",
            *lines,
            "END:VEVENT",
            "",
        ]
    )


def _value(text: str) -> str:
    return text if ":" in text else f":{text}"


def read(
    *events: str, zone: ZoneInfo = NAIROBI, now: Moment = NOW, name: str = "RES.ics", units: list[Place] | None = None
) -> list[Shift]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_text("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + "".join(events) + "END:VCALENDAR\r\n", newline="")
        return shifts_in_calendar(path, zone, STAFF, now, units or [])


def walls(shifts: list[Shift], zone: ZoneInfo = NAIROBI) -> list[str]:
    return [
        f"{s.begins.astimezone(zone):%d %H:%M}-{s.ends.astimezone(zone):%d %H:%M}" for s in sorted(shifts, key=lambda s: s.begins)
    ]


def test_a_time_without_a_zone_is_the_sites() -> None:
    (shift,) = read(event())
    assert shift == Shift(StaffId("amina"), "RES", datetime(2026, 11, 22, 19, tzinfo=UTC), datetime(2026, 11, 23, 3, tzinfo=UTC))


def test_what_repeats_is_read_for_the_days_around_now_alone() -> None:
    shifts = read(event("RRULE:FREQ=DAILY", begins="20200101T080000", ends="20200101T160000"))
    assert len(shifts) == 19
    assert min(s.ends for s in shifts) >= NOW - PAST
    assert max(s.begins for s in shifts) <= NOW + AHEAD


def test_a_day_off_a_day_more_and_a_night_that_was_moved_to_somebody_else() -> None:
    weekly = event(
        "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE",
        "EXDATE:20261124T080000",
        "RDATE:20261128T080000",
        begins="20261123T080000",
        ends="20261123T160000",
    )
    swap = event("RECURRENCE-ID:20261125T080000", summary="juma", begins="20261125T120000", ends="20261125T200000")
    off = event("RECURRENCE-ID:20261130T080000", "STATUS:CANCELLED", begins="20261130T080000", ends="20261130T160000")
    shifts = read(weekly, swap, off)
    assert walls([s for s in shifts if s.staff == "juma"]) == ["25 12:00-25 20:00"]
    assert walls([s for s in shifts if s.staff == "amina" and s.begins.month == 11]) == ["23 08:00-23 16:00", "28 08:00-28 16:00"]
    assert len(shifts) == 2 + 1 + 3  # and three in December


def test_a_day_is_from_midnight_to_midnight_of_the_site() -> None:
    week = event(begins=";VALUE=DATE:20261123", ends=";VALUE=DATE:20261130")
    assert walls(read(week)) == ["23 00:00-30 00:00"]
    lone = "BEGIN:VEVENT\r\nSUMMARY:amina\r\nDTSTART;VALUE=DATE:20261123\r\nEND:VEVENT\r\n"
    assert walls(read(lone)) == ["23 00:00-24 00:00"]


@pytest.mark.parametrize(("now", "day", "hours"), [("2026-10-24", "20261024", 11), ("2026-03-28", "20260328", 9)])
@pytest.mark.parametrize("zone", ["", ";TZID=Europe/London"])
def test_a_night_over_the_change_of_the_clocks_ends_by_the_clock_on_the_wall(now: str, day: str, hours: int, zone: str) -> None:
    begins = (date.fromisoformat(now) - timedelta(days=100)).strftime("%Y%m%d")
    ends = (date.fromisoformat(now) - timedelta(days=99)).strftime("%Y%m%d")
    night = event("RRULE:FREQ=DAILY", begins=f"{zone}:{begins}T210000", ends=f"{zone}:{ends}T070000")
    shifts = read(night, zone=LONDON, now=datetime.fromisoformat(now + "T12:00+00:00"))
    (change,) = [s for s in shifts if s.begins.astimezone(LONDON).strftime("%Y%m%d") == day]
    assert walls([change], LONDON)[0].endswith("07:00")
    assert change.ends - change.begins == timedelta(hours=hours)


ODD_ZONE = """BEGIN:VTIMEZONE
TZID:Ours
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:+0{0}00
TZOFFSETTO:+0{0}00
{1}END:STANDARD
END:VTIMEZONE
"""


def test_a_zone_that_only_this_file_knows_is_the_one_of_this_file() -> None:
    mine = event(begins=";TZID=Ours:20261122T220000", ends=";TZID=Ours:20261123T060000")
    for ahead in (5, 7):
        zone = ODD_ZONE.format(ahead, "").replace("\n", "\r\n")
        assert read(zone, mine)[0].begins == datetime(2026, 11, 22, 22 - ahead, tzinfo=UTC)


def test_who_is_named_by_our_own_line_by_mail_or_by_staff_id() -> None:
    assert {s.staff for s in read(event("X-AFTERCALL-STAFF:juma\\, amina", summary="peter"))} == {"juma", "amina"}
    assert {s.staff for s in read(event("ATTENDEE;CN=A:MAILTO:amina@HOSPITAL.example", summary="Night"))} == {"amina"}
    assert {s.staff for s in read(event(summary="Night: amina / juma"))} == {"amina", "juma"}
    assert {s.staff for s in read(event("ATTENDEE;PARTSTAT=DECLINED:mailto:amina@hospital.example", summary="juma"))} == {"juma"}
    with pytest.raises(BadList, match="1 name nobody on the staff list"):
        read(event("ATTENDEE:mailto:shared@x.example", summary="Night"))  # an address of two people names neither


def test_where_is_our_own_line_the_location_a_category_or_the_name_of_the_file() -> None:
    both = ("LOCATION:Ground floor\\, resus", "CATEGORIES:ICU,Nights")
    assert {s.unit for s in read(event(*both), units=UNITS)} == {"RES"}
    assert {s.unit for s in read(event("X-AFTERCALL-UNIT:ICU", *both), units=UNITS)} == {"ICU"}
    assert {s.unit for s in read(event("LOCATION:House 4", both[1]), units=UNITS)} == {"ICU"}
    assert {s.unit for s in read(event("LOCATION:House 4"), name="icu.ics", units=UNITS)} == {"ICU"}
    assert {s.unit for s in read(event("LOCATION:House 4"))} == {"House 4"}
    with pytest.raises(BadList, match="1 no unit"):
        read(event("LOCATION:House 4"), name="all.ics", units=UNITS)


def test_what_is_no_shift_stands_beside_those_that_are() -> None:
    party = event("RRULE:FREQ=SECONDLY", summary="Summer party", uid="2")
    leave = event(summary="juma", begins=";VALUE=DATE:20261101", ends=";VALUE=DATE:20261130", uid="3")
    minute = event(begins="20261122T220000", ends="20261122T220000", uid="4")
    assert [s.staff for s in read(party, leave, minute, event())] == ["amina"]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (event("RRULE:FREQ=SECONDLY"), "event 1, RRULE: a rota repeats by the day"),
        (event("RRULE:FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30"), "event 1, RRULE: a rota repeats by the day"),
        (event("RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"), "event 1, RRULE: that day never comes"),
        (event("RRULE:FREQ=WEEKLY;BYSETPOS=9"), "event 1, RRULE: that day never comes"),
        (event("RRULE:FREQ=DAILY;BYMINUTE=0,1,2,3,4;BYSECOND=0,1,2,3,4"), "event 1, RRULE: more than 24 times a day"),
        (event("RRULE:FREQ=DAILY", begins="15000101T000000", ends="15000101T080000"), "event 1, DTSTART"),
        (event("RRULE:nonsense"), "event 1, RRULE"),
        (event(begins="soon"), "event 1, DTSTART"),
        (event(ends="20261122T060000"), "event 1, DTEND: it must be after DTSTART"),
        (event(ends=";VALUE=DATE:20261124"), "event 1, DTEND"),
        ("BEGIN:VEVENT\r\nUID:1\r\nSUMMARY:amina\r\nEND:VEVENT\r\n", "event 1, DTSTART"),
        ("BEGIN:VEVENT\r\n", "not a whole calendar"),
        (ODD_ZONE.format(3, "RRULE:FREQ=SECONDLY\n").replace("\n", "\r\n") + event(), "VTIMEZONE, RRULE"),
        (ODD_ZONE.format(3, "RRULE:FREQ=\n SECONDLY\n").replace("\n", "\r\n") + event(), "VTIMEZONE, RRULE"),
        (
            "".join(event("RRULE:FREQ=DAILY", begins="19900101T000000", ends="19900101T080000", uid=str(n)) for n in range(160)),
            "too long ago",
        ),
    ],
)
def test_a_calendar_that_can_not_be_used_says_where_and_takes_no_time(lines: str, said: str) -> None:
    began = stopwatch.process_time()
    with pytest.raises(BadList) as problem:
        read(lines)
    assert said in str(problem.value)
    assert "RES.ics" in str(problem.value)
    assert stopwatch.process_time() - began < 5


def test_an_endless_series_of_a_known_person_is_quick_when_it_is_sane() -> None:
    assert (
        len(read(*(event("RRULE:FREQ=DAILY", begins="20240101T080000", ends="20240101T160000", uid=str(n)) for n in range(40))))
        == 19
    )


@settings(max_examples=60)
@given(st.binary(max_size=300), st.integers(0, 10))
def test_no_bytes_make_it_do_anything_but_say_what_is_wrong(junk: bytes, at: int) -> None:
    whole = b"BEGIN:VCALENDAR\r\n" + event("RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20261123T220000").encode() + b"END:VCALENDAR\r\n"
    cut = len(whole) * at // 10
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "RES.ics"
        path.write_bytes(whole[:cut] + junk + whole[cut:])
        with suppress(BadList):
            assert all(s.staff == "amina" for s in shifts_in_calendar(path, NAIROBI, STAFF, NOW))


DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@settings(max_examples=300)
@given(
    zone=st.sampled_from([NAIROBI, LONDON, NEW_YORK]),
    first=st.dates(date(2025, 1, 1), date(2026, 12, 31)),
    ahead=st.integers(-10, 400),
    begins=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    lasts=st.integers(1, 24 * 60),
    every=st.integers(1, 5),
    weekly=st.one_of(st.none(), st.sets(st.sampled_from(range(7)), min_size=1)),
    stops=st.one_of(st.none(), st.integers(1, 100).map(lambda n: ("COUNT", n)), st.integers(0, 300).map(lambda n: ("UNTIL", n))),
    floating=st.booleans(),
    off=st.integers(0, 400),
)
def test_a_rule_gives_what_going_through_the_days_one_by_one_gives(
    zone: ZoneInfo, first: date, ahead: int, begins: time, lasts: int, every: int, weekly: set[int] | None,
    stops: tuple[str, int] | None, floating: bool, off: int,
) -> None:  # fmt: skip
    if weekly:
        first += timedelta(days=next(n for n in range(7) if (first + timedelta(days=n)).weekday() in weekly))
    start = datetime.combine(first, begins)
    now = datetime.combine(first + timedelta(days=ahead), time(12), UTC)
    rule = f"RRULE:FREQ={'WEEKLY' if weekly else 'DAILY'};INTERVAL={every}"
    rule += f";BYDAY={','.join(DAYS[d] for d in sorted(weekly))}" if weekly else ""
    last = datetime.combine(first + timedelta(days=stops[1]), begins) if stops and stops[0] == "UNTIL" else None
    if stops and last is None:
        rule += f";COUNT={stops[1]}"
    elif last is not None:
        until = last if floating else last.replace(tzinfo=zone).astimezone(UTC)
        rule += f";UNTIL={until:%Y%m%dT%H%M%S}" + ("" if floating else "Z")
    tzid = "" if floating else f";TZID={zone.key}"
    day_off = datetime.combine(first + timedelta(days=off), begins)
    one = event(
        rule, f"EXDATE{tzid}:{day_off:%Y%m%dT%H%M%S}", begins=f"{tzid}:{start:%Y%m%dT%H%M%S}",
        ends=f"{tzid}:{start + timedelta(minutes=lasts):%Y%m%dT%H%M%S}",
    )  # fmt: skip

    expected, counted, day = set[tuple[Moment, Moment]](), 0, first
    monday = first - timedelta(days=first.weekday())
    while day <= now.date() + timedelta(days=30):
        week, since = (day - monday).days // 7, (day - first).days
        happens = day.weekday() in weekly and week % every == 0 if weekly else since % every == 0
        wall = datetime.combine(day, begins)
        if happens and not (stops and stops[0] == "COUNT" and counted >= stops[1]) and not (last and wall > last):
            counted += 1
            span = tuple((wall + timedelta(minutes=m)).replace(tzinfo=zone).astimezone(UTC) for m in (0, lasts))
            if wall != day_off and span[1] > span[0] and span[1] >= now - PAST and span[0] <= now + AHEAD:
                expected.add((span[0], span[1]))
        day += timedelta(days=1)
    assert {(s.begins, s.ends) for s in read(one, zone=zone, now=now)} == expected
