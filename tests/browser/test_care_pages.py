"""The care pages in every language, dark and light, by keyboard, and twice as large: everybody can read and use them."""

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from aftercall.locale import LANGUAGES
from aftercall.outside.doors.shelf import CARE
from tests.browser import walk
from tests.browser.test_pages import FIRST_PAGE, PHONE, STRICT
from tests.browser.visitor import SCHEMES, Scheme, Watch

NARROW = {"width": 320, "height": 640}
STATES = {"/": ["home", "minute", "now"]}  # views of one page; the others are one view


def _states(page: Page, care: str, path: str, language: str) -> list[str]:
    page.goto(f"{care}{path}?lang={language}")
    page.locator("html[data-live]").wait_for()
    return STATES.get(path, ["all"])


def _go(page: Page, state: str) -> None:
    if state in STATES["/"]:
        walk.press(page, "home") if page.locator("[data-go=home]:visible").count() else None
        walk.press(page, state) if state != "home" else None
        walk.showing(page, state)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_and_nothing_is_fetched_from_elsewhere(
    browser: Browser, care: str, language: str, scheme: Scheme
) -> None:
    context = browser.new_context(viewport=PHONE, color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page = context.new_page()
    watch = Watch(page, (care.partition("//")[2],))
    found: list[str] = []
    for path in CARE:
        for state in _states(page, care, path, language):
            _go(page, state)
            violations = Axe().run(page, options=STRICT).response["violations"]
            found += [f"{path} {state}: {v['id']} {[node['target'] for node in v['nodes']]}" for v in violations]
    context.close()
    assert found == []
    assert watch.wrong == []


def test_axe_finds_nothing_in_what_opens(browser: Browser, care: str) -> None:
    context = browser.new_context(viewport=PHONE, reduced_motion="reduce")  # type: ignore[arg-type]
    page = context.new_page()
    found: list[str] = []

    def look(state: str) -> None:
        page.evaluate("scrollTo(0, 0)")  # what lies half under the head of the page can be scrolled
        found.extend(
            f"{state}: {v['id']} {[n['target'] for n in v['nodes']]}"
            for v in Axe().run(page, options=STRICT).response["violations"]
        )

    page.goto(f"{care}/five?lang=en")
    page.locator("#start").click()
    look("five runs")
    page.locator("#stop").click()
    page.locator("details summary").click()
    page.locator("[name=held][value=yes]").check()
    page.locator("#things").fill("Tell Amina")
    page.locator("#after [type=submit]").click()
    look("a person is seen")
    page.locator("#things").fill("Two keys")
    page.locator("#after [type=submit]").click()
    look("the note")
    page.goto(f"{care}/days?lang=en")
    page.locator("#day").fill("2020-01-01")
    page.locator("#keep").click()
    look("reminders")
    page.goto(f"{care}/?lang=en")
    walk.press(page, "minute")
    page.locator("[data-silence]").click()
    look("silence")
    context.close()
    assert found == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_twice_as_large_on_a_narrow_phone_nothing_goes_off_the_side(browser: Browser, care: str, language: str) -> None:
    context = browser.new_context(viewport=NARROW)  # type: ignore[arg-type]
    page = context.new_page()
    wide = {}
    for path in CARE:
        for state in _states(page, care, path, language):
            _go(page, state)
            for size in ("112.5%", "225%"):
                page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
                if (width := page.evaluate("document.documentElement.scrollWidth")) > NARROW["width"]:
                    wide[path, state, size] = (width, page.evaluate(TOO_WIDE))
            page.evaluate("document.documentElement.style.fontSize = ''")
    context.close()
    assert wide == {}


TOO_WIDE = """() => [...document.querySelectorAll('body *')]
  .filter((el) => el.getBoundingClientRect().right > innerWidth + 1 && !el.closest('svg'))
  .map((el) => `${el.tagName}#${el.id}.${el.className}: ${el.textContent.trim().slice(0, 30)}`).slice(0, 5)"""

FOCUSED = """() => {
  const el = document.activeElement;
  const box = el.getBoundingClientRect();
  const ringed = (one) => one && getComputedStyle(one).outlineStyle !== 'none';
  return {
    what: el.tagName === 'BODY' ? '' : el.id || el.name || el.getAttribute('href') || el.textContent.trim(),
    ring: Boolean(ringed(el) || ringed(el.closest('.pick')) || el.tagName === 'IFRAME'), // there it is inside: test_check.py
    seen: box.bottom > 0 && box.top < innerHeight && box.height > 0,
  };
}"""


@pytest.mark.parametrize("path", CARE)
def test_every_press_can_be_reached_by_keyboard_and_is_seen_to_be(browser: Browser, care: str, path: str) -> None:
    page = browser.new_page(viewport=PHONE)  # type: ignore[arg-type]
    _states(page, care, path, "en")
    here = "a[href]:visible, button:visible, input:visible, textarea:visible, summary:visible"  # of one choice, any
    page.evaluate("document.activeElement.blur()")
    met: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if not focused["what"]:  # past the last; the next is the first
            continue
        assert focused["ring"], f"{focused['what']} shows no focus"
        assert focused["seen"], f"{focused['what']} is off the screen"
        met.append(focused["what"])
    assert set(_names(page, here)) - set(met) == set()
    assert _names(page, here)[0] == "leave", "the way out comes first"
    page.close()


def _names(page: Page, here: str) -> list[str]:
    name = "els => els.map((el) => el.id || el.name || el.getAttribute('href') || el.textContent.trim())"
    names: list[str] = page.locator(here).evaluate_all(name)
    return names


def test_a_minute_can_be_taken_by_keyboard_alone(browser: Browser, care: str) -> None:
    page = browser.new_page(viewport=PHONE)  # type: ignore[arg-type]
    _states(page, care, "/", "en")
    page.locator("#home [data-go=minute]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#minute-h")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("[data-min='1']")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#left")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    walk.showing(page, "home")
    page.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_page_is_14_kb_in_every_language_and_two_requests_paint_it(browser: Browser, care: str, language: str) -> None:
    """All of it in one round trip after the page itself: whatever its own start needs is named in the page."""
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    asked: list[tuple[str, str]] = []
    page.on("request", lambda request: asked.append((request.url.removeprefix(care), request.resource_type)))
    page.goto(f"{care}/?lang={language}")
    page.locator("html[data-live]").wait_for()
    html = page.content()
    painting = [url for url, kind in asked if kind in ("document", "stylesheet", "font", "image")]
    assert painting == [f"/?lang={language}", "/phone/phone.css"]
    first = [url for url, kind in asked if kind == "script"]
    static = first[: first.index("/phone/asker.mjs")]
    assert static
    assert [url for url in static if url.rpartition("/")[2] not in html] == []
    packed = sum(_packed(care + url) for url in painting)
    context.close()
    print(f"{language}: {packed} bytes")
    assert packed <= FIRST_PAGE


def _packed(url: str) -> int:
    with httpx.stream("GET", url, headers={"Accept-Encoding": "gzip"}, trust_env=False) as answer:
        return sum(len(piece) for piece in answer.iter_raw())
