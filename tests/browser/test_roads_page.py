"""How shall we ring you: set on the peer's own page in a real browser, tried by each road, and a push that says nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
from aftercall_stage.troupe import until
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser import walk
from tests.browser.test_pages import PHONE, STRICT
from tests.browser.visitor import Backstage, Watch, backstage, chromium
from tests.world import TESTS

TEL, ENDPOINT = "+254711000077", "https://push.internal/one"  # a half never calls an address without a place in the world
NO_SERVICE = f"""
  let mine = null;
  PushManager.prototype.getSubscription = async () => mine;
  PushManager.prototype.subscribe = async ({{ userVisibleOnly, applicationServerKey }}) => {{
    if (!userVisibleOnly || applicationServerKey.length !== 65) throw new Error('as no push service would take it');
    await new Promise((done) => setTimeout(done, 1000)); // it asks somebody far away, and the peer presses "Save" meanwhile
    return (mine = {{ endpoint: '{ENDPOINT}', options: {{ applicationServerKey }}, unsubscribe: async () => (mine = null) }});
  }};
"""  # Chromium's own push service is on the far side of a network that a test has not


@pytest.fixture(scope="module")
def back(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backstage]:
    with backstage(tmp_path_factory.mktemp("halves"), {"push_contact": "mailto:care@example.org"}) as this:
        yield this


@pytest.fixture
def page(back: Backstage) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
        context.add_init_script(NO_SERVICE)
        yield context.new_page()
        browser.close()


def reach(back: Backstage) -> list[dict[str, Any]]:
    there = back.do(back.troupe.control("outside").ask, {"do": "rows"})["tables"]["reach"]
    return [dict(zip(there["columns"], row, strict=True)) for row in there["rows"]]


def pushed(page: Page, origin: str) -> None:
    """As a push service wakes this browser: with nothing in it."""
    known: list[dict[str, Any]] = []
    wire = page.context.new_cdp_session(page)
    wire.on("ServiceWorker.workerRegistrationUpdated", lambda told: known.extend(told["registrations"]))
    wire.send("ServiceWorker.enable")
    for _ in range(100):
        if numbers := {one["registrationId"] for one in known if one["scopeURL"] == f"{origin}/phone/"}:
            break
        page.wait_for_timeout(100)
    (number,) = numbers
    wire.send("ServiceWorker.deliverPushMessage", {"origin": origin, "registrationId": number, "data": ""})


def test_a_peer_sets_their_roads_tries_each_and_is_woken_by_a_push(page: Page, back: Backstage) -> None:
    origin = back.troupe.outside_url
    watch = Watch(page, (origin.partition("//")[2],))
    walk.unlocked(page, back)
    page.locator("#roads summary").click()
    expect(page.locator("#roads-list li")).to_have_count(2)  # text and push: what this programme can
    assert page.evaluate("Notification.permission") != "granted"  # nobody is asked before a tap
    page.locator("#r-sms-on").check()
    page.locator("#r-sms-to").fill(TEL)
    page.locator("#r-sms-after").fill("30")
    page.locator("#roads-form [type=submit]").click()
    expect(page.locator("#roads-said")).to_have_text("Saved.", timeout=15_000)
    page.locator("[data-road=sms] .quiet").click()
    expect(page.locator("[data-road=sms] [data-came=no]")).to_be_visible(timeout=15_000)
    back.do(until, lambda: TEL in back.troupe.sms["outside"], "the test by text arrives")
    assert back.troupe.sms["outside"][TEL].texts == [TESTS]
    found = Axe().run(page, options=STRICT).response["violations"]
    assert [(v["id"], [node["target"] for node in v["nodes"]]) for v in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.locator("[data-road=sms] [data-came=no]").click()
    expect(page.locator("[data-road=sms] .warn")).to_be_visible(timeout=15_000)
    assert [(way["road"], way["after"], way["came"]) for way in reach(back)] == [("sms", 30, 0)]

    page.context.grant_permissions(["notifications"], origin=origin)
    page.locator("#r-push-on").check()
    page.locator("#r-push-after").fill("0")
    page.locator("#roads-reserve").check()
    page.wait_for_function("navigator.serviceWorker.getRegistration('/phone/').then((there) => Boolean(there?.active))")
    page.locator("#roads-form [type=submit]").click()
    expect(page.locator("#roads-said")).to_have_text("Saved.", timeout=15_000)
    assert {way["road"]: way["to"] for way in reach(back)} == {"sms": TEL, "push": ENDPOINT}
    page.locator("[data-road=push] .quiet").click()
    expect(page.locator("[data-road=push] [data-came=yes]")).to_be_visible(timeout=15_000)
    pushed(page, origin)
    expect(page.locator("[data-road=push] [data-came=yes]")).to_be_hidden(timeout=15_000)  # it has said so itself
    shown = page.evaluate(
        "navigator.serviceWorker.getRegistration('/phone/').then((there) => there.getNotifications())"
        ".then((all) => all.map(({ title, body }) => [title, body]))"
    )
    assert shown == [["Notes", "On call. Open your page."]]
    assert watch.wrong == []
