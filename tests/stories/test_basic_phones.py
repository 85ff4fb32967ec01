"""A night in the ED with a phone that can only text and call: from the death to "I have spoken", through two real gateways."""

import asyncio
from pathlib import Path

import pytest
from aftercall_stage import kannel, troupe
from aftercall_stage.cards import CARDS, DUTY_TEL
from aftercall_stage.kannel import Kannel
from aftercall_stage.night import death, juma
from aftercall_stage.phones import Peer
from aftercall_stage.troupe import Troupe

from aftercall.inside.feeds.mllp import send

SHIPPED = Path(__file__).parents[2] / "docs" / "kannel" / "care.conf"
TEST, RING = "On call: this is a test. Open your page.", "On call: 1 waiting. Open your page."


class Basic(Troupe):
    """The stage with a Kannel for each half in the place of the fake providers: two numbers, two accounts."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, cards=CARDS[:3])
        self.hospital = Kannel(folder / "kannel-hospital", SHIPPED, f"{self.inside_url}/inside/v1/inbound/notes/kannel", "20555")
        self.care = Kannel(folder / "kannel-care", SHIPPED, f"{self.outside_url}/basic/v1/asks/sms/kannel", "22384", DUTY_TEL)

    async def _set_up(self) -> None:
        for gateway in (self.hospital, self.care):
            await self._open.enter_async_context(gateway)
        await super()._set_up()

    def _inside(self) -> dict[str, object]:
        return {**super()._inside(), "sms_url": "", **self.hospital.settings, "inbound_token": "notes"}

    def _outside(self) -> dict[str, object]:
        return {**super()._outside(), "sms_url": "", **self.care.settings, "inbound_token": "asks"}

    async def boxes(self) -> list[dict[str, object]]:
        table = (await self.control("outside").ask({"do": "rows"}))["tables"]["box"]
        return [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]


def test_a_night_in_the_ed_with_juma_on_a_basic_phone_and_grace_rung_by_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(troupe, "PATIENCE", 60.0)  # six programs start at once
    monkeypatch.setattr(kannel, "PATIENCE", 90.0)  # and a text that came before a gateway had its line goes again after a while
    asyncio.run(night(tmp_path))


async def night(folder: Path) -> None:
    his = juma().phone
    t = Basic(folder)
    async with t:
        await t.on_duty()
        grace = t.peers[0]
        [_] = [answer async for answer in send("127.0.0.1", t.mllp_port, [death(t.now())], 5.0)]
        [note] = await t.hospital.until(his, 1)
        assert "You have a note" in note

        await t.care.text(his, "talk")
        [answer] = await t.care.until(his, 1)
        assert answer == f"A colleague will call you. Or call {DUTY_TEL} at any time. You may delete this."
        [box] = await t.boxes()  # before the answer left
        assert (box["state"], box["wave"]) == ("open", 1)
        await t.care.text(his, "TALK!!")  # he isn't sure that it went
        await t.care.until(his, 2)
        assert len(await t.boxes()) == 1

        texts = await t.care.until(grace.card["tel"], 1)
        if texts == [TEST]:  # of this duty, unless her open page had answered it before it left
            texts = await t.care.until(grace.card["tel"], 2)
        assert [text for text in texts if text != TEST] == [RING]
        await called_and_spoken(grace, his)
        [met] = await t.boxes()
        assert (met["state"], met["contact"], met["due"]) == ("talk", None, None)

        await t.hospital.text(his, "STOP")
        assert (await t.hospital.until(his, 2))[-1] == "You will get no more of these notes."
    nothing_is_left(folder, his)


async def called_and_spoken(grace: Peer, number: str) -> None:
    """Her phone alone opens it: whom to call. She calls, and says that they have spoken."""
    [page] = await grace.pages()
    assert await grace.take(page.box)
    assert grace.contacts[page.box]["tel"] == number
    await grace.spoken(page.box)


def nothing_is_left(folder: Path, number: str) -> None:
    """Neither his number nor the word stands anywhere on the care side, and nothing at all in either gateway's folder."""
    care = [path for path in (folder / "outside").rglob("*") if path.is_file()] + [folder / "outside.log"]
    gateways = [path for name in ("kannel-hospital", "kannel-care") for path in (folder / name).rglob("*") if path.is_file()]
    assert (folder / "outside" / "data" / "care.db") in care
    assert len(gateways) == 6
    found = [(path.name, word) for path in care for word in (number[1:], number[4:]) if word.encode() in path.read_bytes()]
    found += [(path.name, word) for path in gateways for word in (number[1:], "note", "talk", "colleague", RING) if _in(word, path)]
    assert found == []


def _in(word: str, path: Path) -> bool:
    text = path.read_bytes().decode("latin-1")
    if path.name == "care.conf":  # the shipped file speaks of itself in its comments
        text = "\n".join(line for line in text.splitlines() if not line.startswith("#") and "post-url" not in line)
    return word in text
