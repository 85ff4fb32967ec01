"""A real browser and the real program, TLS between them and no proxy: never in the open again, nobody else called, an ask met."""

import asyncio
import base64
import hashlib
import json
import ssl
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from aftercall_stage.phones import Page as Rung
from aftercall_stage.phones import Peer
from aftercall_stage.troupe import free_ports
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from playwright.sync_api import Error as NotOpened

from aftercall.config import toml
from aftercall.outside import keys
from aftercall.outside.doors.cover import HEADERS
from tests.browser import walk
from tests.browser.visitor import Watch, chromium
from tests.certificates import Authority
from tests.children import running
from tests.world import CODE, PHRASE, SEALED

NAME = "care.example"
CARD = {
    "name": "Grace",
    "profession": "nurse",
    "unit": "ICU",
    "languages": ["en"],
    "tel": "+254710000001",
    "signal": "",
    "whatsapp": "",
}
CARE = {
    "data": "care", "programme": "kisumu", "name": "Kisumu", "run_by": "us", "codes": [SEALED], "duty_tel": "+254700000099",
    "lines": [{"name": "Somebody to call", "tel": "1199", "hours": "day and night"}],
    "sms_url": "http://127.0.0.1:9/", "sms_token": "o", "host": "0.0.0.0", "canary": 0,
    "tls_cert": "door.pem", "tls_key": "door.key",
}  # fmt: skip
Do = Callable[[Awaitable[Any]], Any]


class Served:
    """The care half behind its own TLS, one colleague on duty, and a browser that finds the name `care.example` on this machine."""

    def __init__(self, address: str, browser: Browser, grace: Peer, do: Do) -> None:
        self.address, self.browser, self.grace, self.do = address, browser, grace, do

    @property
    def plain(self) -> str:
        return self.address.replace("https:", "http:")

    @contextmanager
    def phone(self) -> Iterator[tuple[BrowserContext, Page, Watch]]:
        """One that has never been here."""
        context = self.browser.new_context(viewport={"width": 360, "height": 640})
        page = context.new_page()
        yield context, page, Watch(page, (NAME,))
        context.close()

    def rung(self) -> Rung:
        for _ in range(20):
            told: list[Rung] = self.do(self.grace.pages(wait=2))
            if pages := [one for one in told if not one.answered]:
                return pages[0]
        raise AssertionError("nobody is rung")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder, (port,) = tmp_path_factory.mktemp("tls"), free_ports(1)
    cert, _, _ = (authority := Authority(folder)).issue()
    (folder / "outside.toml").write_text("".join(f"{name} = {toml(value)}\n" for name, value in (CARE | {"port": port}).items()))
    grace, today = Peer(_line(authority, port), CARD, "kisumu"), datetime.now(UTC).date()
    keys.new_root(folder / "root.pem", PHRASE)
    root = keys.read_root(folder / "root.pem", PHRASE)
    keys.new_steward(root, "kisumu", folder / "care", today)
    (folder / "grace.json").write_text(json.dumps(grace.request()))
    keys.admit(root, "kisumu", folder / "grace.json", folder / "care" / "peers", today)
    with (
        running(folder, "outside", "--config", "outside.toml"),
        ThreadPoolExecutor(1) as beside,  # the browser's own loop runs in this thread
        asyncio.Runner() as runner,
        sync_playwright() as playwright,
    ):

        def do(part: Awaitable[Any]) -> Any:
            async def whole() -> Any:
                return await part

            return beside.submit(runner.run, whole()).result(60)

        do(grace.duty(datetime.now(UTC) + timedelta(hours=8)))  # a phone tries again until the door is open
        finds, knows = f"host-resolver-rules=MAP {NAME} 127.0.0.1", f"ignore-certificate-errors-spki-list={_pin(cert)}"
        browser = chromium(playwright, finds, knows)
        yield Served(f"https://{NAME}:{port}", browser, grace, do)
        browser.close()
        do(grace.line.client.aclose())


def _line(authority: Authority, port: int) -> httpx.AsyncClient:
    """Of a phone that checks the certificate."""
    trusting = ssl.create_default_context(cafile=str(authority.pem))
    return httpx.AsyncClient(base_url=f"https://localhost:{port}", verify=trusting, trust_env=False)


def _pin(cert: Path) -> str:
    """The browser takes this one key, of an authority it doesn't know, and no other."""
    key = (
        x509.load_pem_x509_certificate(cert.read_bytes()).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    )
    return base64.b64encode(hashlib.sha256(key).digest()).decode()


def test_who_was_here_once_is_never_led_to_plain_http_again(served: Served) -> None:
    with served.phone() as (context, before, _):
        with pytest.raises(NotOpened):  # the control: the door speaks TLS alone, and nothing was heard of it yet
            before.goto(f"{served.plain}/")
        page = context.new_page()
        answer = page.goto(f"{served.address}/")
        assert answer is not None
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        assert page.evaluate("isSecureContext")
        page.goto(f"{served.plain}/five")
        assert page.url == f"{served.address}/five"


def test_the_page_calls_nobody_else_and_opens_without_a_network(served: Served) -> None:
    with served.phone() as (context, page, watch):
        answer = page.goto(f"{served.address}/")
        assert answer is not None
        assert {name: answer.headers[name.lower()] for name in HEADERS} == HEADERS
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        page.wait_for_function(
            "async () => (await caches.keys()).length === 1 && (await navigator.serviceWorker.ready).active.state === 'activated'"
        )
        assert watch.wrong == []
        refused = """() => new Promise((told) => {
          document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => told(effectiveDirective));
          fetch("https://elsewhere.example/").catch(() => {});
        })"""
        assert page.evaluate(refused) == "connect-src"
        context.set_offline(True)
        page.reload()
        page.locator("html[data-live]").wait_for()
        expect(page.locator(".numbers a[href='tel:+254700000099']").first).to_be_attached()


def test_an_ask_is_met_and_leaves_no_cookie(served: Served) -> None:
    with served.phone() as (context, page, watch):
        page.goto(f"{served.address}/#{CODE}")
        page.wait_for_url(lambda url: CODE not in url)
        walk.press(page, "talk")
        expect(page.locator("#ask")).to_be_visible()
        walk.send(page)
        ask = served.rung()
        assert served.do(served.grace.take(ask.box))
        served.do(served.grace.write(ask.box, "I'm here. I have the whole hour."))
        expect(page.locator("#bubbles li")).to_have_count(1)
        expect(page.locator("#bubbles")).to_contain_text("I have the whole hour")
        page.locator("#text").fill("He was nineteen.")
        page.locator("#write [type=submit]").click()
        expect(page.locator("#bubbles .me small")).to_have_text("sent")
        assert served.do(served.grace.read(ask.box)) == ["He was nineteen."]
        assert context.cookies() == []
        assert watch.wrong == []
