"""One death in every form that was seen to hide one from some reader (FEEDS 4a): ours hears it, or refuses it aloud."""

import time

import pytest

from aftercall.inside.feeds.hl7 import read
from aftercall.inside.road.notice import Notice, Sign
from tests.feeds.told import NOW, SITE, YES, mark, refuses

PID = "PID|1||42^^^KISIWA||MFANO^ZAWADI" + "|" * 25 + "Y"
DEATH = f"MSH|^~\\&|A|B|C|D|20260310150000||ADT^A03|1|P|2.5\rEVN|A03|20260310150000\r{PID}\rPV1|1|I|ICU\r"


def signs(body: bytes) -> list[tuple[Sign, ...]]:
    return [r.heard.signs if isinstance(r.heard, Notice) else () for r in read(body, SITE, mark, NOW)]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(DEATH.replace("\r", "\n"), id="LF"),
        pytest.param(DEATH.replace("\r", "\r\n"), id="CRLF"),
        pytest.param(DEATH.replace("\rPID", "\nPID").replace("\rPV1", "\r\nPV1"), id="mixed"),
        pytest.param(DEATH.replace("\r", "\r\r"), id="blank lines"),
        pytest.param(DEATH.replace("\r", "\r \t\r"), id="lines of spaces"),
        pytest.param(DEATH.replace("\r", " \r"), id="spaces at the ends"),
        pytest.param(DEATH.replace("PID|", "pid|").replace("PV1|", "Pv1|"), id="lower-case names"),
        pytest.param("\ufeff" + DEATH, id="BOM"),
        pytest.param("\x0b" + DEATH + "\x1c\r", id="frame left in"),
        pytest.param(DEATH.replace("MFANO", "MFA\rNO"), id="CR in a text"),
        pytest.param(DEATH.replace("MFANO", "MFA\x00NO"), id="NUL in a text"),
        pytest.param(DEATH.replace("|2.5", ""), id="no version"),
        pytest.param(DEATH.replace("|2.5", "|9.9"), id="unknown version"),
        pytest.param(DEATH.replace("ADT^A03", "ADT"), id="MSH-9 ADT"),
        pytest.param(DEATH.replace("ADT^A03", ""), id="no MSH-9"),
        pytest.param(DEATH.replace("^~\\&", "^~\\&#"), id="five in MSH-2"),
        pytest.param(DEATH.replace("^~\\&", ""), id="no MSH-2"),
        pytest.param(DEATH.translate(str.maketrans("|^~\\&", "#*!@%")), id="custom delimiters"),
        pytest.param(DEATH.replace("|Y", "|\\X59\\"), id="escaped Y"),
        pytest.param(DEATH.replace("|Y", "| y "), id="spaces around y"),
        pytest.param("FHS|^~\\&\rBHS|^~\\&\r" + DEATH + "BTS|1\rFTS|1\r", id="batch"),
        pytest.param(DEATH.replace("\rPV1", "\rZZZ|x\rXY\rPV1"), id="unknown segments"),
        pytest.param(DEATH.replace("EVN|A03|20260310150000\r", ""), id="no EVN"),
        pytest.param(DEATH.replace(PID + "\rPV1|1|I|ICU", "PV1|1|I|ICU\r" + PID), id="PV1 before PID"),
        pytest.param(DEATH.replace("\rPV1", "\rNTE|1||PID|1||43|" + "|" * 26 + "N\rPV1"), id="a PID in a note"),
        pytest.param(DEATH + "OBX|1|ED|X^X||" + "A" * 5_000_000, id="5 MB field"),
        pytest.param(DEATH.replace("MFANO", "M" * 1_000_000), id="1 MB name"),
        pytest.param(DEATH + "x" * 70_000, id="a long line that is no segment"),
    ],
)
def test_a_death_is_heard_however_the_message_is_made(body: str) -> None:
    assert signs(body.encode()) == [(YES,)]


@pytest.mark.parametrize(
    ("charset", "codec", "name"),
    [
        ("8859/1", "latin-1", "Éva"),
        ("", "latin-1", "Éva"),
        ("~ISO IR87", "iso2022_jp", "山田"),
        ("UNICODE UTF-16", "utf-16", "山田"),
    ],
)
def test_a_death_is_heard_in_any_letters(charset: str, codec: str, name: str) -> None:
    body = DEATH.replace("|P|2.5", f"|P|2.5||||||{charset}").replace("MFANO", name)
    assert signs(body.encode(codec)) == [(YES,)]


def test_messages_back_to_back_are_all_heard() -> None:
    assert signs((DEATH + DEATH.replace("|1|P", "|2|P")).encode()) == [(YES,), (YES,)]


def test_a_pid_cut_before_field_29_says_nothing_of_life() -> None:
    assert signs(DEATH.replace("|" * 25 + "Y", "").encode()) == [()]


def test_the_event_may_stand_in_evn_1_alone() -> None:
    body = DEATH.replace("ADT^A03", "ADT").replace("PV1|1|I|ICU", "PV1|1|I|ICU" + "|" * 33 + "20")
    assert signs(body.encode()) == [(YES, Sign("PV1-36", "expired"))]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("MSH|^~\\&|\r" * 10_000, id="10,000 headers"),
        pytest.param(DEATH[:60] + "\r" + "PID|1||4\r" * 50_000, id="50,000 patients"),
        pytest.param(DEATH + "OBX|\r" * 1_000_000, id="a million segments"),
        pytest.param(DEATH + "x\r" * 250_000, id="250,000 lines that are no segments"),
        pytest.param(DEATH.replace("42", "4~" * 2_000_000), id="two million numbers"),
        pytest.param(DEATH.replace("MFANO", "\\X41" * 1_000_000), id="escapes that don't end"),
        pytest.param(DEATH + "PV1" + "|" * 5_000_000, id="five million fields"),
        pytest.param(DEATH.replace("20260310150000", "2" * 1_000_000), id="a time of a megabyte"),
        pytest.param(DEATH + "ROL|1|AD|RN|" + "7^A~" * 1_000_000, id="a million roles"),
    ],
)
def test_nothing_takes_longer_than_a_second(body: str) -> None:
    began = time.process_time()
    read(body.encode(), SITE, mark, NOW)
    assert time.process_time() - began < 1


def test_too_many_patients_at_once_are_refused_whole_and_aloud() -> None:
    unread = refuses(("MSH|^~\\&|\r" * 50_000).encode())
    assert (unread.code, unread.where) == ("too-large", "MSH-1")
