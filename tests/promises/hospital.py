"""What the hospital's half hears in the scripted night: by its feed, by its gateway, and at its desk; and the days after."""

import asyncio
import html
import json
import re
from contextlib import suppress
from datetime import timedelta

import httpx
from aftercall_stage.troupe import until

from aftercall.watch import hatch
from tests.device import Device
from tests.promises.people import AMINA, COORDINATOR, DIED, ERRORS, FEED_FROM, INBOUND, JUMA, LIVES, LOST, PHONE, adt, epcr
from tests.promises.recorded import Stage


async def the_hospital_tells(t: Stage, crash: bool) -> None:
    now = t.now()
    died, lives, lost = adt(now, "A03", "C1", DIED, "Y"), adt(now, "A08", "C2", LIVES, "Y"), adt(now, "A03", "C4", LOST, "Y")
    assert await _mllp(t, died) == b"AA"
    assert await _mllp(t, died) == b"AA"  # the same again
    assert await _mllp(t, lives) == b"AA"
    assert await _mllp(t, adt(now + timedelta(seconds=1), "A08", "C3", LIVES, "N")) == b"AA"  # a mistake, taken back
    assert await _mllp(t, b"{" + ERRORS["bytes that are no HL7"].encode() + b"}" + lost[:40]) != b"AA"
    assert await _mllp(t, lost.replace(LOST[2].encode(), b"")) != b"AA"  # no patient number
    assert await _mllp(t, lost.replace(b"UNICODE UTF-8", b"8859/99").replace(b"MRN", b"\xff\xfe")) != b"AA"  # unknown letters
    await raw(t.mllp_port, b"\x0b" + lost[:300] + b"\x0b" + ERRORS["half a frame"].encode() + lost[:300])
    await raw(t.mllp_port, b"GET /" + LOST[0].encode() + b" HTTP/1.1\r\n\r\n")
    handsets = t.providers["inside"]
    await until(lambda: all(handsets.handset(PHONE[who]).texts for who in (AMINA, JUMA)), "Amina and Juma got it")
    if crash:
        t.kill("inside")
        await t.restart("inside")
    async with httpx.AsyncClient(base_url=t.inside_url, trust_env=False) as gateway:
        for text, status in ((ERRORS["a reply to the hospital's number"], 200), ("STOP", 200)):
            answer = await gateway.post(f"/inside/v1/inbound/{INBOUND}", json={"sender": PHONE[JUMA], "text": text})
            assert answer.status_code == status
        await gateway.post(f"/inside/v1/inbound/{INBOUND}", json={"sender": "x" * 600, "text": ERRORS["a broken form"]})
    await _at_the_desk(t)


async def _at_the_desk(t: Stage) -> None:
    """The ambulance's report is handed in, and is of the patient who died; the clerk looks at the desk before and after."""
    async with httpx.AsyncClient(base_url=t.inside_url, trust_env=False, follow_redirects=True) as desk:
        page = await _sign_in(t, desk)
        report = ("report.xml", epcr(t.now(), DIED), "text/xml")
        answer = await desk.post("/desk/intake", files={"csrf": (None, _hidden(page, "csrf")), "file": report})
        assert answer.status_code == 200, answer.text
        page = (await desk.get("/desk")).text
        pressed = {name: _hidden(page, name) for name in ("csrf", "run", "stay")}
        answer = await desk.post("/desk/join", data={**pressed, "say": "yes"})
        assert "You said: the same patient." in answer.text
        assert not any(part in answer.text for part in (*DIED, *LIVES)), "a patient stands on the desk"


async def _sign_in(t: Stage, desk: httpx.AsyncClient) -> str:
    """The first coordinator, by the link that the machine prints and a passkey made with it."""
    told = await asyncio.to_thread(hatch.pressed, t.data("inside"), "/coordinator", {"name": COORDINATOR})
    assert told
    origin, _, code = told["link"].partition("/desk/enrol#")
    page = await desk.post("/desk/enrol", data={"code": code})
    options = json.loads(html.unescape(page.text.partition('data-options="')[2].partition('"')[0]))
    return (await desk.post("/desk/enrol/made", data={"code": code, "said": Device(origin).made(options)})).text


def _hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"{name} is not on the desk"
    return found[1]


async def _mllp(t: Stage, body: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", t.mllp_port, local_addr=(FEED_FROM, 0))
    try:
        writer.write(b"\x0b" + body + b"\x1c\r")
        answer = await asyncio.wait_for(reader.readuntil(b"\x1c\r"), 15)
        return answer.partition(b"MSA|")[2][:2]
    finally:
        writer.close()


async def raw(port: int, data: bytes) -> None:
    """Bytes, and then nothing more."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(FEED_FROM, 0))
    writer.write(data)
    await writer.drain()
    writer.write_eof()
    with suppress(TimeoutError, ConnectionError):
        await asyncio.wait_for(reader.read(), 0.3)
    writer.close()


async def days_pass(t: Stage) -> None:
    """Three days, in which every day something is told that is nobody's death; then nine."""
    for day in range(3):
        await t.move(86_400)
        if day == 0:
            await t.move(8 * 3600)  # the morning, when the second message goes: a day late it would be an offer of its own
            await until(lambda: _due(t) == 0, "what was due has gone")
        other = (*LIVES[:2], f"90000{day}", LIVES[3], f"V90000{day}", *LIVES[5:])  # whoever is named again lives three days again
        assert await _mllp(t, adt(t.now(), "A01", f"D{day}", other, "")) == b"AA"
    await t.move(3600)
    await until(lambda: t.count("inside", "SELECT count(*) FROM attendance") == 0, "attendance is gone")
    await asyncio.sleep(2.2)  # keep_small has folded the log twice more
    t.shoot("three days")
    await t.move(6 * 86_400)
    await until(lambda: t.count("outside", "SELECT count(*) FROM box") == 0, "the box nobody opened is gone")
    t.shoot("nine days")


def _due(t: Stage) -> int:
    """Messages that should have gone by now, or are on their way."""
    soon = int((t.now() + timedelta(minutes=2)).timestamp() * 1000)
    return t.count("inside", f"SELECT count(*) FROM attendance WHERE due <= {soon}")
