"""Every message on a link is answered, whatever came before it; real sockets on the loopback."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

import pytest

from aftercall.inside.feeds.frames import Decoder
from aftercall.inside.feeds.mllp import Limits, listen
from aftercall.inside.feeds.sender import send
from tests.feeds.ward import Phone, Ward, frame, good, link, singly


def play(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(story)


@pytest.mark.parametrize(
    ("wire", "answers", "deaths"),
    [
        pytest.param(frame(good("1")) + frame(good("2")), ["AA 1", "AA 2"], 2, id="two frames in one write"),
        pytest.param(b"\x0b" + good("1") + b"\x1c", ["AA 1"], 1, id="FS without CR, then silence"),
        pytest.param(b"\x0b" + good("1") + b"\x1c" + frame(good("2")), ["AA 1", "AA 2"], 2, id="FS without CR, then a frame"),
        pytest.param(good("1") + b"\x1c\r", ["AA 1"], 1, id="no VT"),
        pytest.param(b"\x00junk\r\n" + frame(good("1")) + b"more junk", ["AA 1"], 1, id="junk around a frame"),
        pytest.param(frame(good("1").replace(b"MFANO", b"Ren\xe9")), ["AA 1"], 1, id="a Latin-1 name"),
        pytest.param(frame(good("1").replace(b"\r", b"\n")), ["AA 1"], 1, id="LF terminators"),
        pytest.param(frame(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"), ["AR"], 0, id="HTTP GET inside a frame"),
        pytest.param(frame(good("1") + b"OBX|1|TX|||" + b"x" * 100_000), ["AA 1"], 1, id="100 KB"),
        pytest.param(frame(good("1") + b"OBX|1|TX|||" + b"x" * 5_000_000), ["AA 1"], 1, id="5 MB"),
        pytest.param(b"\x0b" + good("0")[:60] + frame(good("1")), ["AA 1"], 1, id="half a frame, then a good one"),
        pytest.param(b"\x0b" + frame(good("1")), ["AA 1"], 1, id="double VT"),
        pytest.param(frame(b""), ["AR"], 0, id="an empty frame"),
        pytest.param(frame(good("1") + b"\x1c"), ["AA 1"], 1, id="double FS"),
        pytest.param(frame(good("big") + b"x" * 20_000_000), ["AR big"], 0, id="20 MB"),
    ],
)
def test_the_link_answers_and_lives_on_after(wire: bytes, answers: list[str], deaths: int) -> None:
    async def story() -> None:
        ward = Ward()
        async with link(ward) as call:
            phone = await call()
            phone.write(wire)
            assert await phone.hear(len(answers)) == answers
            phone.write(frame(good("after")))
            assert (await phone.hear(len(answers) + 1))[-1] == "AA after"
            assert ward.deaths == deaths + 1

    play(story())


def test_a_message_without_any_frame_is_answered_not_swallowed() -> None:
    async def story() -> None:
        ward = Ward()
        async with link(ward) as call:
            phone = await call()
            phone.write(good("bare"))
            assert await phone.hear(1) == ["AR bare"]
            phone.write(frame(good("after")))
            assert (await phone.hear(2))[-1] == "AA after"
            assert [why.code for why in ward.refused] == ["half-frame"]

    play(story())


@pytest.mark.parametrize(
    ("hello", "speaks"), [(b"GET / HTTP/1.1\r\n\r\n", "http"), (b"\x16\x03\x01\x02\x00\x01" + b"\x0b" * 99, "tls")]
)
def test_a_stranger_is_hung_up_on_and_only_the_kind_is_logged(hello: bytes, speaks: str, caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        async with link(Ward()) as call:
            phone = await call()
            phone.write(hello)
            assert await phone.is_hung_up()

    with caplog.at_level(logging.INFO):
        play(story())
    assert [record.getMessage() for record in caplog.records if record.name.startswith("aftercall")] == [f"link closed: {speaks}"]


def test_a_half_frame_is_reported_and_not_answered() -> None:
    async def story() -> None:
        ward = Ward()
        async with link(ward) as call:
            phone = await call()
            phone.write(b"\x0b" + good("0")[:60] + frame(good("1")))
            assert await phone.hear(1) == ["AA 1"]
            assert [why.code for why in ward.refused] == ["half-frame"]

    play(story())


def test_a_frame_that_dribbles_is_given_up() -> None:
    async def story() -> None:
        ward = Ward()
        async with link(ward, Limits(dribble=0.15)) as call:
            phone = await call()
            phone.write(b"\x0bMSH")
            for _ in range(6):  # each byte in time, the whole never
                await asyncio.sleep(0.05)
                phone.write(b"|")
            assert await phone.is_hung_up()
            assert [why.code for why in ward.refused] == ["half-frame"]

    play(story())


def test_an_idle_link_is_closed_only_when_asked_for() -> None:
    async def story() -> None:
        async with link(Ward(), Limits(idle=0.1)) as call:
            assert await (await call()).is_hung_up()

    play(story())


def test_several_links_are_heard_at_once_and_each_in_its_order() -> None:
    async def story() -> None:
        ward = Ward()
        async with link(ward) as call:
            phones = [await call() for _ in range(4)]
            for phone in phones:
                phone.write(b"".join(frame(good(str(n))) for n in range(50)))
            for phone in phones:
                assert await phone.hear(50) == [f"AA {n}" for n in range(50)]
            assert ward.deaths == 200

    play(story())


def test_a_sender_that_gets_ahead_is_made_to_wait() -> None:
    async def story() -> None:
        ward = Ward(gate=asyncio.Event())
        async with link(ward, Limits(size=10_000, queue=4)) as call:
            phone = await call()
            phone.write(b"".join(frame(good(str(n)) + b"OBX|" + b"x" * 9_000) for n in range(3_000)))
            await asyncio.sleep(0.3)
            assert phone.writer.transport.get_write_buffer_size() > 1_000_000
            assert ward.gate is not None
            ward.gate.set()
            assert len(await phone.hear(3_000)) == 3_000

    play(story())


def test_a_sender_that_never_reads_is_not_heard_without_end() -> None:
    async def story() -> None:
        ward = Ward()

        async def shout(body: bytes) -> bytes:
            await ward.hear(body)
            return b"x" * 200_000

        server = await listen("127.0.0.1", 0, singly(shout))
        _, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1], limit=1024)
        writer.write(b"".join(frame(good(str(n))) for n in range(500)))
        await asyncio.sleep(0.4)
        heard = len(ward.heard)
        await asyncio.sleep(0.2)
        assert heard == len(ward.heard) < 500
        writer.transport.abort()
        server.close()
        await asyncio.sleep(0.05)

    play(story())


def test_what_could_not_be_kept_is_not_answered_so_that_it_comes_again() -> None:
    async def story() -> None:
        async def full(body: bytes) -> bytes:
            raise OSError("disk full")

        server = await listen("127.0.0.1", 0, singly(full))
        phone = Phone(*await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1]))
        phone.write(frame(good("1")))
        assert await phone.hear(1) == []
        phone.writer.close()
        server.close()

    play(story())


def test_the_sender_waits_for_each_answer_and_calls_again_once_when_a_link_breaks() -> None:
    async def story() -> None:
        calls = 0

        async def flaky(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal calls
            calls += 1
            for event in Decoder().feed(await reader.read(65536)):
                if calls > 1 and isinstance(event, bytes):
                    writer.write(b"\x0bMSH|^~\\&\rMSA|AA|1\r\x1c")  # and no CR
                    await writer.drain()
                    await reader.read(1)
            writer.close()

        server = await asyncio.start_server(flaky, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        answers = [answer async for answer in send("127.0.0.1", port, [good("1")], 5)]
        assert (calls, answers) == (2, [b"MSH|^~\\&\rMSA|AA|1\r"])
        server.close()
        await asyncio.sleep(0.05)

    play(story())


def test_a_listener_that_is_not_there_is_an_error() -> None:
    async def story() -> None:
        server = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        with pytest.raises(OSError, match=str(port)):
            await anext(send("127.0.0.1", port, [good("1")], 1))

    play(story())
