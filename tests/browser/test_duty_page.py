"""The duty page on a small phone, by the keyboard alone: until a time, duties to come, one tap to be spared, no connection said."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser import walk
from tests.browser.test_pages import PHONE, STRICT
from tests.browser.visitor import Backstage, Watch, backstage, chromium


@pytest.fixture(scope="module")
def back(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backstage]:
    with backstage(tmp_path_factory.mktemp("halves")) as this:
        yield this


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        context = browser.new_context(viewport=PHONE, timezone_id="Africa/Nairobi")  # type: ignore[arg-type]
        yield context.new_page()
        browser.close()


def look(page: Page) -> None:
    """Nothing is wider than the phone, and everyone can read it."""
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    found = Axe().run(page, options=STRICT).response["violations"]
    assert [(v["id"], [node["target"] for node in v["nodes"]]) for v in found] == []


def tab_to(page: Page, where: str) -> None:
    """As a hand without a mouse comes there."""
    for _ in range(60):
        if page.evaluate("where => document.activeElement?.matches(where) ?? false", where):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard doesn't come to {where}")


def press(page: Page, where: str) -> None:
    tab_to(page, where)
    page.keyboard.press("Enter")


def test_a_peer_goes_through_a_duty_by_the_keyboard_alone(page: Page, back: Backstage) -> None:
    watch = Watch(page, (back.troupe.outside_url.partition("//")[2],))
    walk.unlocked(page, back)
    press(page, "[data-go=wasnot]")
    tab_to(page, "#until-time")
    until = page.evaluate("new Date(Date.now() + 5 * 36e5).toTimeString().slice(0, 5)")
    page.locator("#until-time").fill(until)
    look(page)
    press(page, "#until-form button")
    expect(page.locator("#duty-on")).to_be_visible(timeout=15_000)
    expect(page.locator("#duty-h")).to_contain_text(until)
    press(page, "#plan summary")
    tab_to(page, "#t-day")
    for name, said in (
        ("day", page.evaluate("new Date(Date.now() + 2 * 864e5).toISOString().slice(0, 10)")),
        ("from", "20:00"),
        ("to", "06:00"),
    ):
        page.locator(f"#turn-form [name={name}]").fill(said)
    press(page, "#turn-form button")
    expect(page.locator("#turns li")).to_have_count(1, timeout=15_000)
    expect(page.locator("#turns b")).to_contain_text("20:00 – 06:00")
    look(page)
    press(page, "[data-turn]")
    expect(page.locator("#no-turns")).to_be_visible(timeout=15_000)
    page.context.set_offline(True)
    expect(page.locator("#status")).to_have_text("No connection", timeout=15_000)
    expect(page.locator("#duty .away")).to_be_visible()
    look(page)
    page.context.set_offline(False)
    expect(page.locator("#status")).to_have_text("On duty", timeout=45_000)
    press(page, "[data-go=hit]")
    expect(page.locator("#duty-was")).to_be_visible()
    expect(page.locator("#status")).to_have_text("Off duty", timeout=15_000)
    press(page, "[data-go=duty-again]")
    press(page, "#plan [data-go=enough]")
    expect(page.locator("#rests")).to_be_visible(timeout=15_000)
    look(page)
    press(page, "[data-go=rested]")
    expect(page.locator("#rests")).to_be_hidden(timeout=15_000)
    assert watch.wrong == []
