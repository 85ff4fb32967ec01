"""The phone's pages, straight from the care half: light, closed, readable by everyone, and of use without any script."""

from collections.abc import Callable, Iterator

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from aftercall.outside.doors import page as shelf
from tests.browser import walk
from tests.browser.visitor import SCHEMES, Backstage, Scheme, Watch, backstage, chromium

PHONE = {"width": 360, "height": 640}
FIRST_PAGE, WHOLE_PHONE = 14 * 1024, 100 * 1024  # bytes over the wire
STRICT = {"resultTypes": ["violations"], "rules": {"color-contrast-enhanced": {"enabled": True}, "target-size": {"enabled": True}}}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        one = chromium(playwright)
        yield one
        one.close()


@pytest.fixture(scope="module")
def back(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backstage]:
    with backstage(tmp_path_factory.mktemp("halves")) as this:
        yield this


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("way", [walk.asking, walk.answering])
def test_every_state_can_be_read_by_everyone_and_stays_at_home(
    browser: Browser, back: Backstage, way: Callable[[Page, Backstage], Iterator[str]], scheme: Scheme
) -> None:
    context = browser.new_context(viewport=PHONE, color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page = context.new_page()
    watch = Watch(page, (back.troupe.outside_url.partition("//")[2],))
    found = []
    for state in way(page, back):
        violations = Axe().run(page, options=STRICT).response["violations"]
        found += [f"{state}: {v['id']} {[node['target'] for node in v['nodes']]}" for v in violations]
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > PHONE["width"]:
            found.append(f"{state}: {wide} px wide")
    context.close()
    assert not found, "\n".join(found)
    assert watch.wrong == []


def test_the_first_page_is_14_kb_and_the_whole_phone_100_kb(back: Backstage) -> None:
    with httpx.Client(base_url=back.troupe.outside_url, headers={"Accept-Encoding": "gzip"}, trust_env=False) as wire:
        first = {path: _bytes(wire, path) for path in ("/", "/phone/phone.css")}
        files = [
            f"/phone/{p.relative_to(shelf.FOLDER)}"
            for p in shelf.FOLDER.rglob("*")
            if p.suffix in shelf.SHOWN and p.name not in shelf.TEMPLATES
        ]
        whole = {path: _bytes(wire, path) for path in ("/", "/peer", *files)}
    print(f"first page {sum(first.values())} bytes {first}, whole phone {sum(whole.values())} bytes")
    assert sum(first.values()) <= FIRST_PAGE
    assert sum(whole.values()) <= WHOLE_PHONE


def _bytes(wire: httpx.Client, path: str) -> int:
    with wire.stream("GET", path) as answer:
        assert answer.status_code == 200, path
        assert answer.headers.get("content-encoding") == "gzip", path
        assert "script-src 'self'" in answer.headers["content-security-policy"], path
        return sum(len(piece) for piece in answer.iter_raw())


@pytest.mark.parametrize(
    "path", ["/care", "/phone/care.html", "/phone/peer.html", "/phone/../run.py", "/phone/vendor/ORIGIN.md", "/stage/card"]
)
def test_what_is_not_a_page_is_not_there(back: Backstage, path: str) -> None:
    answer = httpx.get(back.troupe.outside_url + path, trust_env=False)
    assert answer.status_code == 404
    assert answer.json()["error"] == "gone"


def test_the_code_is_kept_also_when_a_link_is_pressed_before_the_scripts_are_there(browser: Browser, back: Backstage) -> None:
    """On a slow line the page stands long before its scripts, and a link within the page puts another mark behind the '#'."""
    page = browser.new_page()
    held: list[Route] = []
    page.route("**/phone/home.mjs", lambda route: held.append(route))
    with page.expect_request("**/phone/home.mjs"):
        page.goto(f"{back.troupe.outside_url}/#{back.troupe.code}", wait_until="commit")
    page.locator("#home a[href='#minute']").click()
    page.wait_for_url("**/#minute", wait_until="commit")
    held[0].continue_()
    page.locator("html[data-live]").wait_for()
    walk.showing(page, "minute")
    walk.press(page, "home")
    walk.press(page, "talk")
    expect(page.locator("#ask")).to_be_visible(timeout=15_000)
    page.close()


def test_without_scripts_the_numbers_and_the_guidance_stand(browser: Browser, back: Backstage) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{back.troupe.outside_url}/")
    numbers = page.locator("#numbers a[href^='tel:']")
    expect(numbers).to_have_count(2)
    for n in range(2):
        expect(numbers.nth(n)).to_be_visible()
    lines = page.locator("#pause li")
    assert lines.count() >= 5
    for n in range(lines.count()):
        expect(lines.nth(n)).to_be_visible()
    # This way of switching scripts off does not make Chromium render <noscript>; that it says so is read in the page itself.
    assert "This browser runs no scripts here" in page.content().partition("<noscript>")[2].partition("</noscript>")[0]
    dead = [button.inner_text() for button in page.locator("button:visible, input:visible").all()]
    assert dead == [], "what does nothing when pressed must not be shown"
    context.close()
