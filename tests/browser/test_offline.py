"""What was opened once opens again without a network, in its language; it holds nothing of a talk; Leave takes it all away."""

import json
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from aftercall.outside.doors.shelf import CARE, Shelf, reached
from tests.browser import walk
from tests.browser.shelf import server, settings

PHONE = {"width": 360, "height": 640}
KEPT = """async () => {
  const found = [];
  for (const name of await caches.keys()) for (const { url } of await (await caches.open(name)).keys()) found.push(url);
  return found;
}"""


@pytest.fixture
def visited(browser: Browser, care: str) -> Iterator[BrowserContext]:
    """A phone that opened the page once, in Swahili, and then lost the network."""
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    _kept(context, care, "sw")
    context.set_offline(True)
    yield context
    context.close()


def _kept(context: BrowserContext, care: str, language: str) -> Page:
    page = context.new_page()
    page.goto(f"{care}/?lang={language}")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_function(
        "async () => (await caches.keys()).length === 1 && (await navigator.serviceWorker.ready).active.state === 'activated'"
    )
    return page


@pytest.mark.parametrize("path", CARE)
def test_every_page_opens_without_a_network(visited: BrowserContext, care: str, path: str) -> None:
    page = visited.new_page()
    page.goto(f"{care}{path}")
    page.locator("html[data-live]").wait_for()
    expect(page.locator("html")).to_have_attribute("lang", "sw")
    expect(page.locator(".numbers .duty a")).to_be_visible()
    page.reload()
    page.go_back()
    page.close()


def test_without_a_network_one_can_breathe_and_is_told_that_nothing_is_sent(visited: BrowserContext, care: str) -> None:
    page = visited.new_page()
    page.goto(f"{care}/")
    walk.press(page, "minute")
    page.locator("[data-min='1']").click()
    expect(page.locator("#left")).to_be_visible()
    walk.press(page, "home")
    walk.press(page, "now")
    expect(page.locator(".numbers a[href^='tel:']:visible")).to_have_count(3)
    page.goto("about:blank")
    page.goto(f"{care}/#four-words-of-staff")
    walk.press(page, "talk")
    expect(page.locator("#talk-off")).to_be_visible(timeout=15_000)
    page.locator("#leave").click()
    page.wait_for_url("**/phone/blank.html")
    expect(page.locator("h1")).to_have_text("Notes")
    page.close()


def test_what_is_kept_is_the_list_and_no_call_of_a_talk(browser: Browser, care: str) -> None:
    context = browser.new_context()
    page = _kept(context, care, "en")
    page.reload()
    page.evaluate("fetch('/care/v1/directory').catch(() => {})")
    page.evaluate("fetch('/care/v1/box/state').catch(() => {})")
    kept = {urlsplit(url).path for url in page.evaluate(KEPT)}
    assert kept == {*CARE, *_files(care)}
    assert not any(path.startswith(("/care", "/peer")) for path in kept)
    context.close()


def _files(care: str) -> set[str]:
    code = httpx.get(f"{care}/sw.js", trust_env=False).text
    return set(json.loads(re.findall(r"const FILES = (.*);", code)[0]))


def test_the_list_is_all_that_the_pages_need_and_nothing_of_a_peers(care: str) -> None:
    needed = reached(("home.mjs", "five.mjs", "days.mjs", "plain.mjs"))
    assert {"asker.mjs", "seal.mjs", "vendor/hpke.mjs", "reminders.mjs"} <= set(needed)
    assert {f"/phone/{name}" for name in needed} < _files(care)
    assert not any("peer" in path or "ring.mjs" in path for path in _files(care))


def test_one_changed_number_is_a_new_version(care: str) -> None:
    here = settings()
    moved = settings()
    moved.lines[0] = {**moved.lines[0], "tel": "+254 722 000 009"}
    one, same, other = (Shelf(s, bytes(32)).keeper.plain for s in (here, settings(), moved))
    assert one == same
    assert one != other


def test_a_changed_number_is_shown_at_the_next_visit_at_once(browser: Browser) -> None:
    context = browser.new_context()
    with server() as (care, app):
        page = _kept(context, care, "en")
        moved = settings()
        moved.lines[0] = {**moved.lines[0], "tel": "+254 722 000 009"}
        app.state.shelf = Shelf(moved, bytes(32))
        page.goto(f"{care}/?lang=en")
        expect(page.locator(".numbers")).to_contain_text("+254 722 000 009", timeout=15_000)
        expect(page.locator(".numbers")).not_to_contain_text("+254 722 000 001")
        context.close()


def test_leave_on_a_shared_phone_leaves_nothing(visited: BrowserContext, care: str) -> None:
    page = visited.new_page()
    page.goto(f"{care}/days")
    page.evaluate("sessionStorage.setItem('ac1.phone', '\"shared\"')")
    page.locator("#leave").click()
    page.wait_for_url("**/phone/blank.html")  # also without a network
    expect(page.locator("h1")).to_have_text("Notes")
    page.wait_for_function("async () => (await caches.keys()).length === 0")
    page.wait_for_function("async () => (await navigator.serviceWorker.getRegistrations()).length === 0")
    assert page.evaluate("Object.keys({ ...localStorage, ...sessionStorage })") == []
    page.close()


def test_leave_on_my_own_phone_keeps_the_numbers(visited: BrowserContext, care: str) -> None:
    page = visited.new_page()
    page.goto(f"{care}/")
    page.locator("#leave").click()
    page.wait_for_url("**/phone/blank.html")
    page.goto(f"{care}/")
    expect(page.locator(".numbers .duty a")).to_be_visible()
    page.close()


def test_a_borrowed_phone_is_left_as_it_was(visited: BrowserContext, care: str) -> None:
    page = visited.new_page()
    page.goto(f"{care}/home")
    page.evaluate("localStorage.setItem('ac1.code', '\"four words of staff\"')")
    page.locator("#forget").click()
    page.wait_for_url("**/phone/blank.html")
    page.wait_for_function("async () => (await caches.keys()).length === 0")
    assert page.evaluate("Object.keys({ ...localStorage, ...sessionStorage })") == []
    page.close()


def test_a_browser_that_keeps_nothing_shows_all_of_it(browser: Browser, care: str) -> None:
    """A private window that refuses both stores and workers."""
    context = browser.new_context()
    refuse = "() => { throw new DOMException('no', 'SecurityError'); }"
    context.add_init_script(
        f"for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(globalThis, name, {{ get: {refuse} }});"
        "Object.defineProperty(Navigator.prototype, 'serviceWorker', { get: () => undefined });"
    )
    wrong: list[str] = []
    for path in CARE:
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(f"{care}{path}?lang=en")
        page.locator("html[data-live]").wait_for()
        page.locator("#leave").click()
        page.wait_for_url("**/phone/blank.html")
        page.close()
    context.close()
    assert wrong == []


@pytest.mark.parametrize("language", ["en", "sw", "fr", "es"])
def test_it_can_be_installed_under_a_name_that_says_nothing(care: str, language: str) -> None:
    answer = httpx.get(f"{care}/notes.webmanifest?lang={language}", trust_env=False)
    said = answer.json()
    assert answer.headers["content-type"] == "application/manifest+json"
    assert said["name"] == said["short_name"] == httpx.get(f"{care}/?lang={language}", trust_env=False).text.split("title>")[1][:-2]
    assert (said["display"], said["start_url"]) == ("standalone", f"/?lang={language}")
    assert httpx.get(care + said["icons"][0]["src"], trust_env=False).status_code == 200


def test_what_did_not_change_is_not_sent_again(care: str) -> None:
    for path in (*CARE, "/sw.js", "/phone/phone.css"):
        tag = httpx.get(care + path, trust_env=False).headers["etag"]
        again = httpx.get(care + path, headers={"If-None-Match": tag}, trust_env=False)
        assert (again.status_code, again.content) == (304, b"")
