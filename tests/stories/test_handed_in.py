"""Reports handed in as files: at an address with a secret in it, and at the desk. What they say is heard, and never shown."""

from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from aftercall.door import MOST, Measured
from aftercall.inside.doors.intake import LARGER, LARGEST, parts_of
from tests.feeds.epcr import CREW, DEATH, dataset, personnel, report
from tests.feeds.test_schema import XSD
from tests.stories.brought import IN_THE_ED, run
from tests.stories.ward import AMINA, JUMA, ON_SHIFT, Ward, hidden, opened, see, sign_in, told
from tests.world import Night, adt

CSV = "patient,unit,died\n778899,RES,2026-11-22 22:40\n"


@pytest.fixture
def ward(night: Night) -> Ward:
    return night, opened(night)


def hand_in(ward: Ward, body: bytes, csrf: str = "") -> httpx.Response:
    """A browser's form with a file in it."""
    edge, token = "----edge7MA4YWxk", csrf or hidden(see(ward), "csrf")
    head = f'--{edge}\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{token}\r\n--{edge}\r\n'
    head += 'Content-Disposition: form-data; name="file"; filename="deaths.csv"\r\nContent-Type: text/csv\r\n\r\n'
    whole = head.encode() + body + f"\r\n--{edge}--\r\n".encode()
    return ward[0].run(
        ward[1].post("/desk/intake", content=whole, headers={"Content-Type": f"multipart/form-data; boundary={edge}"})
    )


def test_a_report_of_any_feed_can_be_handed_in(ward: Ward) -> None:
    night, wire = ward
    answer = night.run(wire.post("/inside/v1/intake/drop", content=adt()))
    assert answer.status_code == 200
    assert answer.json() == [{"state": "confirmed", "kind": "ADT^A03", "problem": None}]
    night.tick()
    assert told(night) == ON_SHIFT | {AMINA}


def test_a_list_can_be_handed_in(ward: Ward) -> None:
    night, wire = ward
    answer = night.run(wire.post("/inside/v1/intake/drop", content=CSV.encode()))
    assert [one["state"] for one in answer.json()] == ["confirmed"], answer.text
    assert "778899" not in answer.text
    night.pass_time(minutes=5)
    assert told(night) >= ON_SHIFT


@pytest.mark.parametrize("body", [b"", b"nothing of ours", b"\x00" * 100, b"{", b"<x", b"MSH|^~\\&|"])
def test_what_nobody_can_read_is_refused_with_a_reason(ward: Ward, body: bytes) -> None:
    night, wire = ward
    answer = night.run(wire.post("/inside/v1/intake/drop", content=body))
    assert answer.status_code == 422
    assert all(one["state"] == "refused" and one["problem"]["say"] for one in answer.json())


@pytest.mark.parametrize("token", ["wrong", "", "drop2", "%00"])
def test_without_the_address_secret_nothing_is_read(ward: Ward, token: str) -> None:
    night, wire = ward
    assert night.run(wire.post(f"/inside/v1/intake/{token}", content=adt())).status_code == 404
    assert night.rows("inside", "event", "quarantine") == {"event": [], "quarantine": []}


def test_what_could_not_be_kept_is_said_without_its_content(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    night, wire = ward

    async def broken(*_: object) -> list[str]:
        raise RuntimeError("778899")

    monkeypatch.setattr(night.inside.half, "take", broken)
    answer = night.run(wire.post("/inside/v1/intake/drop", content=adt()))
    assert answer.status_code == 500
    assert "778899" not in answer.text


def test_the_clerk_hands_in_a_list_at_the_desk(ward: Ward) -> None:
    night, _ = ward
    sign_in(ward)
    answer = hand_in(ward, CSV.encode())
    assert answer.status_code == 200
    assert "a death" in answer.text
    assert "778899" not in answer.text
    night.pass_time(minutes=5)
    assert told(night) >= ON_SHIFT


def test_a_file_with_any_bytes_in_it_arrives_whole(ward: Ward) -> None:
    night, _ = ward
    sign_in(ward)
    assert "a death" in hand_in(ward, adt()).text
    night.pass_time(minutes=5)
    assert told(night) == ON_SHIFT | {AMINA}


def test_a_file_may_be_sixteen_megabytes_and_nothing_else_may(ward: Ward) -> None:
    night, _ = ward
    wire = httpx.AsyncClient(transport=httpx.ASGITransport(Measured(night.inside.app, LARGER)), base_url="https://hospital.example")
    night._wire.append(wire)
    assert night.run(wire.post("/inside/v1/intake/drop", content=b" " * (MOST + 1))).status_code == 422
    whole = night.run(wire.post("/inside/v1/intake/drop", content=adt() + b"\r" * (2 * MOST)))
    assert [one["state"] for one in whole.json()] == ["confirmed"]
    too_much = night.run(wire.post("/inside/v1/intake/drop", content=b" " * (LARGEST + 5000)))
    assert too_much.status_code == 413
    assert "16388 kB" in too_much.text
    for path in ("/unit/RES", "/tell", "/desk", "/desk/event", "/inside/v1/inbound/x"):
        assert night.run(wire.post(path, content=b" " * (MOST + 1))).status_code == 413, path


def test_without_the_forms_own_secret_a_file_is_not_read(ward: Ward) -> None:
    night, _ = ward
    sign_in(ward)
    assert hand_in(ward, adt(), "x" * 32).status_code == 403
    assert night.rows("inside", "event")["event"] == []


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "multipart/form-data; boundary=x"),
        (b"--x--", "multipart/form-data; boundary=x"),
        (b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1', "multipart/form-data; boundary=x"),
        (b"--x\r\nno head\r\n--x--", "multipart/form-data; boundary=x"),
        (b"a=1", "application/x-www-form-urlencoded"),
        (b"a=1", ""),
        (b"\xff" * 50, 'multipart/form-data; boundary="\xff"'),
    ],
)
def test_a_form_that_is_none_has_no_parts(body: bytes, kind: str) -> None:
    assert parts_of(body, kind) == {}


def test_what_stands_in_a_file_is_taken_byte_for_byte() -> None:
    inside = bytes(range(256)) + b"\r\n--y\r\n\r\n"
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' + inside + b"\r\n--x--\r\n"
    assert parts_of(body, "multipart/form-data; boundary=x") == {"file": inside}


# an ambulance's files ------------------------------------------------------------------------------------------------------


def numbers(night: Night) -> set[tuple[str, ...]]:
    return {row[1:4] for row in night.rows("inside", "staff_id")["staff_id"]}


def test_an_agencys_list_adds_numbers_to_people_on_the_staff_list_and_keeps_nothing_of_others(ward: Ward) -> None:
    night, wire = ward
    night.inside_settings.rota.write_text("unit,staff,begins,ends\n")
    before = numbers(night)
    listed = personnel((("7001", "P-88"), "17"), (("N200",), "18")).replace(b"KISIWA-EMS", b"EMS")
    answer = night.run(wire.post("/inside/v1/intake/drop", content=listed))
    assert (answer.status_code, answer.json()) == (
        200,
        [{"state": "listed", "kind": "DEMDataSet", "problem": None, "people": 2, "known": 1}],
    )
    assert numbers(night) - before == {("EMS", "P-88", "juma"), ("EMS", "17", "juma")}
    night.clock.move(days=1)  # the lists are read anew each day
    night.tick()
    assert numbers(night) - before == {("EMS", "P-88", "juma"), ("EMS", "17", "juma")}
    night.clock.move(days=-1)
    by_licence = run(IN_THE_ED).replace(b">7001<", b">P-88<")
    night.run(night.inside.half.take_in(by_licence))
    night.pass_time(minutes=6)
    assert told(night) == {JUMA}


def test_who_leaves_the_staff_list_takes_those_numbers_along(ward: Ward) -> None:
    night, wire = ward
    listed = personnel((("7001", "P-88"), "17")).replace(b"KISIWA-EMS", b"EMS")
    night.run(wire.post("/inside/v1/intake/drop", content=listed))
    staff = night.inside_settings.staff
    staff.write_text("".join(line for line in staff.read_text().splitlines(True) if not line.startswith("juma")))
    night.inside_settings.rota.write_text("unit,staff,begins,ends\n")
    night.run(night.inside.half.mirror())
    assert "juma" not in str(numbers(night))


def test_numbers_of_one_person_that_are_two_peoples_here_are_said_and_change_nothing(ward: Ward) -> None:
    night, wire = ward
    before = numbers(night)
    staff = night.inside_settings.staff
    staff.write_text(staff.read_text() + "neema,N,+254700000009,,en,AMB7,driver,EMS:17\n")
    night.run(night.inside.half.mirror())
    listed = personnel((("7001",), "17")).replace(b"KISIWA-EMS", b"EMS")
    answer = night.run(wire.post("/inside/v1/intake/drop", content=listed))
    assert [one["state"] for one in answer.json()] == ["listed", "refused"]
    assert numbers(night) - before == {("EMS", "17", "neema")}


def test_what_isnt_as_the_schema_has_it_is_shown_and_heard_all_the_same(ward: Ward, tmp_path: Path) -> None:
    night, _ = ward
    (tmp_path / "EMSDataSet_v3.xsd").write_text(XSD)
    sign_in(ward)
    body = dataset(report(DEATH, crew=CREW))
    assert "schema" not in hand_in(ward, body).text
    half = night.inside.half
    half.settings = replace(half.settings, xsd=str(tmp_path))
    page = hand_in(ward, body).text
    assert "EMSDataSet/Header: is not expected here" in page
    assert "R-42" not in page
    assert "schema" not in hand_in(ward, adt()).text
