"""Kannel for real: Debian's own programs send, receive and lose their line; nothing of a message stays in their folder."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

from aftercall_stage.kannel import Kannel
from aftercall_stage.troupe import until

from aftercall.send import Later, Never
from aftercall.send.kannel import Kannel as Road
from aftercall.words import Message, Sealed
from tests.send.providers import Counter

SHIPPED = Path(__file__).parents[2] / "docs" / "kannel" / "care.conf"
GRACE, JUMA = "+254711000001", "+254722334455"
TRIES = 300  # half a minute
RING = "On call: 1 waiting. Open your page."


def road(kannel: Kannel, password: str = "") -> Road:
    return Road(kannel.url, kannel.user, Sealed(password or kannel.password), kannel.number)


async def became(this: Road, to: str = GRACE, text: str = RING) -> str:
    try:
        await this.send(Message("sms", to, text, "k"))
    except (Later, Never) as problem:
        return type(problem).__name__
    finally:
        await this.close()
    return "taken"


async def on_the_line(kannel: Kannel, text: str) -> None:
    """Its telephone company is there a moment after the line is; until then it takes nothing, and nothing is queued."""
    for _ in range(TRIES):
        if (what := await became(road(kannel), GRACE, text)) != "Later":
            break
        await asyncio.sleep(0.1)
    assert what == "taken"


def play(folder: Path, part: Callable[[Kannel, Counter], Awaitable[None]]) -> None:
    async def go() -> None:
        async with (
            Counter((200, "A colleague will call you é.")) as half,
            Kannel(folder, SHIPPED, f"{half.url}/basic/v1/secret/sms/kannel") as kannel,
        ):
            await part(kannel, half)

    asyncio.run(go())


def test_it_sends_receives_loses_its_line_and_keeps_nothing(tmp_path: Path) -> None:
    async def part(kannel: Kannel, half: Counter) -> None:
        # out
        await on_the_line(kannel, RING)
        assert await became(road(kannel), GRACE, "Zamu: 1 anasubiri. Ж [é]") == "taken"
        assert await kannel.until(GRACE, 2) == [RING, "Zamu: 1 anasubiri. Ж [é]"]
        assert await became(road(kannel, "wrong")) == "Refused"
        assert await became(road(kannel), "Grace") == "Never"
        # in
        await kannel.text(JUMA, "TALK")
        assert await kannel.until(JUMA, 1) == ["A colleague will call you é."]
        [asked] = half.asked
        assert (asked.path, asked.body, asked.head["x-kannel-from"]) == ("/basic/v1/secret/sms/kannel", b"TALK", JUMA)
        # the half says nothing: no text goes back
        half.answers = [(200, "")]
        await kannel.text(JUMA, "again")
        await until(lambda: len(half.asked) == 2, "the second text is heard")
        # without a line nothing is queued in its memory
        await kannel.cut()
        assert await became(road(kannel)) == "Later"
        await kannel.plug_in()
        await on_the_line(kannel, "the line is back")
        assert await kannel.until(GRACE, 3) == [RING, "Zamu: 1 anasubiri. Ж [é]", "the line is back"]
        assert len(kannel.handset(JUMA).texts) == 1

    folder = tmp_path / "kannel"
    play(folder, part)
    left = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert {path.name for path in left} == {"care.conf", "bearerbox.out", "smsbox.out"}
    secrets = [JUMA[1:], GRACE[1:], RING[:12], "TALK", "colleague", "anasubiri"]
    found = [(path.name, word) for path, data in left.items() for word in secrets if word.encode() in data]
    assert found == []


def test_the_shipped_configuration_writes_nothing_down() -> None:
    said = [line.split("=")[0].strip() for line in SHIPPED.read_text().splitlines() if line.strip() and not line.startswith("#")]
    kept = re.compile(r"access-log|log-file|log-level|syslog|store-|dlr-|wapbox|html-admin|smsbox-interface-any")
    assert [name for name in said if kept.match(name)] == []
    text = SHIPPED.read_text()
    for must in ("admin-interface = 127.0.0.1", "sendsms-interface = 127.0.0.1", "sms-outgoing-queue-limit = 0", "post-url ="):
        assert must in text
    assert "get-url" not in said


def test_a_kannel_that_writes_a_log_is_caught(tmp_path: Path) -> None:
    """The check above on a configuration with the one line that must not be there."""
    leaky = tmp_path / "leaky.conf"
    leaky.write_text(
        SHIPPED.read_text().replace("bearerbox-host = 127.0.0.1", "bearerbox-host = 127.0.0.1\naccess-log = access.log")
    )

    async def go() -> None:
        async with Kannel(tmp_path / "kannel", leaky, "http://127.0.0.1:9/") as kannel:
            assert await became(road(kannel)) == "taken"
            await kannel.until(GRACE, 1)

    asyncio.run(go())
    kept = b"".join(path.read_bytes() for path in (tmp_path / "kannel").rglob("*") if path.is_file())
    assert GRACE[1:].encode() in kept


def test_a_queued_message_is_not_taken_for_sent() -> None:
    """What Kannel says when it was set up to queue: its memory is all that holds the message then."""

    async def go() -> str:
        async with Counter((202, "3: Queued for later delivery")) as counter:
            return await became(Road(counter.url, "u", Sealed("p"), "22384"))

    assert asyncio.run(go()) == "Later"
