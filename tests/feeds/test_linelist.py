"""A ward's own list: every good row is heard, every bad one is named by row and column, and no row takes another with it."""

import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aftercall.inside.feeds import linelist
from aftercall.inside.feeds.site import Site
from aftercall.inside.road.notice import Marks, Named, Notice, Sign, Unread

NOW = datetime(2026, 3, 11, 9, tzinfo=UTC)
SITE = Site(zone=ZoneInfo("Africa/Nairobi"), mannequins=frozenset({"999"}))
ROW = "42,KISIWA,RES,2026-03-10 14:30,HR:17;MED:J100\n"
HEAD = "patient,authority,unit,died,staff\n"


def mark(text: str) -> Marks:
    return Marks(text)


def read(text: str | bytes) -> tuple[Notice | Unread, ...]:
    return linelist.read(text.encode() if isinstance(text, str) else text, SITE, mark, NOW)


def notice(text: str | bytes) -> Notice:
    (one,) = read(text)
    assert isinstance(one, Notice)
    return one


def test_a_row_is_a_death_with_place_time_and_who_was_there() -> None:
    one = notice(HEAD + ROW)
    assert one.signs == (Sign("list", "told"),)
    assert one.people == (mark("person|KISIWA|42"),)
    assert (one.unit, one.source, one.doubt, one.died_as) == ("RES", "list", "", "time")
    assert one.died == datetime(2026, 3, 10, 11, 30, tzinfo=UTC)
    assert one.said_at == NOW
    assert one.named == (Named("HR", "17", "list staff"), Named("MED", "J100", "list staff"))
    assert one.document == mark("document|list|KISIWA|42")


@pytest.mark.parametrize(
    "text",
    [
        (HEAD + ROW).replace(",", "\t"),
        'Patient;AUTHORITY;Unit;Died;Staff\r\n42;KISIWA;RES;"2026-03-10 14:30";"HR:17;MED:J100"\r\n',
        "\n\n" + HEAD + ROW + "\n,,,,\n",
        HEAD.replace("\n", "\r") + ROW.replace("\n", "\r"),
        (HEAD + ROW).encode("utf-8-sig"),
        (HEAD + ROW).encode("utf-16"),
        "died,staff,patient,unit,authority\n2026-03-10T14:30,HR:17; MED:J100 ,42,RES,KISIWA\n",
    ],
)
def test_any_order_delimiter_line_end_and_charset_gives_the_same(text: str | bytes) -> None:
    one, plain = notice(text), notice(HEAD + ROW)
    assert (one.people, one.unit, one.died, one.named, one.signs) == (
        plain.people,
        plain.unit,
        plain.died,
        plain.named,
        plain.signs,
    )


def test_an_old_spreadsheets_letters_are_read() -> None:
    assert notice((HEAD + ROW).replace("RES", "Réa").encode("latin-1")).unit == "Réa"


@pytest.mark.parametrize(
    ("row", "where"),
    [
        (",KISIWA,RES,2026-03-10,", "row 3, patient"),
        ("42,KISIWA,RES,,", "row 3, died"),
        ("42,KISIWA,RES,10/03/2026,", "row 3, died"),
        ("42,KISIWA,RES,2026,", "row 3, died"),
        ("42,KISIWA,RES,2026-03-10,J100", "row 3, staff"),
        ("42,KISIWA,RES,2026-03-10,HR:", "row 3, staff"),
        ("42,KISIWA,RES,2026-03-10,HR:1,x,y", "row 3"),
        ('"42,KISIWA,RES,2026-03-10,,', "row 3, died"),
        ("4\x002,KISIWA,RES,2026-03-10,", "row 3, patient"),
        ("42," + "x" * 5000, "row 3"),
    ],
)
def test_a_bad_row_is_named_and_the_good_ones_around_it_are_heard(row: str, where: str) -> None:
    before, bad, after = read(HEAD + ROW + row + "\n" + ROW.replace("42", "43"))
    assert isinstance(before, Notice)
    assert isinstance(bad, Unread)
    assert isinstance(after, Notice)
    assert bad.where == where
    assert "KISIWA" not in str(bad)


def test_a_short_row_and_an_extra_comma_are_forgiven() -> None:
    assert notice(HEAD + "42,KISIWA,RES,2026-03-10\n").died_as == "day"
    assert notice(HEAD + "42,KISIWA,RES,2026-03-10,,,,\n").named == ()


def test_a_row_is_taken_back_by_its_state() -> None:
    head = "patient,died,state\n"
    alive, mistake = notice(head + "42,,alive\n"), notice(head + "42,2026-03-10,Mistake\n")
    assert (alive.signs, alive.died, alive.corrects) == ((Sign("list", "no"),), None, "death")
    assert (mistake.signs, mistake.died, mistake.corrects) == ((Sign("list", "void"),), None, "document")
    assert alive.document == mistake.document == notice(head + "42,2026-03-10,dead\n").document


def test_of_two_rows_of_one_patient_the_lower_counts() -> None:
    first, second = read("patient,died,state\n42,2026-03-10,\n42,,alive\n")
    assert isinstance(first, Notice)
    assert isinstance(second, Notice)
    assert (second.said_at, second.version) > (first.said_at, first.version)


def test_old_news_a_slip_of_the_pen_and_a_mannequin_are_doubted() -> None:
    found = read("patient,died\n1,2025-03-10\n2,2031-03-10\n999,2026-03-10\n4,2026-03-11 11:55\n")
    assert [one.doubt for one in found if isinstance(one, Notice)] == ["long ago", "future time", "mannequin", ""]


@pytest.mark.parametrize("text", ["", "\n\n", "42,KISIWA,RES\n", "patient,unit\n42,RES\n", b"\x00\x01\x02", b"\xff\xfe"])
def test_a_list_without_names_of_columns_is_refused_once(text: str | bytes) -> None:
    (one,) = read(text)
    assert isinstance(one, Unread)
    assert one.code == "not-ours"
    assert "42" not in str(one)


def test_a_misspelt_column_is_named_by_its_place_and_the_rows_are_heard() -> None:
    found = read("patient,died,staf\n42,2026-03-10,HR:1\n")
    assert isinstance(found[0], Unread)
    assert found[0].where == "row 1, column 3"
    assert isinstance(found[1], Notice)


def test_a_large_list_is_cut_off_or_read_in_time() -> None:
    begun = time.process_time()
    assert len(read(HEAD + ROW * 5000)) == 5000
    (one,) = read(b"x" * (4 * 1024 * 1024 + 1))
    assert isinstance(one, Unread)
    (one,) = read(HEAD + '"' * 4_000_000)
    assert isinstance(one, Unread)
    assert time.process_time() - begun < 2


@settings(max_examples=300, deadline=1000)
@given(st.data())
def test_whatever_is_damaged_is_a_notice_or_a_refusal(data: st.DataObject) -> None:
    body = bytearray((HEAD + ROW + '43;"x",,2026-03-10,\n').encode(data.draw(st.sampled_from(["utf-8", "utf-16", "latin-1"]))))
    for _ in range(data.draw(st.integers(1, 6))):
        at, new = data.draw(st.integers(0, len(body) - 1)), data.draw(st.binary(max_size=4))
        body[at : at + data.draw(st.integers(0, 20))] = new
    for one in read(bytes(body)):
        assert isinstance(one, Notice | Unread)
