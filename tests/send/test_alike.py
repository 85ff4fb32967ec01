"""What is held back by STOP meets what the others meet: in the air with them, alone, and when a gateway has gone or come back."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from aftercall.inside.alike import KNOWN, Alike, held
from aftercall.inside.counted import Counted
from aftercall.send import Later, Never, Refused, Road, Roads
from aftercall.send.gateway import Gateway
from aftercall.send.several import Several
from aftercall.words import Message, Sealed
from tests.world import HandClock, Post

REAL = Message("sms", "+254700000001", "You have a note.", "k1")
HELD = held(Message("sms", "+254700000002", "You have a note.", "k2"))


class Gate(Post):
    """A gateway that answers when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.open = asyncio.Event()

    async def send(self, message: Message) -> None:
        await self.open.wait()
        await super().send(message)


def played(story: Callable[[Gate, Counted, HandClock], Awaitable[None]]) -> Counted:
    """What was counted of a story."""

    async def whole() -> Counted:
        gate, clock = Gate(), HandClock()
        roads = Counted(Alike(Roads(sms=gate), clock))
        await story(gate, roads, clock)
        assert all(message.to == REAL.to for message in gate.sent), "what is held back went out"
        return roads

    return asyncio.run(whole())


@pytest.mark.parametrize(
    ("met", "counted"),
    [
        ([], {("sms", "sent"): 2}),
        ([Later("full")], {("sms", "later"): 2}),
        ([Refused("no credit")], {("sms", "never"): 2}),
        ([Never("no such number")], {("sms", "never"): 1, ("sms", "sent"): 1}),
    ],
)
def test_it_waits_for_those_in_the_air_and_has_their_fate_but_for_a_wrong_number(
    met: list[Exception], counted: dict[tuple[str, str], int]
) -> None:
    async def story(gate: Gate, roads: Counted, _: HandClock) -> None:
        gate.fail = list(met)
        going = [asyncio.create_task(roads.send(one)) for one in (REAL, HELD)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not any(one.done() for one in going), "it must not be quicker than they are"
        gate.open.set()
        await asyncio.gather(*going, return_exceptions=True)

    assert played(story).went == counted


def test_alone_it_asks_whether_anybody_is_there_and_remembers_what_the_last_one_met() -> None:
    async def story(gate: Gate, roads: Counted, clock: HandClock) -> None:
        gate.open.set()
        await roads.send(HELD)  # nothing is known
        gate.down = Later("away")
        with pytest.raises(Later, match="away"):
            await roads.send(HELD)
        gate.down, gate.fail = None, [Later("status 500")]
        for one in (REAL, HELD):
            with pytest.raises(Later, match="status 500"):
                await roads.send(one)
        clock.move(seconds=(KNOWN + timedelta(seconds=1)).total_seconds())
        await roads.send(HELD)  # nobody else tried since: it must not wait for ever

    assert played(story).went == {("sms", "sent"): 2, ("sms", "later"): 3}


def test_a_provider_is_asked_by_a_line_to_it_and_of_several_one_is_enough() -> None:
    async def story(port: int) -> None:
        there, gone = (Gateway(f"http://127.0.0.1:{at}/send", Sealed("t"), "") for at in (port, 9))
        await there.there()
        await Several((("a", gone), ("b", there))).there()
        dead: list[Road] = [gone, Several((("a", gone),))]
        for road in dead:
            with pytest.raises(Later):
                await Roads(sms=road).there("sms")
        await there.close()

    with socket.create_server(("127.0.0.1", 0)) as provider:
        asyncio.run(story(provider.getsockname()[1]))
        line, _ = provider.accept()
        with line, contextlib.suppress(ConnectionResetError):
            assert line.recv(1) == b"", "it was asked with a message"
