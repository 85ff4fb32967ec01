"""The hospital's own lists: read whole or not at all, and whoever wrote them is told where and what."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from aftercall.inside.feeds.lists import phone_of, rota_in, staff_in, units_in
from aftercall.inside.feeds.rotas.rota import rota_in as any_rota
from aftercall.rota.rows import BadList

NAIROBI, LONDON = ZoneInfo("Africa/Nairobi"), ZoneInfo("Europe/London")
STAFF = "staff,name,phone,mail,language,unit,role,ids\n"
AMINA = "amina,Amina Yusuf,+254700000002,,en,RES,registrar,KMPDC:A1234;urn:oid:1.2.3:77\n"
JUMA = "juma,Juma Otieno,,juma@ems.example,sw,EMS,paramedic,EMS:67981\n"
ROTA = "unit,staff,begins,ends\n"
NOW = datetime(2026, 11, 22, 20, tzinfo=UTC)


def wrote(folder: Path, text: str, name: str = "list.csv") -> Path:
    path = folder / name
    path.write_text(text, newline="")
    return path


def test_one_doctor_under_three_authorities_is_one_person(tmp_path: Path) -> None:
    amina, juma = staff_in(wrote(tmp_path, STAFF + AMINA + JUMA))
    assert amina.ids == (("KMPDC", "A1234"), ("urn:oid:1.2.3", "77"))
    assert (juma.phone, juma.mail) == ("", "juma@ems.example")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (STAFF + AMINA + AMINA, "row 3, column staff: amina stands there"),
        (STAFF + ",Nobody,,,en,RES,,\n", "row 2, column staff: nothing stands there"),
        (STAFF + AMINA + "x,X,,x@y.example,en,RES,,KMPDC:A1234\n", "row 3, column ids: KMPDC:A1234 is amina's already"),
        (STAFF + "x,X,,,en,RES,,A1234\n", "row 2, column ids: write authority:number"),
        (STAFF + "x,X,0700000002,,en,RES,,\n", "row 2, column phone: write it as +254700000001"),
        (STAFF + "x,X,,nobody,en,RES,,\n", "row 2, column mail"),
        (STAFF + "x,X,,,en,RES\n", "row 2 has 6 columns, row 1 has 8"),
        ("staff,name\nx,X\n", "row 1 must be staff,name,phone"),
        (STAFF + 'x,"X,,,en,RES,,\n', "unexpected end of data"),
        ("", "row 1 must be"),
    ],
)
def test_a_list_that_is_wrong_says_where_and_what_and_nothing_of_it_is_used(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadList) as problem:
        staff_in(wrote(tmp_path, text))
    assert said in str(problem.value)
    assert "list.csv" in str(problem.value)


def test_what_is_not_a_text_file_is_refused_with_what_to_do(tmp_path: Path) -> None:
    for bytes_ in (b"\xff\xfes\x00t\x00", STAFF.encode() + b"a,\xe9,,,,,,\n"):
        (tmp_path / "list.csv").write_bytes(bytes_)
        with pytest.raises(BadList, match="save the file as CSV UTF-8"):
            staff_in(tmp_path / "list.csv")
    with pytest.raises(BadList, match="make it with the columns"):
        staff_in(tmp_path / "nowhere.csv")
    with pytest.raises(BadList, match="can't be read"):
        staff_in(tmp_path)
    (tmp_path / "list.csv").write_bytes(STAFF.encode() + b"\0" * 50)
    with pytest.raises(BadList):
        staff_in(tmp_path / "list.csv")


def test_a_spreadsheet_may_write_semicolons_a_mark_at_the_front_quotes_and_columns_in_its_own_order(tmp_path: Path) -> None:
    text = '\ufeffname;Staff;phone;mail;language;unit;role;ids;salary\r\n\r\n"Amina\nYusuf";amina;;;en;RES;;"A:1;B:2";9\r\n'
    (amina,) = staff_in(wrote(tmp_path, text))
    assert amina.ids == (("A", "1"), ("B", "2"))
    with pytest.raises(BadList, match="row 3, column unit"):
        units_in(wrote(tmp_path, "unit,name,site\n\n,Resus,Kisumu\n"))


@pytest.mark.parametrize(
    ("written", "country", "kept"),
    [
        ("+254 700-000 002", "", "+254700000002"),
        ("00254 (700) 000.002", "", "+254700000002"),
        ("0700 000 002", "+254", "+254700000002"),
        ("0700000002", "", None),
        ("extension 12", "+254", None),
        ("+٢٥٤٧٠٠٠٠٠٠٠٢", "", None),
        ("", "+254", ""),
    ],
)
def test_a_number_is_kept_so_that_a_stop_from_it_is_known(written: str, country: str, kept: str | None) -> None:
    assert phone_of(written, country) == kept


def test_a_unit_is_told_twice_only_in_the_same_words(tmp_path: Path) -> None:
    assert len(units_in(wrote(tmp_path, "unit,name,site\nRES,Resus,Kisumu\nRES,Resus,Kisumu\n"))) == 1
    with pytest.raises(BadList, match="row 3, column unit: RES stands there"):
        units_in(wrote(tmp_path, "unit,name,site\nRES,Resus,Kisumu\nRES,Recovery,Kisumu\n"))


def test_a_night_shift_ends_by_the_clock_on_the_wall_when_the_clocks_change(tmp_path: Path) -> None:
    text = ROTA + "RES,amina,2026-10-24T21:00,2026-10-25T07:00\nRES,amina,2026-03-28T21:00,2026-03-29T07:00\n"
    autumn, spring = rota_in(wrote(tmp_path, text), LONDON, {"amina"})
    assert (autumn.ends - autumn.begins).total_seconds() == 11 * 3600
    assert (spring.ends - spring.begins).total_seconds() == 9 * 3600


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("RES,peter,2026-11-22T22:00,2026-11-23T06:00", "column staff: peter is not in the staff list"),
        (",amina,2026-11-22T22:00,2026-11-23T06:00", "column unit: nothing stands there"),
        ("RES,amina,2026-11-22T22:00,2026-11-22T06:00", "column ends: 2026-11-22T06:00 is not after"),
        ("RES,amina,2026-11-22T22:00,", "column ends: nothing stands there"),
        ("RES,amina,22/11/26 22:00,2026-11-23T06:00", "column begins: write the time as"),
        ("RES,amina,0001-01-01T00:00,2026-11-23T06:00", "column begins: write the time as"),
        ("RES,amina,2026-11-22T22:00,2027-11-23T06:00", "column ends: more than 8 days"),
    ],
)
def test_a_rota_that_is_wrong_says_where(tmp_path: Path, row: str, said: str) -> None:
    with pytest.raises(BadList) as problem:
        rota_in(wrote(tmp_path, ROTA + row + "\n"), NAIROBI, {"amina"})
    assert f"row 2, {said}" in str(problem.value)


def test_of_the_same_shift_twice_the_longer_stands(tmp_path: Path) -> None:
    text = ROTA + "".join(f"RES,amina,2026-11-22T22:00,2026-11-23T0{hour}:00\n" for hour in (6, 8, 7))
    (shift,) = rota_in(wrote(tmp_path, text), NAIROBI, {"amina"})
    assert shift.ends == datetime(2026, 11, 23, 5, tzinfo=UTC)


def test_a_folder_is_one_rota_whatever_its_files_are_and_is_read_whole_or_not_at_all(tmp_path: Path) -> None:
    amina, juma = staff_in(wrote(tmp_path, STAFF + AMINA + JUMA))
    folder = tmp_path / "rota"
    folder.mkdir()
    with pytest.raises(BadList, match="the folder is empty"):
        any_rota(folder, NAIROBI, [amina, juma], NOW)
    row = "RES,amina,2026-11-22T22:00,2026-11-23T06:00\n"
    wrote(folder, ROTA + row, "a.CSV")
    wrote(folder, ROTA + row + "EMS,juma,2026-11-22T22:00,2026-11-23T06:00\n", "b.csv")
    wrote(folder, "half a file", ".~lock.b.csv#")
    event = "BEGIN:VEVENT\r\nUID:1\r\nSUMMARY:juma\r\nDTSTART:20261123T080000\r\nDTEND:20261123T160000\r\nEND:VEVENT\r\n"
    wrote(folder, f"BEGIN:VCALENDAR\r\n{event}END:VCALENDAR\r\n", "EMS.ics")
    slot = '{"resourceType":"Schedule","actor":[{"reference":"Practitioner/amina"},{"reference":"Location/ICU"}],'
    wrote(folder, slot + '"planningHorizon":{"start":"2026-11-24T08:00:00+03:00","end":"2026-11-24T20:00:00+03:00"}}', "c.json")
    found = {(s.unit, s.staff) for s in any_rota(folder, NAIROBI, [amina, juma], NOW)}
    assert found == {("RES", "amina"), ("EMS", "juma"), ("ICU", "amina")}
    assert len(any_rota(folder, NAIROBI, [amina, juma], NOW)) == 4
    wrote(folder, "dear all", "read me.txt")
    with pytest.raises(BadList, match=r"ends in \.csv, \.ics or \.json"):
        any_rota(folder, NAIROBI, [amina, juma], NOW)
