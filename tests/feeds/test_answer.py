"""A sender is answered in its own terms, with a sentence, and never with a patient's data."""

import pytest

from aftercall.inside.feeds.answer import code_of
from aftercall.inside.feeds.hl7 import Reading, acknowledge, read
from aftercall.inside.road.notice import Unread
from tests.feeds.told import NOW, SITE, mark, told


def answer(body: bytes, code: str, problem: str = "") -> list[list[str]]:
    text = acknowledge(read(body, SITE, mark, NOW)[0], code, problem, NOW).decode()  # type: ignore[arg-type]  # by name
    return [segment.split("|") for segment in text.split("\r")[:-1]]


def test_an_answer_turns_the_header_round_and_echoes_the_control_id() -> None:
    msh, msa = answer(told({"f30": "Y"}, {}), "AA")
    assert msh[2:6] == ["B", "KISIWA", "A", "KISIWA"]
    assert (msh[8], msh[10], msh[11]) == ("ACK^A08^ACK", "P", "2.5")
    assert msa == ["MSA", "AA", "M1", "Stored."]


def test_a_refusal_says_where_and_what_to_do() -> None:
    _, msa, err = answer(told({"f3": ""}, {}), "AE")
    assert (msa[1], "PID-3" in msa[3]) == ("AE", True)
    assert (err[2], err[3][:3], err[4]) == ("PID^1^3", "101", "E")
    _, _, old = answer(told({"f3": ""}, {}).replace(b"|P|2.5", b"|P|2.3"), "AE")
    assert old == ["ERR", "PID^1^3^101"]


@pytest.mark.parametrize(
    ("accept", "application", "code", "said"),
    [
        ("", "", "AA", "AA"),
        ("", "", "AE", "AE"),
        ("", "", "AR", "AR"),
        ("AL", "NE", "AA", "CA"),
        ("AL", "NE", "AE", "CE"),
        ("AL", "NE", "AR", "CR"),
        ("AL", "AL", "AA", "CA"),
        ("NE", "NE", "AA", ""),
        ("NE", "", "AR", ""),
        ("NE", "AL", "AA", "AA"),
        ("", "AL", "AE", "AE"),
        ("ER", "NE", "AA", ""),
        ("ER", "NE", "AE", "CE"),
        ("SU", "NE", "AA", "CA"),
        ("SU", "NE", "AR", ""),
        ("NE", "ER", "AA", ""),
        ("NE", "ER", "AR", "AR"),
        ("??", "", "AA", "CA"),
    ],
)
def test_msh_15_and_16_decide_which_answer_is_wanted(accept: str, application: str, code: str, said: str) -> None:
    body = told({"f30": "Y"}, {}).replace(b"|M1|P|2.5", f"|M1|P|2.5|||{accept}|{application}".encode())
    lines = answer(body, code)
    assert (lines[1][1] if lines else "") == said


def test_what_is_echoed_is_escaped_and_short() -> None:
    body = told({"f30": "Y"}, {}).replace(b"|M1|", b"|a\\F\\b" + b"9" * 5000 + b"|")
    msh, msa = answer(body, "AE", "line\rPID|1||42")
    assert len(msa) == 4
    assert msa[2].startswith("a\\F\\b9")
    assert len(msa[2]) < 250
    assert msa[3] == "line PID\\F\\1\\F\\\\F\\42"
    assert len(msh) == 18


def test_a_patient_glued_to_the_header_by_a_lost_line_end_is_not_kept() -> None:
    glued = told({"f3": "900417", "f5": "MFANO", "f30": "Y"}, {}).replace(b"\rEVN", b" EVN").replace(b"\rPID", b" PID")
    (reading,) = read(glued, SITE, mark, NOW)
    kept = repr(reading) + acknowledge(reading, "AE", "", NOW).decode()
    assert "900417" not in kept
    assert "MFANO" not in kept


def test_a_reading_without_a_header_can_be_answered() -> None:
    unread = Unread("", "too-large", "MSH-1", "Too large.")
    assert acknowledge(Reading(unread), "AR", "", NOW).split(b"\r")[1] == b"MSA|AR||Too large."


@pytest.mark.parametrize(
    ("kind", "pid", "code"),
    [
        ("ADT^A03", "PID|1||42\r", "AA"),
        ("ADT^A03", "PID|1||\r", "AE"),
        ("ADT^A03", "", "AE"),
        ("ORU^R01", "", "AE"),
        ("ORM^O01", "", "AE"),
        ("", "", "AE"),
        ("SIU^S12", "PID|1||\r", "AE"),
        ("SIU^S12", "", "AA"),
        ("MFN^M02", "", "AA"),
        ("QBP^Q22", "", "AA"),
        ("ACK^A08", "", "AA"),
        ("OMN^O07", "", "AA"),
        ("BAR^P01", "", "AA"),
        ("ZMT^Z01", "", "AA"),
    ],
)
def test_a_kind_that_names_no_patient_stops_nobodys_queue(kind: str, pid: str, code: str) -> None:
    readings = read(f"MSH|^~\\&|A|B|C|D|20260310150000||{kind}|1|P|2.5\r{pid}".encode(), SITE, mark, NOW)
    assert code_of(readings) == code
    heard = readings[0].heard
    if isinstance(heard, Unread):
        assert (heard.code == "not-ours") is (code == "AA")
        assert acknowledge(readings[0], code_of(readings), "", NOW).count(b"ERR|") == (code != "AA")


def test_a_batch_in_which_anything_was_heard_is_stored_and_what_is_not_hl7_is_rejected() -> None:
    good, nobody = told({"f30": "Y"}, {}), told({"f3": ""}, {})
    assert code_of(read(nobody + b"\r" + good, SITE, mark, NOW)) == "AA"
    assert code_of(read(nobody + b"\r" + nobody, SITE, mark, NOW)) == "AE"
    assert code_of(read(b"hello", SITE, mark, NOW)) == "AR"


def test_a_header_that_ends_early_is_answered_whole() -> None:
    (reading,) = read(b"MSH|^~\\&|A\rPID|1||42", SITE, mark, NOW)
    head = acknowledge(reading, "AA", "", NOW).split(b"\r")[0]
    assert head.startswith(b"MSH|^~\\&|||A||2026")
    assert head.count(b"|") == 17
