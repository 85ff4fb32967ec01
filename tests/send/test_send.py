"""A message leaves by a plain gateway or by mail, and an error says whether trying again helps."""

import asyncio
import email
import email.policy
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from aftercall_stage.provider import Provider
from aiosmtpd.smtp import SMTP, Envelope, Session

from aftercall.send import Later, Never, Road, Roads
from aftercall.send.flight import Flight
from aftercall.send.gateway import Gateway
from aftercall.send.mail import Mail
from aftercall.words import Message, Sealed
from aftercall.work import Together

NOTE = Message("sms", "+254700000002", "You have a note", "k1", "You have a note")


def test_the_gateway_gets_it_once_however_often_it_is_sent(tmp_path: Any) -> None:
    async def go() -> tuple[list[str], int]:
        async with Provider("token", tmp_path / "log") as provider:
            gateway = Gateway(provider.url, Sealed("token"), "NOTE")
            await gateway.send(NOTE)
            await gateway.send(NOTE)
            wrong = Gateway(provider.url, Sealed("wrong"), "NOTE")
            with pytest.raises(Never, match="token"):
                await wrong.send(NOTE)
            provider.busy.add(NOTE.to)
            with pytest.raises(Later, match="503"):
                await gateway.send(NOTE)
            await gateway.close()
            await wrong.close()
            return provider.handset(NOTE.to).texts, len((tmp_path / "log").read_text().splitlines())

    assert asyncio.run(go()) == (["You have a note"], 2)


def test_a_gateway_that_is_not_there_is_tried_again_later() -> None:
    async def go() -> None:
        gateway = Gateway("http://127.0.0.1:9/", Sealed("t"), "NOTE", patience=2)
        try:
            await gateway.send(NOTE)
        finally:
            await gateway.close()

    with pytest.raises(Later):
        asyncio.run(go())


class Letters:
    """A mail server that keeps what it got and refuses one address."""

    def __init__(self) -> None:
        self.got: list[Envelope] = []

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        if address.startswith("gone@"):
            return "550 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.got.append(envelope)
        return "250 OK"


def test_mail_arrives_with_the_same_words_and_a_refused_address_is_not_tried_for_ever() -> None:
    letters = Letters()

    async def go() -> None:
        server = await asyncio.get_running_loop().create_server(lambda: SMTP(letters), "127.0.0.1", 0)
        mail = Mail("127.0.0.1", server.sockets[0].getsockname()[1], "notes@hospital.example", tls=False)
        await mail.send(Message("mail", "mwangi@hospital.example", "You have a note: é", "k2", "You have a note"))
        with pytest.raises(Never):
            await mail.send(Message("mail", "gone@hospital.example", "x", "k3", "x"))
        server.close()

    asyncio.run(go())
    (one,) = letters.got
    assert isinstance(one.content, bytes)
    letter = email.message_from_bytes(one.content, policy=email.policy.default)
    assert letter["Subject"] == "You have a note"
    assert letter["Message-ID"] == "<k2@hospital.example>"
    assert "You have a note: é" in letter.get_content()


def test_a_mail_server_that_is_not_there_is_tried_again_later() -> None:
    with pytest.raises(Later):
        asyncio.run(Mail("127.0.0.1", 9, "a@b.example", tls=False).send(NOTE))


def test_a_road_that_is_not_set_up_is_said() -> None:
    with pytest.raises(Never, match="no road called sms"):
        asyncio.run(Roads().send(NOTE))


def test_nothing_is_in_the_air_twice_and_one_that_fails_stops_no_other() -> None:
    async def go() -> list[str]:
        flight, sent = Flight(2), list[str]()

        def one(name: str) -> Callable[[], Awaitable[None]]:
            async def send() -> None:
                await asyncio.sleep(0)
                sent.append(name)
                if name == "bad":
                    raise OSError

            return send

        for name in ("a", "a", "bad", "b", "c"):
            flight.launch(name, one(name))
        await flight.landed()
        return sent

    assert sorted(asyncio.run(go())) == ["a", "b", "bad", "c"]


def test_a_road_that_is_silent_leaves_the_others_their_room_and_wakes_the_clock_soon() -> None:
    async def go() -> None:
        wake, silent, landed = asyncio.Event(), asyncio.Event(), list[str]()
        flight = Flight(4, wake)

        async def hang() -> None:
            await silent.wait()

        async def then(_: object) -> None:
            landed.append("marked")
            assert flight.room("sms") == 1  # the road is free for the next before this one is marked

        for n in range(6):
            flight.launch(f"voice {n}", hang, "voice")
        assert (flight.room("voice"), flight.room("voice", most=10), flight.room("sms")) == (0, 4, 4)
        for n in range(3):
            flight.launch(f"sms {n}", hang, "sms")
        flight.launch("quick", _nothing, "sms", then)
        flight.filled(["sms"])
        assert flight.crowded
        await asyncio.wait_for(wake.wait(), 5)  # one of four is free: soon, and not when half of them are
        assert landed == ["marked"]
        wake.clear()
        silent.set()
        await flight.landed()
        assert wake.is_set()

    asyncio.run(go())


async def _nothing() -> None:
    return


def test_marks_come_together_while_more_is_in_the_air_and_at_once_when_nothing_is() -> None:
    async def go() -> list[int]:
        groups, flight, let_go = list[int](), Flight(9), asyncio.Event()

        async def mark(these: Sequence[int]) -> list[None]:
            groups.append(len(these))
            return [None] * len(these)

        marks = Together(mark, flight.lull)
        flight.launch("slow", let_go.wait)
        for n in range(8):
            flight.launch(str(n), _nothing, then=lambda _: marks.do(1))
        await asyncio.sleep(0.2)
        let_go.set()
        await flight.landed()
        flight.launch("alone", _nothing, then=lambda _: marks.do(1))
        await flight.landed()
        return groups

    assert asyncio.run(go()) == [8, 1]


_: type[Road] = Gateway  # a gateway is a road


def test_a_gateway_without_a_token_is_written_to_all_the_same() -> None:
    async def play() -> bytes:
        heard: list[bytes] = []

        async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            heard.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            writer.close()

        async with await asyncio.start_server(take, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            gateway = Gateway(f"http://127.0.0.1:{port}/", Sealed(""), "NOTE", patience=5)
            await gateway.send(Message("sms", "+254700000001", "a note", "key", ""))
            await gateway.close()
        return heard[0].lower()

    head = asyncio.run(play())
    assert b"idempotency-key: key" in head
    assert b"authorization" not in head
