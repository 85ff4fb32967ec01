"""Bad input gets a clear answer and changes nothing."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from aftercall_stage.phones import Gone, Refused

from aftercall.inside.feeds.mllp import listen
from tests.world import CODE, Night, adt

CARE = ("box", "page_copy", "ring", "msg")
HOSPITAL = ("notice", "event", "attendance", "told", "outbox")


def call(night: Night, method: str, path: str, **more: Any) -> httpx.Response:
    return night.run(night.wire().request(method, f"/care/v1/{path}", **more))


def talking(night: Night) -> tuple[Any, Any, str]:
    """Amina and Grace in the middle of a talk."""
    grace, phone = night.peer("Grace"), night.asker()
    night.run(phone.ask())
    (page,) = night.run(grace.pages())
    night.run(grace.take(page.box))
    night.run(grace.write(page.box, "Hello."))
    night.run(phone.look())
    night.run(phone.read())
    return phone, grace, page.box


def test_a_wrong_capability_and_an_unknown_box_answer_alike(night: Night) -> None:
    phone, _, box = talking(night)
    before = night.rows("outside", *CARE)
    answers = {
        (a.status_code, a.content)
        for path in ("box/state", "box/m")
        for head in ({"X-Box": box, "X-Cap": "00" * 16}, {"X-Box": "ab" * 16, "X-Cap": phone.memory.open.cap.hex()}, {})
        for a in (call(night, "GET", path, headers=head), call(night, "DELETE", "box", headers=head))
    }
    assert len(answers) == 1
    status, body = answers.pop()
    assert (status, len(body), json.loads(body)["error"]) == (404, 256, "gone")
    assert night.rows("outside", *CARE) == before


def test_a_replayed_letter_is_refused_on_the_way_and_on_the_phone(night: Night) -> None:
    phone, grace, box = talking(night)
    head = {"X-Box": box, "X-Cap": phone.memory.open.cap.hex()}
    talk = night.run(phone._talk())
    talk.seal("Once.", phone.rand)
    wire = talk.out[0].wire
    assert call(night, "POST", "box/m", headers=head, content=wire).status_code == 204
    assert call(night, "POST", "box/m", headers=head, content=wire).status_code == 204  # the same bytes are the same letter
    assert night.run(grace.read(box)) == ["Once."]
    before = night.rows("outside", *CARE)
    late = call(night, "POST", "box/m", headers=head, content=wire)
    assert (late.status_code, late.json()["error"]) == (409, "seq")
    assert night.rows("outside", *CARE) == before
    assert grace.talks[box].take(wire) is None


@pytest.mark.parametrize("body", [b"", b"x" * 287, b"\0" * 288, b"x" * 4129, b"x" * 5_000_000])
def test_bytes_that_are_no_letter_are_named_and_not_kept(night: Night, body: bytes) -> None:
    phone, _, box = talking(night)
    before = night.rows("outside", *CARE)
    answer = call(night, "POST", "box/m", headers={"X-Box": box, "X-Cap": phone.memory.open.cap.hex()}, content=body)
    assert answer.status_code in (400, 413)
    assert answer.json()["say"]
    assert len(answer.content) == 256
    assert night.rows("outside", *CARE) == before


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("box", "no", "box"),
        ("order", [], "order"),
        ("order", ["00000000"], "order"),
        ("contact", "AAAA", "contact"),
        ("all", 2, "all"),
        ("v", 9, "v must be"),
        ("name", "Amina", "name"),
    ],
)
def test_a_form_that_does_not_fit_names_the_field_and_nothing_of_it(night: Night, field: str, value: Any, says: str) -> None:
    night.peer("Grace")
    phone = night.asker()
    night.run(phone.ask())
    form = {**json.loads(phone.memory.open.body), field: value}  # type: ignore[union-attr]
    before = night.rows("outside", *CARE)
    answer = call(night, "POST", "box", headers={"X-Code": CODE}, json=form)
    assert (answer.status_code, len(answer.content)) == (400, 256)
    assert says in answer.json()["say"]
    assert night.rows("outside", *CARE) == before


def test_a_wrong_code_asks_nothing(night: Night) -> None:
    night.peer("Grace")
    phone = night.asker()
    night.run(phone.read_directory())
    phone.code = "four-wrong-words-here"
    with pytest.raises(Refused, match="code"):
        night.run(phone.ask())
    assert not any(night.rows("outside", *CARE).values())


def test_another_sites_page_can_not_write(night: Night) -> None:
    night.peer("Grace")
    for head in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        assert call(night, "POST", "peer/challenge", headers=head).status_code == 403


def test_a_box_that_ended_answers_as_if_it_had_never_been(night: Night) -> None:
    phone, grace, box = talking(night)
    night.run(phone.close())
    with pytest.raises(Gone):
        night.run(grace.read(box))


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"GARBAGE", "AR"),
        (adt(PID_3=""), "AE"),
        (b"\r".join(line for line in adt().split(b"\r") if not line.startswith(b"PID")), "AE"),
        (b"x" * 20_000_000, "AR"),
    ],
    ids=["not HL7", "no patient number", "no PID", "20 MB"],
)
def test_a_bad_message_is_answered_on_the_wire_and_the_next_is_heard(night: Night, frame: bytes, code: str) -> None:
    async def wire() -> tuple[bytes, bytes]:
        half = night.inside.half
        server = await listen("127.0.0.1", 0, half.listen, refuse=half.refuse)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        answers = []
        for body in (frame, adt()):
            writer.write(b"\x0b" + body + b"\x1c\r")
            await writer.drain()
            answers.append(await asyncio.wait_for(reader.readuntil(b"\x1c\r"), 20))
        writer.close()
        await writer.wait_closed()
        server.close()
        await server.wait_closed()
        return answers[0], answers[1]

    bad, good = night.run(wire())
    assert f"MSA|{code}|".encode() in bad
    assert bad.split(b"MSA|")[1].split(b"|")[2].strip()  # a sentence
    assert b"MSA|AA|" in good
    assert len(night.rows("inside", "event")["event"]) == 1


def test_half_a_frame_is_not_answered_is_written_down_and_the_next_is_heard(night: Night) -> None:
    async def wire() -> bytes:
        half = night.inside.half
        server = await listen("127.0.0.1", 0, half.listen, refuse=half.refuse)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"\x0b" + adt()[:200] + b"\x0b" + adt() + b"\x1c\r")
        answer = await asyncio.wait_for(reader.readuntil(b"\x1c\r"), 20)
        writer.close()
        await writer.wait_closed()
        server.close()
        await server.wait_closed()
        return answer

    assert b"MSA|AA|" in night.run(wire())
    assert [row[4] for row in night.rows("inside", "quarantine")["quarantine"]] == ["half-frame"]


def test_an_unknown_charset_loses_no_death(night: Night) -> None:
    message = adt().replace(b"2.5.1\r", b"2.5.1||||||KLINGON\r", 1).replace(b"PATIENT^TEST", b"M\xfcller^\xe9")
    assert night.hear(message) == "AA"
    assert len(night.rows("inside", "event")["event"]) == 1


def test_an_unknown_staff_number_is_dropped_unread(night: Night) -> None:
    night.hear(adt(PV1_7="Z9999^DOCTOR^UNKNOWN^^^^^^KMPDC", PV1_3="NOWHERE^1"))
    rows = night.rows("inside", *HOSPITAL)
    assert len(rows["event"]) == 1
    assert rows["attendance"] == []
    assert "Z9999" not in str(rows)
