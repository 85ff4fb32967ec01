"""Nothing of a page travels in the open: both halves refuse to begin so, and speak TLS with a certificate that may be renewed."""

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import Awaitable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from aftercall_stage.troupe import free_ports
from cryptography import x509
from starlette.types import Receive, Scope, Send

from aftercall.config import Outside, Wrong, toml
from aftercall.door import Door, door
from aftercall.outside import keys
from aftercall.tls import Certificate, check_door, context
from aftercall.watch import looks
from tests.certificates import Authority
from tests.children import running
from tests.device import Device
from tests.stories.test_without_the_stage import aftercall
from tests.stories.ward import options_in
from tests.world import PHRASE, SEALED, START, UNITS

CARE = Outside(data=Path("var"), programme="p", name="P", run_by="us", codes=["x"], duty_tel="1", lines=[])
INSIDE = {"data": "hospital", "care_link": "https://care.example/#a-b-c-d", "sms_url": "http://127.0.0.1:9/", "sms_token": "i"}
OUTSIDE = {
    "data": "care", "programme": "kisumu", "name": "Kisumu", "run_by": "us", "codes": [SEALED], "duty_tel": "+254700000099",
    "lines": [], "sms_url": "http://127.0.0.1:9/", "sms_token": "o", "canary": 1,
}  # fmt: skip


def write(folder: Path, half: str, **given: object) -> None:
    (folder / f"{half}.toml").write_text("".join(f"{name} = {toml(value)}\n" for name, value in given.items()))


# refused -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("half", "base"), [("inside", INSIDE), ("outside", OUTSIDE)])
def test_the_program_refuses_to_speak_in_the_open_beyond_this_machine(tmp_path: Path, half: str, base: dict[str, object]) -> None:
    write(tmp_path, half, **base, host="0.0.0.0")
    said = aftercall(half, "--config", f"{half}.toml", cwd=tmp_path, fails=True)
    for part in ("host: 0.0.0.0", "plain HTTP", "tls_cert and tls_key", "proxy", 'host = "127.0.0.1"'):
        assert part in said
    assert "Traceback" not in said
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{half}.toml"]  # nothing was begun


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_on_this_machine_it_may(host: str) -> None:
    check_door(replace(CARE, host=host))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "care.example", "", "::ffff:10.0.0.7"])
def test_anywhere_else_it_may_not(host: str) -> None:
    with pytest.raises(Wrong, match="plain HTTP"):
        check_door(replace(CARE, host=host))


def test_behind_a_proxy_it_may_have_a_socket_and_then_no_certificate(tmp_path: Path) -> None:
    check_door(replace(CARE, host="", socket="run/care.sock"))
    with pytest.raises(Wrong, match="leave tls_cert and tls_key"):
        check_door(replace(CARE, socket="run/care.sock", tls_cert="x", tls_key="y"))
    with pytest.raises(Wrong, match=r"https://care\.example"):
        check_door(replace(CARE, address="http://care.example"))


@pytest.mark.parametrize(("half", "settings"), [("inside", INSIDE), ("outside", OUTSIDE)])
def test_where_no_half_runs_no_link_is_printed(tmp_path: Path, half: str, settings: dict[str, object]) -> None:
    write(tmp_path, half, **settings)
    said = aftercall(half, "--config", f"{half}.toml", "--first-coordinator", "Njeri", cwd=tmp_path, fails=True)
    assert f"no process of this half runs on this machine; start it, and ask again: aftercall {half}" in said


def test_a_certificate_that_can_not_serve_is_named_before_anybody_calls(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    cert, key, _ = authority.issue()
    good = replace(CARE, host="0.0.0.0", tls_cert=str(cert), tls_key=str(key))
    check_door(good)
    assert context(good.tls_cert, good.tls_key).minimum_version == ssl.TLSVersion.TLSv1_2
    for bad, says in (
        (replace(good, tls_key=""), "tls_key: give both"),
        (replace(good, tls_cert=""), "tls_cert: give both"),
        (replace(good, tls_cert="nowhere.pem"), "tls_cert: nowhere.pem can't be read"),
        (replace(good, tls_key=str(authority.pem)), "not a certificate and its key"),
    ):
        with pytest.raises(Wrong, match=says):
            check_door(bad)
    authority.issue(passphrase="locked")
    with pytest.raises(Wrong, match="without a passphrase"):
        check_door(good)


# served --------------------------------------------------------------------------------------------------------------------


def test_both_halves_serve_their_pages_by_tls(tmp_path: Path) -> None:
    """The real programs; a client that checks the certificate; and callers who don't know TLS, of whom no trace stays."""
    cert, key, _ = (authority := Authority(tmp_path)).issue()
    (care, web, mllp), tls = free_ports(3), {"tls_cert": str(cert), "tls_key": str(key)}
    keys.new_root(tmp_path / "root.pem", PHRASE)
    keys.new_steward(keys.read_root(tmp_path / "root.pem", PHRASE), "kisumu", tmp_path / "care", START.date())
    for name, text in (
        ("staff", "staff,name,phone,mail,language,unit,role,ids\n"),
        ("units", UNITS),
        ("rota", "unit,staff,begins,ends\n"),
    ):
        (tmp_path / f"{name}.csv").write_text(text)
    write(tmp_path, "outside", **OUTSIDE, **tls, host="0.0.0.0", port=care)
    write(tmp_path, "inside", **INSIDE, **tls, host="0.0.0.0", port=web, mllp_port=mllp)
    with running(tmp_path, "outside", "--config", "outside.toml"), running(tmp_path, "inside", "--config", "inside.toml"):
        trusting = ssl.create_default_context(cafile=str(authority.pem))
        with httpx.Client(verify=trusting, trust_env=False) as browser:
            page, desk = (_opened(browser, f"https://localhost:{port}/{path}") for port, path in ((care, ""), (web, "desk")))
            signed = [_first_coordinator(browser, tmp_path, half, port) for half, port in (("inside", web), ("outside", care))]
            assert {"desk", "care"} <= set(browser.cookies), "on one host, and neither takes the place of the other"
        assert [answer.headers["strict-transport-security"] for answer in (page, desk)] == ["max-age=31536000"] * 2
        assert "+254700000099" in page.text
        assert "set-cookie" not in page.headers
        assert all(word in one.headers["set-cookie"] for one in signed for word in ("Secure", "HttpOnly", "SameSite=Strict"))
        with httpx.Client(trust_env=False) as suspicious, pytest.raises(httpx.ConnectError, match=r"(?i)certificate"):
            suspicious.get(f"https://localhost:{care}/")
        for port in (care, web):
            _strangers(port)
        assert (tmp_path / "care" / "watch.sock").exists()
    said = (tmp_path / "outside.log").read_text() + (tmp_path / "inside.log").read_text()
    assert f"https://0.0.0.0:{care}/" in said
    assert "127.0.0.7" not in said
    assert "Traceback" not in said


def _first_coordinator(browser: httpx.Client, folder: Path, half: str, port: int) -> httpx.Response:
    """By the link that the machine prints."""
    told = aftercall(half, "--config", f"{half}.toml", "--first-coordinator", "Njeri", cwd=folder)
    origin, _, code = told.strip().splitlines()[-1].partition("/desk/enrol#")
    offered = browser.post(f"https://localhost:{port}/desk/enrol", data={"code": code}).text
    return browser.post(
        f"https://localhost:{port}/desk/enrol/made", data={"code": code, "said": Device(origin).made(options_in(offered))}
    )


def _opened(browser: httpx.Client, url: str) -> httpx.Response:
    end = time.monotonic() + 30
    while True:
        try:
            return browser.get(url).raise_for_status()
        except httpx.TransportError:
            assert time.monotonic() < end
            time.sleep(0.1)


def _strangers(port: int) -> None:
    """From 127.0.0.7x: one who speaks plain HTTP, one with noise."""
    for last, noise in ((71, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"), (72, b"\x16\x03\x01\x00\x05noise")):
        with socket.create_connection(("127.0.0.1", port), 5, (f"127.0.0.{last}", 0)) as line:
            line.sendall(noise)
            with contextlib.suppress(ConnectionError):
                assert not line.recv(1000).startswith(b"HTTP/1.1 200")


# renewed -------------------------------------------------------------------------------------------------------------------


class Slow:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.asked, self.go = asyncio.Event(), asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked.set()
        await self.go.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"here"})


def test_a_renewed_certificate_serves_the_next_caller_and_no_call_is_cut(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    cert, key, first = authority.issue()
    certificate = Certificate(str(cert), str(key))

    async def scene() -> None:
        slow, port = Slow(), free_ports(1)[0]
        here = door(slow, "127.0.0.1", port, certificate=certificate)
        serving = asyncio.create_task(here.serve())
        await _started(here)
        trusting = ssl.create_default_context(cafile=str(authority.pem))
        async with httpx.AsyncClient(verify=trusting, trust_env=False) as phone:
            held = asyncio.create_task(phone.get(f"https://localhost:{port}/"))
            await asyncio.wait_for(slow.asked.wait(), 10)
            assert await _shown(port, trusting) == first
            _, _, second = authority.issue()
            await _at_the_next_look(here)
            assert await _shown(port, trusting) == second
            key.write_text("half a file")
            await _at_the_next_look(here)
            assert await _shown(port, trusting) == second  # what can't be used changes nothing
            slow.go.set()
            assert (await asyncio.wait_for(held, 10)).text == "here"
        here.should_exit = True
        await serving

    asyncio.run(scene())


async def _started(here: Door) -> None:
    while not here.started:  # noqa: ASYNC110 - uvicorn tells it by a flag alone
        await asyncio.sleep(0.01)


def _at_the_next_look(here: Door) -> Awaitable[bool]:
    return here.on_tick(0)


async def _shown(port: int, trusting: ssl.SSLContext) -> int:
    """The serial number of the certificate that a new caller is shown."""
    _, line = await asyncio.open_connection("127.0.0.1", port, ssl=trusting, server_hostname="localhost")
    shown = line.get_extra_info("ssl_object").getpeercert(binary_form=True)
    line.close()
    return x509.load_der_x509_certificate(shown).serial_number


def test_the_doctor_says_how_many_days_it_is_good(tmp_path: Path) -> None:
    cert, key, _ = Authority(tmp_path).issue(days=20)
    care = replace(CARE, tls_cert=str(cert), tls_key=str(key))
    (found,) = looks.door(care, looks.last_day(cert).replace(hour=0))
    assert found.state == "broken"
    (found,) = looks.door(care, x509.load_pem_x509_certificate(cert.read_bytes()).not_valid_before_utc)
    assert (found.state, found.seen.split(",")[0]) == ("look", "good for 21 days more")
    assert "without a restart" in found.do
    assert not list(looks.door(CARE, START))
