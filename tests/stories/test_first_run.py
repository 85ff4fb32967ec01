"""The first day: from an empty folder, by the very commands that the program prints, to a phone that rings and a talk."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from aftercall_stage.phones import Asker, Peer, Refused
from aftercall_stage.provider import Provider
from aftercall_stage.troupe import free_ports

from aftercall.config import toml
from aftercall.whole import OURS
from tests.children import child, running, until_open
from tests.commands import aftercall
from tests.setup.printed import Printed

GRACE = {"name": "Grace", "profession": "nurse", "unit": "ICU", "languages": ["en"], "tel": "+254700000010"}
JUMA = "juma,Juma Otieno,+254700000001,,en,RES,nurse,NCK:7001\n"
OWN = "+254700000098"  # the coordinator's


def answers(**given: object) -> str:
    return "".join(f"{name} = {toml(value)}\n" for name, value in given.items())


def test_from_an_empty_folder_to_a_phone_that_rings_and_a_talk(tmp_path: Path) -> None:
    asyncio.run(_first_day(tmp_path))


async def _first_day(folder: Path) -> None:
    (folder / "a").mkdir()
    (folder / "b").mkdir()
    async with Provider("of-the-care-half", folder / "a.log") as union, Provider("of-the-hospital", folder / "b.log") as hospital:
        web, mllp, door = free_ports(3)
        care = await _set_up(
            folder / "a", "outside", name="Peers of Kisumu", run_by="The medical association", country="+254",
            duty_tel="0700 000 099", lines=["Befrienders; 1199; day and night"], port=door, sms_url=union.url,
            sms_token=union.token, coordinator_phone=OWN,
        )  # fmt: skip
        aftercall(*care.next("keys", "root"), cwd=folder / "a")
        aftercall(*care.next("keys", "steward"), cwd=folder / "a")
        with running(folder / "a", *care.next("outside", "--config")) as outside:
            await asyncio.to_thread(until_open, door, outside)
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{door}", trust_env=False) as client:
                grace = await _certified(client, care, folder / "a", union)
                ward = await _set_up(
                    folder / "b", "inside", care_link=care.link, zone="Africa/Nairobi", port=web, mllp_port=mllp,
                    sms_url=hospital.url, sms_token=hospital.token, settle=0,
                )  # fmt: skip
                with (folder / "b" / "staff.csv").open("a") as staff:
                    staff.write(JUMA)
                with running(folder / "b", *ward.next("inside", "--config")) as inside:
                    await asyncio.to_thread(until_open, web, inside)
                    await _signed_in(grace)
                    await grace.duty(datetime.now(UTC) + timedelta(hours=8))
                    await _loss_and_talk(client, grace, ward, folder / "b", union, hospital, care.link)
            refused = await asyncio.to_thread(aftercall, *care.next("outside", "--config"), cwd=folder / "a", fails=True)
            assert "holds this database" in refused


async def _set_up(folder: Path, half: str, **given: object) -> Printed:
    said = await asyncio.to_thread(child, half, "--setup", "--answers", "-", cwd=folder, says=answers(**given))
    assert (folder / f"{half}.toml").stat().st_mode & 0o777 == OURS
    return Printed(said)


async def _certified(client: httpx.AsyncClient, care: Printed, folder: Path, union: Provider) -> Peer:
    assert "has taken it" in await asyncio.to_thread(aftercall, *care.next("gateway-test", "outside"), cwd=folder)
    assert sum("This is a test" in text for text in union.handset(OWN).texts) == 1
    grace = Peer(client, GRACE, "peers-of-kisumu")
    (folder / "request.json").write_text(json.dumps(grace.request()))
    assert "Grace" in aftercall(*care.next("keys", "certify"), cwd=folder)
    return grace


async def _loss_and_talk(
    client: httpx.AsyncClient, grace: Peer, ward: Printed, folder: Path, union: Provider, hospital: Provider, link: str
) -> None:
    assert "Juma Otieno" in await asyncio.to_thread(child, *ward.next("pretend"), cwd=folder)
    note = hospital.handset("+254700000001")
    async with hospital.taken:
        await asyncio.wait_for(hospital.taken.wait_for(lambda: note.texts), 20)
    assert note.link == link
    heard = await asyncio.to_thread(aftercall, "heard", "--config", "inside.toml", cwd=folder)
    assert "in the last minute 1 x ADT^A03" in heard

    juma, rung = Asker(client, note.code, lambda: datetime.now(UTC)), union.handset(str(GRACE["tel"])).texts
    assert await juma.ask() == 1
    async with union.taken:
        await asyncio.wait_for(union.taken.wait_for(lambda: any("waiting" in text for text in rung)), 20)
    (page,) = await grace.pages()
    assert await grace.take(page.box)
    await grace.write(page.box, "I'm here.")
    await juma.look()
    assert await juma.read() == ["I'm here."]
    await juma.close()


async def _signed_in(peer: Peer) -> None:
    """The server looks for new files every ten seconds."""
    for _ in range(60):
        try:
            return await peer.login()
        except Refused:  # not certified yet, as far as the server knows
            await asyncio.sleep(0.25)
    raise AssertionError("the server did not take the certified peer in")
