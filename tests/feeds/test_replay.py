"""A file of messages can be sent to a listener again, and each message's fate is one line."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from aftercall.inside.feeds.hl7 import Site, acknowledge, read
from aftercall.inside.feeds.mllp import listen
from aftercall.inside.feeds.replay import messages_in, replay
from aftercall.inside.road.notice import Marks, Notice
from tests.feeds.ward import singly

OURS = Path(__file__).parent / "messages"
NOW = datetime(2026, 3, 11, 9, tzinfo=UTC)
SITE = Site(zone=ZoneInfo("Africa/Nairobi"))
ONE = b"MSH|^~\\&|A|B|C|D|20260310150000||ADT^A08|1|P|2.5\rPID|1||42\r"


@pytest.mark.parametrize(
    "data",
    [
        ONE + ONE,
        b"\x0b" + ONE + b"\x1c\r\x0b" + ONE + b"\x1c\r",
        b"\x0b" + ONE + b"\x1c\x0b" + ONE + b"\x1c",
        b"FHS|^~\\&\rBHS|^~\\&\r" + ONE + ONE + b"BTS|2\rFTS|1\r",
        (ONE + ONE).replace(b"\r", b"\r\n"),
        ONE[:-1] + b"\n" + ONE[:-1] + b"\n",
        b"\xef\xbb\xbf" + ONE + b"\r\n\r\n" + ONE,
        b"[SOM]" + ONE + ONE,
    ],
)
def test_the_messages_of_a_file_are_found_however_they_are_wrapped(data: bytes) -> None:
    assert messages_in(data) == [ONE, ONE]


def test_a_file_without_messages_has_none() -> None:
    assert messages_in(b"") == messages_in(b"PID|1||42\r") == []


async def hear(body: bytes) -> bytes:
    (reading,) = read(body, SITE, lambda text: Marks(""), NOW)
    return acknowledge(reading, "AA" if isinstance(reading.heard, Notice) else "AR", "", NOW)


async def play(paths: list[Path]) -> list[list[str]]:
    server = await listen("127.0.0.1", 0, singly(hear))
    lines: list[str] = []
    await replay(paths, "127.0.0.1", server.sockets[0].getsockname()[1], lines.append)
    server.close()
    await asyncio.sleep(0.02)
    return [line.split("\t") for line in lines]


def test_each_message_is_one_line_with_its_answer(tmp_path: Path) -> None:
    nobody, empty = tmp_path / "nobody.hl7", tmp_path / "empty.hl7"
    nobody.write_bytes(ONE.replace(b"42", b""))
    empty.write_bytes(b"")
    lines = asyncio.run(play([OURS / "batch_of_three.hl7", OURS / "epic_a03_death.hl7", nobody, empty]))
    assert [line[:4] for line in lines] == [
        ["batch_of_three.hl7", "1", "ADT^A03", "AA"],
        ["batch_of_three.hl7", "2", "ADT^A03", "AA"],
        ["batch_of_three.hl7", "3", "ADT^A03", "AA"],
        ["epic_a03_death.hl7", "1", "ADT^A03^ADT_A03", "CA"],
        ["nobody.hl7", "1", "ADT^A08", "AR"],
        ["empty.hl7", "-", "-", "-"],
    ]
    assert "PID-3" in lines[4][4]


def test_a_message_that_wants_no_answer_holds_nothing_up(tmp_path: Path) -> None:
    quiet = tmp_path / "quiet.hl7"
    quiet.write_bytes(ONE.replace(b"|P|2.5", b"|P|2.5|||NE|NE") + ONE)
    assert [line[3] for line in asyncio.run(play([quiet]))] == ["-", "AA"]
