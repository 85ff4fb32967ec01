"""One night played to the end by both halves as real processes, with crashes and mistakes."""

import asyncio
import http.client
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from aftercall_stage.phones import Asker, Gone, Peer, Refused
from aftercall_stage.several import Several
from aftercall_stage.troupe import until

from tests.conftest import Postgres
from tests.promises.hospital import days_pass, raw, the_hospital_tells
from tests.promises.people import AMONG, CALLERS, CONTACTS, ERRORS, LETTERS, Caller, letter
from tests.promises.recorded import Night, Stage


async def play(
    folder: Path, leaks: dict[str, str] | None = None, crash: bool = True, servers: Mapping[str, Postgres] | None = None
) -> Night:
    night = Night(folder)
    t = Stage(folder, leaks or {}, night, servers or {})
    async with t:
        night.cards = frozenset(str(value) for peer in t.peers for value in _flat(peer.card))
        await the_hospital_tells(t, crash)
        await t.move(4027)  # the care half's seconds are not the hospital's
        for peer in t.peers:
            await peer.duty(t.now() + timedelta(hours=7, minutes=13))
        await _amina_writes(t, night, crash)
        await _juma_wants_a_call(t, night)
        await _several(t, night)
        await _choices(t, night)
        await _wanjiku_waits(t, night)
        await _mistakes(t, night)
        await asyncio.to_thread(_strangers_call, t.outside_port, CALLERS if crash else FEW)
        await _false_keys(t)
        t.shoot("night")
        await days_pass(t)
    t.shoot("ended")
    return night


# the talks ---------------------------------------------------------------------------------------------------------------------


async def _ask(t: Stage, night: Night, who: str, chose: str, **choice: Any) -> Asker:
    phone = Asker(t.phone(who), t.code, t.now)
    assert await phone.ask(**choice) or "later" in choice
    this = phone.held()
    night.asks[chose] = this.body.encode()
    form = json.loads(this.body)
    night.ours[this.box] = chose
    night.care_ids |= {f"{chose}: box": this.box.encode(), f"{chose}: capability": this.cap.hex().encode()}
    night.care_ids |= {f"{chose}: its hash": form["hc"].encode(), f"{chose}: raw box": bytes.fromhex(this.box)}
    night.care_ids |= {f"{chose}: {pid}'s hash": copy["cap"].encode() for pid, copy in form["copies"].items()}
    return phone


async def _rung(t: Stage, box: str, but: tuple[Peer, ...] = ()) -> Peer:
    """A peer for whom it rings now."""
    for peer in t.peers:
        if peer not in but and box in {page.box for page in await peer.pages()}:
            return peer
    raise AssertionError("it rings for nobody")


async def _amina_writes(t: Stage, night: Night, crash: bool) -> None:
    grace, lines = t.peers[0], LETTERS
    phone = await _ask(t, night, "Amina", "letters, wish", wish=grace.pid, leave_out=[t.peers[1].pid], **CONTACTS["Amina"])
    box = phone.held().box
    await grace.pages()
    night.care_ids["the handle"] = grace.known[box].handle.encode()
    t.shoot("asked")
    sleeper = await _rung(t, box, (grace,))
    assert await sleeper.take(box)
    await t.move(301)  # and falls asleep: the lease lapses, the next wave rings

    async def slept() -> bool:
        return (await phone.look()).lapsed == 1

    await until(slept, "the lease has lapsed")
    other = await _rung(t, box, (grace, sleeper))
    await other.pass_on(box)
    assert await grace.take(box)
    await grace.write(box, letter(lines["Grace's letter"]))
    await phone.look()
    assert await phone.read()  # the first contact
    t.shoot("met")
    await phone.write(letter(lines["Amina's first letter"]))
    await phone.write(letter(lines["Amina's long letter"], 600))
    await phone.write(letter(lines["Amina's longest letter"], 2000))
    t.shoot("written")
    assert len(await grace.read(box)) == 3
    t.shoot("read")
    await phone.write(letter(lines["Amina's letter before the crash"], 300))
    if crash:
        t.kill("outside")
        await t.fallen("outside")
        t.shoot("killed")
        await t.restart("outside")
    else:
        t.shoot("killed")
    assert len(await grace.read(box)) == 1
    await phone.close()


async def _juma_wants_a_call(t: Stage, night: Night) -> None:
    out = [t.peers[2].pid, t.peers[3].pid]
    phone = await _ask(
        t, night, "Juma", "a call, everyone", chan="call", everyone=True, leave_out=out, lang="sw", **CONTACTS["Juma"]
    )
    box = phone.held().box
    peer = await _rung(t, box, (t.peers[2], t.peers[3]))
    assert await peer.take(box)
    assert peer.contacts[box]["tel"] == CONTACTS["Juma"]["tel"]
    await phone.look()
    await phone.write(letter(LETTERS["Juma's unread letter"]))
    await peer.spoken(box)
    await peer.close(box)
    assert (await phone.look()).state == "ended"


async def _several(t: Stage, night: Night) -> None:
    """A talk for several: one leaves, a letter stays unread, and the end goes to the other."""
    host = await Several.begin(t.peers[5], t.now() + timedelta(hours=1))
    night.care_ids["the words of a talk for several"] = host.words.encode()
    phones = {}
    for who, name in AMONG.items():
        phones[who] = await _ask(t, night, who, f"a talk for several, {who}", wish=host.peer.pid, join=host.words, handle=name)
    await host.look()
    assert sorted(host.who.values()) == sorted(AMONG.values())
    for phone in phones.values():
        await phone.look()
        assert await phone.read()
    await phones["Wanjiku"].write(letter(LETTERS["Wanjiku's letter to several"]))
    await host.look()
    await host.write(letter(LETTERS["the facilitator's letter to several"]))
    heard = "".join(await phones["Juma"].read())
    assert AMONG["Wanjiku"] in heard
    assert LETTERS["Wanjiku's letter to several"] in heard
    assert LETTERS["the facilitator's letter to several"] in heard
    await phones["Wanjiku"].write(letter(LETTERS["a letter to several that nobody read"]))
    t.shoot("said to several")
    await phones["Wanjiku"].close()
    await host.look()
    await host.end()
    assert await phones["Juma"].read()
    await phones["Juma"].close()


async def _choices(t: Stage, night: Night) -> None:
    """The same bytes go out whatever is chosen."""
    choices: dict[str, dict[str, Any]] = {
        "nothing at all": {},
        "a name and a place": {"name": "N" * 30, "place": "P" * 60},
        "tonight": {"later": t.now().replace(minute=0, second=0) + timedelta(hours=3)},
        "all but one left out": {"leave_out": [peer.pid for peer in t.peers[1:]]},
    }
    for chose, choice in choices.items():
        phone = await _ask(t, night, "Juma", chose, **choice)
        await phone.look()
        await phone.close()


async def _wanjiku_waits(t: Stage, night: Night) -> None:
    """This box stays: nobody takes it until its days are over."""
    phone = await _ask(t, night, "Wanjiku", "left open", **CONTACTS["Wanjiku"])
    await phone.look()


async def _mistakes(t: Stage, night: Night) -> None:
    client, e = t.phone("Juma"), ERRORS
    code = {"X-Code": t.code, "Content-Type": "application/json"}
    good = json.loads(night.asks["nothing at all"])
    knock = {"X-Box": good["box"], "X-Cap": e["a wrong capability"]}
    size = letter(e["a letter of no size"]).encode()
    calls: list[tuple[str, str, dict[str, str], bytes]] = [
        ("GET", "directory", {"X-Code": e["a wrong code"]}, b""),
        ("POST", "box", code, b'{"v": 1, "box": "' + e["a broken form"].encode() * 3),
        ("POST", "box", code, json.dumps({**good, e["a form with a member too many"]: "\U0001f600" * 90}).encode()),
        ("POST", "box", code, json.dumps({**good, "\U0001f600" * 90: 1}).encode()),
        ("POST", "box", code, json.dumps({**good, "contact": e["a broken form"]}).encode()),
        ("POST", "box", code, e["a body of 5 MB"].encode() * 240_000),
        ("GET", "box/state", knock, b""),
        ("GET", "box/state", {**knock, "X-Box": e["an unknown box"]}, b""),
        ("GET", "box/m", {**knock, "X-After": e["a query"]}, b""),
        ("POST", "box/m", knock, size),
        ("POST", "box/m", knock, (size * 90)[:4129]),
        ("DELETE", "box", knock, b""),
        ("POST", "box/take", knock, b""),
        ("POST", "box", {**code, "Origin": "https://other.example"}, b"{}"),
        (
            "POST",
            "peer/login",
            {"Content-Type": "application/json"},
            json.dumps({"pid": "00000000", "challenge": e["a broken form"], "sig": "A" * 88}).encode(),
        ),
        ("GET", "peer/pages", {"X-Peer": e["a cookie"]}, b""),
        ("GET", f"{e['a path']}?q={e['a query']}", {}, b""),
        ("PATCH", "box", {}, e["a broken form"].encode()),
    ]
    for method, path, head, body in calls:
        answer = await client.request(method, f"/care/v1/{path}", headers=head, content=body)
        assert 400 <= answer.status_code < 500, f"{method} {path}: {answer.status_code}"
    await raw(t.outside_port, f"POST /{e['a broken request line']} HTTP/9\r\nno colon {e['a cookie']}\r\n\r\n".encode())
    await raw(t.outside_port, f"POST /care/v1/box HTTP/1.1\r\nContent-Length: 999\r\n\r\n{e['a broken form']}".encode())  # half
    for press in (t.peers[0].duty(t.now() + timedelta(days=9)), Asker(client, e["a wrong code"], t.now).read_directory()):
        try:
            await press
        except (Refused, Gone):
            continue
        raise AssertionError("that should have been refused")


FEW = 20  # callers, in a night whose leak is the point
CALLS = (
    *(("GET", path, b"") for path in ("/", "/five", "/care/v1/box/state", "/care/v1/directory", "/nowhere", "/care/v1/health")),
    *(("POST", path, b'{"v": 1') for path in ("/care/v1/box", "/care/v1/peer/login", "/care/v1/box/take")),
    ("DELETE", "/care/v1/box", b""),
)


def _strangers_call(port: int, callers: int) -> None:
    """Many phones, each from an address of its own and through a proxy that tells another; most of them are wrong here."""
    for caller in map(Caller, range(callers)):
        line = http.client.HTTPConnection("127.0.0.1", port, source_address=(caller.bound, 0), timeout=20)
        method, path, body = CALLS[caller.number % len(CALLS)]
        line.request(method, path, body, {**caller.head(), "Content-Type": "application/json"})
        answer = line.getresponse()
        assert answer.status < 500, f"{method} {path}: {answer.status}"
        answer.read()
        line.close()


async def _false_keys(t: Stage) -> None:
    """Somebody with a peer's unlocked phone, or with the data folder, tries to put a key of their own there."""
    peer, evil = t.peers[8], Peer(t.client, {"name": "Nobody", "tel": ""}, "peers", t.now)
    foreign = evil.request()
    entry = {name: foreign[name] for name in ("pid", "card", "idkey", "kem", "kem_after", "kem_sig")}
    entry |= {"cert": foreign["kem_sig"], "cert_after": foreign["kem_after"]}
    (t.data("outside") / "peers" / f"{evil.pid}.json").write_text(json.dumps(entry))
    own = peer.request()
    for kem, sig in ((foreign["kem"], foreign["kem_sig"]), (foreign["kem"], own["kem_sig"])):
        form = {"kem": kem, "kem_after": (t.now() + timedelta(days=34, hours=23)).date().isoformat(), "kem_sig": sig}
        await peer.line.client.request("PUT", "/care/v1/peer/key", headers={"X-Peer": peer.token}, json=form)
    await t.control("outside").ask({"do": "wake"})
    await asyncio.sleep(0.3)  # it looks at its folder


def _flat(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [one for part in value.values() for one in _flat(part)]
    return [one for part in value for one in _flat(part)] if isinstance(value, list | tuple) else [value]


Check = Callable[[Night], list[str]]
