"""Check on myself: one question at a time, in a frame; what is said is a next step, and the ninth opens the numbers at once."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Frame, Page, Route, expect

from aftercall.locale import LANGUAGES
from aftercall.phone.frame import instruments
from tests.browser.test_pages import PHONE, STRICT
from tests.browser.visitor import SCHEMES, Scheme, Watch

TOO_SMALL = """() => [...document.querySelectorAll('button, summary')].map((el) => [el.textContent, el.getBoundingClientRect()])
  .filter(([, box]) => box.height && box.height < 48).map(([text]) => text)"""
TOO_WIDE = """() => ['112.5%', '225%', ''].map((size) => {
  document.documentElement.style.fontSize = size;
  return document.documentElement.scrollWidth - innerWidth;
})"""
RING = "() => [document.activeElement.textContent, getComputedStyle(document.activeElement).outlineStyle]"
PHRASE = "seven slow grey herons"
KEPT = "() => localStorage.getItem('ac1.checks')"
PUBLISHED = {
    "en": {"phq", "gad", "gate", "pc", "pcl"},
    "fr": {"phq", "gad"},
    "es": {"phq", "gad"},
    "sw": set[str](),
}  # docs/instruments.md


@pytest.fixture(scope="module")
def phone(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=PHONE, reduced_motion="reduce")  # type: ignore[arg-type]
    yield context
    context.close()


def opened(context: BrowserContext, care: str, language: str = "en") -> tuple[Page, Frame]:
    page = context.new_page()
    page.goto(f"{care}/check?lang={language}")
    page.locator("html[data-live]").wait_for()
    return page, inside(page)


def inside(page: Page) -> Frame:
    (frame,) = (frame for frame in page.frames if frame != page.main_frame)
    frame.locator("main:visible").wait_for()
    return frame


def press(frame: Frame, *values: int) -> None:
    """The options of one question after another, counted from 0. By key: a pointer may miss a frame that was just moved."""
    for value in values:
        frame.locator("#options button").nth(value).press("Enter")


def unlock(frame: Frame, phrase: str, again: str = "") -> None:
    frame.locator("#phrase-in").fill(phrase)
    if again:
        frame.locator("#again-in").fill(again)
    frame.locator("#phrase-in").press("Enter")


def states(page: Page, frame: Frame) -> Iterator[str]:
    """Through every screen there is; each name once it stands."""
    yield "when"
    frame.locator("[data-days='0']").press("Enter")
    yield "colours"
    frame.locator("[data-colour='1']").press("Enter")
    yield "yellow"
    frame.locator("#stop").press("Enter")
    frame.locator("[data-days='30']").press("Enter")
    if frame.locator("#foreign:visible").count():
        yield "in English only"
        frame.locator("#on").press("Enter")
    yield "a question"
    press(frame, 3, 3, 3, 3)
    yield "more?"
    frame.locator("#on").press("Enter")
    press(frame, 1, 1, 1, 1, 1, 1, 1)
    expect(page.locator("#now-h")).to_be_focused()
    yield "numbers"
    page.locator("#again").press("Enter")
    yield "safe"
    frame.locator("#further").press("Enter")
    frame.locator("#on").press("Enter")
    press(frame, 0, 0, 0, 0, 0)
    frame.locator("#on").press("Enter")
    yield "gate"
    press(frame, 1, 1, 1, 1, 0, 0)
    frame.locator("#on").press("Enter")
    press(frame, *[2] * 8)
    yield "a long question"
    press(frame, *[2] * 12)
    frame.locator("#figures summary").press("Enter")
    yield "result"
    frame.locator("#keep").press("Enter")
    frame.locator("#open").press("Enter")
    yield "a phrase, too short"
    unlock(frame, PHRASE, PHRASE)
    expect(frame.locator("#rows li")).to_have_count(1)
    yield "what was kept"
    frame.locator("#kept [data-forget]").press("Enter")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_screen_can_be_read_by_everyone(browser: Browser, care: str, scheme: Scheme) -> None:
    context = browser.new_context(viewport=PHONE, color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page, frame = opened(context, care)
    watch = Watch(page, (care.partition("//")[2],))
    found: list[str] = []
    for state in states(page, frame):
        violations = Axe().run(page if state == "numbers" else frame, options=STRICT).response["violations"]
        found += [f"{state}: {v['id']} {[node['target'] for node in v['nodes']]}" for v in violations]
    context.close()
    assert found == []
    assert watch.wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_on_a_narrow_phone_and_twice_as_large_nothing_goes_off_the_side(browser: Browser, care: str, language: str) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 640}, reduced_motion="reduce")
    page, frame = opened(context, care, language)
    found: list[str] = []
    for state in states(page, frame):
        found += [f"{state}: too small: {text}" for text in frame.evaluate(TOO_SMALL)]
        found += [f"{state}: {wide} px too wide" for wide in frame.evaluate(TOO_WIDE) if wide > 0]
    context.close()
    assert found == []


def test_the_ninth_opens_the_numbers_at_once_without_a_network_too(browser: Browser, care: str) -> None:
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    page, _ = opened(context, care)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_function("async () => (await navigator.serviceWorker.ready).active.state === 'activated'")
    context.set_offline(True)
    page.reload()
    page.locator("html[data-live]").wait_for()
    frame = inside(page)
    frame.locator("[data-days='14']").press("Enter")
    press(frame, 0, 0, 3, 0)
    frame.locator("#on").press("Enter")
    press(frame, 0, 0, 0, 0, 0, 0, 1)
    expect(page.locator("#now-h")).to_be_in_viewport()
    expect(page.locator("#now a[href^='tel:']:visible")).to_have_count(3)
    expect(page.locator("#questions")).to_be_hidden()
    page.locator("#again").press("Enter")
    frame.locator("#further").press("Enter")
    expect(frame.locator("#result h1")).to_have_text("It weighs on you a great deal.")
    expect(frame.locator("#call button")).to_be_visible()
    frame.locator("#call button").press("Enter")
    expect(page.locator("#questions")).to_be_hidden()
    context.close()


def test_back_goes_one_question_back_and_changes_what_is_said(phone: BrowserContext, care: str) -> None:
    page, frame = opened(phone, care)
    frame.locator("[data-days='14']").press("Enter")
    press(frame, 0, 0, 3, 0)
    expect(frame.locator("#offer")).to_be_visible()
    frame.locator("#back").press("Enter")
    frame.locator("#back").press("Enter")
    expect(frame.locator("#options [aria-pressed=true]")).to_have_text("Nearly every day")
    press(frame, 2)
    frame.locator("#skip").press("Enter")
    expect(frame.locator("#result h1")).to_have_text("It looks calm.")
    expect(frame.locator("#missed")).to_be_visible()
    page.close()


def test_enough_is_enough_and_no_at_the_gate_ends_it(phone: BrowserContext, care: str) -> None:
    page, frame = opened(phone, care)
    frame.locator("[data-days='30']").press("Enter")
    press(frame, 2, 2, 2, 2)
    frame.locator("#off").press("Enter")  # PHQ-9
    frame.locator("#off").press("Enter")  # GAD-7
    frame.locator("#on").press("Enter")
    press(frame, 0)
    expect(frame.locator("#result h1")).to_have_text("It weighs on you.")
    assert frame.locator("#figures li").all_text_contents() == ["PHQ-4: 8 of 12", "PC-PTSD-5: 0 of 5"]
    page.close()


def test_what_has_no_published_translation_is_in_english_or_not_asked(phone: BrowserContext, care: str) -> None:
    page, frame = opened(phone, care, "sw")
    frame.locator("[data-days='30']").press("Enter")
    expect(frame.locator("#foreign")).to_be_visible()
    frame.locator("#off").press("Enter")
    expect(frame.locator("#colours")).to_be_visible()
    frame.locator("[data-colour='0']").press("Enter")
    expect(frame.locator("#result")).to_be_visible()
    page.close()
    page, frame = opened(phone, care, "es")
    frame.locator("[data-days='30']").press("Enter")
    expect(frame.locator("#ask h1")).to_have_attribute("lang", "es")
    press(frame, 0, 0, 0, 0)
    expect(frame.locator("#foreign")).to_be_visible()
    frame.locator("#on").press("Enter")
    expect(frame.locator("#ask h1")).to_have_attribute("lang", "en")
    page.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_is_whole(language: str) -> None:
    english, own = instruments("en"), instruments(language)
    assert {of: len(one["items"]) for of, one in own.items()} == {"phq": 9, "gad": 7, "gate": 1, "pc": 5, "pcl": 20}
    assert {of: len(one["options"]) for of, one in own.items()} == {of: len(one["options"]) for of, one in english.items()}
    assert {of for of, one in own.items() if one["lang"] == language} == PUBLISHED[language]


def test_whoever_comes_back_finds_it_empty(phone: BrowserContext, care: str) -> None:
    page, frame = opened(phone, care)
    frame.locator("[data-days='0']").press("Enter")
    frame.locator("[data-colour='2']").press("Enter")
    page.locator(".onward .quiet").press("Enter")
    page.wait_for_url("**/?lang=en")
    page.go_back()
    page.locator("html[data-live]").wait_for()
    expect(page.frame_locator("#questions").locator("#when")).to_be_visible()
    page.close()


def test_it_can_be_gone_through_by_keyboard_alone(phone: BrowserContext, care: str) -> None:
    page, frame = opened(phone, care)
    page.locator("#questions").focus()
    page.keyboard.press("Tab")
    assert frame.evaluate(RING) == ["Less than two weeks", "solid"]
    page.keyboard.press("Enter")
    expect(frame.locator("#colours h1")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(frame.locator("#result h1")).to_be_focused()
    page.close()


def test_no_question_is_shown_before_the_numbers_can_be(browser: Browser, care: str) -> None:
    page = browser.new_page(service_workers="block")
    held: list[Route] = []
    page.route("**/phone/check.mjs", lambda route: held.append(route))
    with page.expect_request("**/phone/check.mjs"):
        page.goto(f"{care}/check?lang=en", wait_until="commit")
    page.locator("h1").wait_for()
    expect(page.locator("#questions")).to_be_hidden()
    held[0].continue_()
    expect(page.locator("#questions")).to_be_visible()
    page.close()


def test_without_scripts_four_colours_stand_in_words(browser: Browser, care: str) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{care}/check?lang=en")
    expect(page.locator("noscript li")).to_have_count(4)
    expect(page.locator("#questions")).to_be_hidden()
    expect(page.locator("#now a[href^='tel:']:visible")).to_have_count(3)
    context.close()


def green(frame: Frame) -> None:
    """The shortest way to a result."""
    frame.locator("[data-days='0']").press("Enter")
    frame.locator("[data-colour='0']").press("Enter")


def test_nothing_is_kept_unless_somebody_chooses_so_and_then_only_their_phrase_shows_it(browser: Browser, care: str) -> None:
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    page, frame = opened(context, care)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_function("async () => (await navigator.serviceWorker.ready).active.state === 'activated'")
    context.set_offline(True)
    expect(frame.locator("#look")).to_be_hidden()
    green(frame)
    assert page.evaluate(KEPT) is None
    frame.locator("#keep").press("Enter")
    unlock(frame, PHRASE, "seven slow grey geese")
    expect(frame.locator("#differ")).to_be_visible()
    assert page.evaluate(KEPT) is None
    unlock(frame, PHRASE, PHRASE)
    expect(frame.locator("#rows li")).to_have_count(1)
    expect(frame.locator("#rows li")).to_contain_text("It looks calm. Green")
    first = page.evaluate(KEPT)
    frame.locator("#back").press("Enter")
    expect(frame.locator("#result #keep")).to_be_hidden()  # the same result is kept once

    page.reload()
    page.locator("html[data-live]").wait_for()
    frame = inside(page)
    frame.locator("#look").press("Enter")
    unlock(frame, "seven slow grey geese")
    expect(frame.locator("#wrong")).to_be_visible()
    expect(frame.locator("#kept")).to_be_hidden()
    unlock(frame, PHRASE)
    expect(frame.locator("#rows li")).to_have_count(1)
    frame.locator("#back").press("Enter")
    frame.locator("[data-days='0']").press("Enter")
    frame.locator("[data-colour='1']").press("Enter")
    frame.locator("#keep").press("Enter")  # it was opened already: no phrase a second time
    expect(frame.locator("#rows li")).to_have_count(2)
    expect(frame.locator("#rows li").first).to_contain_text("Yellow")
    page.wait_for_function("(before) => localStorage.getItem('ac1.checks') !== before", arg=first)
    assert len(page.evaluate(KEPT)) == len(first)

    frame.locator("#kept [data-forget]").press("Enter")
    expect(frame.locator("#when")).to_be_visible()
    expect(frame.locator("#look")).to_be_hidden()
    page.wait_for_function("() => localStorage.getItem('ac1.checks') === null")
    context.close()


def test_a_shared_phone_keeps_nothing_and_shows_nothing(browser: Browser, care: str) -> None:
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    page, frame = opened(context, care)
    green(frame)
    frame.locator("#keep").press("Enter")
    unlock(frame, PHRASE, PHRASE)
    expect(frame.locator("#rows li")).to_have_count(1)
    page.evaluate("sessionStorage.setItem('ac1.phone', JSON.stringify('shared'))")
    page.reload()
    page.locator("html[data-live]").wait_for()
    frame = inside(page)
    expect(frame.locator("#look")).to_be_hidden()
    green(frame)
    expect(frame.locator("#result h1")).to_be_visible()
    expect(frame.locator("#keep")).to_be_hidden()
    page.locator("#leave").press("Enter")
    page.wait_for_url("**/blank.html")
    assert page.evaluate(KEPT) is None
    context.close()


def test_the_page_around_takes_one_word_or_a_sealed_block_and_nothing_else(phone: BrowserContext, care: str) -> None:
    page, frame = opened(phone, care)
    for said in (
        '"PHQ-9: 20 of 27"',
        '{"kept": "' + "A" * 5520 + '"}',
        '"' + "A" * 5519 + '"',
        '"' + "A" * 5519 + ' "',
        "[3, 3, 2]",
    ):
        frame.evaluate(f"() => parent.postMessage({said}, '*')")
    frame.evaluate("() => parent.postMessage('now', '*')")
    expect(page.locator("#now-h")).to_be_focused()  # messages come in their order
    assert page.evaluate("() => Object.keys(localStorage).filter((name) => name !== 'ac1.root')") == []
    page.close()
