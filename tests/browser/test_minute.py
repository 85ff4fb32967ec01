"""Take a minute: the time is kept, the end is soft, the silence is a silence, and without scripts it is a text."""

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser import walk
from tests.browser.shelf import COVER, shelf

BUZZED = "globalThis.buzzed = []; navigator.vibrate = (how) => globalThis.buzzed.push(how); globalThis.AudioContext = undefined;"


def _open(browser: Browser, care: str, **more: object) -> Page:
    page = browser.new_context(viewport={"width": 360, "height": 640}, **more).new_page()  # type: ignore[arg-type]
    page.add_init_script(BUZZED)
    page.clock.install()
    page.goto(f"{care}/?lang=en")
    walk.press(page, "minute")
    return page


@pytest.mark.parametrize("minutes", [1, 2, 5, 10, 20])
def test_it_takes_as_long_as_i_have(browser: Browser, care: str, minutes: int) -> None:
    page = _open(browser, care)
    page.locator(f"[data-min='{minutes}']").click()
    expect(page.locator("#left")).to_have_text(f"{minutes} min left")
    page.clock.run_for(1000 * (60 * minutes - 2))
    expect(page.locator("#minute-end")).to_be_hidden()
    page.clock.run_for(3000)
    expect(page.locator("#end-alone")).to_be_visible()
    expect(page.locator("#end-together")).to_be_hidden()
    assert page.evaluate("buzzed") == [], "it buzzes only when asked to"
    page.context.close()


def test_a_press_before_the_scripts_are_there_is_not_lost(browser: Browser, care: str) -> None:
    """There is nothing to press until somebody listens."""
    page = browser.new_context(viewport={"width": 360, "height": 640}).new_page()
    held: list[Route] = []
    page.route("**/minute*.mjs*", lambda route: held.append(route))
    page.goto(f"{care}/?lang=en")
    walk.press(page, "minute")
    expect(page.locator("#minute-h")).to_be_visible()
    expect(page.locator("#minute button:visible")).to_have_count(0)
    while not held:
        page.wait_for_timeout(10)
    for route in held:
        route.continue_()
    page.locator("[data-min='2']").click()
    expect(page.locator("#left")).to_have_text("2 min left")
    page.context.close()


def test_it_buzzes_when_asked_to_and_a_sound_that_cannot_be_made_harms_nothing(browser: Browser, care: str) -> None:
    page = _open(browser, care)
    page.locator("[name=buzz]").check()
    page.locator("[name=tone]").check()
    page.locator("[data-min='1']").click()
    page.clock.run_for(61_000)
    expect(page.locator("#end-alone")).to_be_visible()
    assert len(page.evaluate("buzzed")) == 1
    page.context.close()


def test_a_silence_together_is_between_45_and_60_seconds_without_a_word(browser: Browser, care: str) -> None:
    page = _open(browser, care)
    page.locator("[data-silence]").click()
    page.clock.run_for(45_000)
    expect(page.locator("#minute-end")).to_be_hidden()
    expect(page.locator("#pause")).to_be_hidden()
    expect(page.locator("#left")).to_be_hidden()
    page.clock.run_for(15_000)
    expect(page.locator("#end-together")).to_be_visible()
    page.context.close()


def test_a_phone_that_slept_through_it_is_told_so_at_once(browser: Browser, care: str) -> None:
    page = _open(browser, care)
    page.locator("[data-min='5']").click()
    page.clock.fast_forward(600_000)
    expect(page.locator("#end-alone")).to_be_visible()
    page.context.close()


def test_nothing_moves_where_the_phone_asks_for_stillness(browser: Browser, care: str) -> None:
    moving = "getComputedStyle(document.querySelector('.breath i')).animationName"
    for wish, name in (("reduce", "none"), ("no-preference", "breathe")):
        page = _open(browser, care, reduced_motion=wish)
        page.locator("[data-min='1']").click()
        assert page.evaluate(moving) == name
        expect(page.locator(".breath .in")).to_be_visible()  # the words carry it alone
        page.context.close()


def test_the_hospitals_page_for_cover_is_a_plain_link_that_tells_it_nothing(browser: Browser, care: str) -> None:
    """DECISIONS 15: no request of ours, no referrer, and it is said beforehand who sees it."""
    page = _open(browser, care)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    link = page.locator(f"#minute a[href='{COVER}']")
    expect(link).to_have_attribute("rel", "noreferrer")
    expect(page.locator("#minute")).to_contain_text("The hospital's server sees that someone opened it.")
    assert [url for url in asked if not url.startswith(care)] == []
    page.context.close()
    with shelf(cover="") as bare:
        page = browser.new_page()
        page.goto(f"{bare}/?lang=en")
        assert "Ask for cover" not in page.content()
        page.close()


def test_without_scripts_it_is_a_text(browser: Browser, care: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{care}/?lang=en")
    expect(page.locator("#minute blockquote")).to_be_visible()
    expect(page.locator("#pause li").last).to_be_visible()
    expect(page.locator("#minute button:visible, #minute input:visible")).to_have_count(0)
    context.close()
