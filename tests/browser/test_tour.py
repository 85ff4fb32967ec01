"""Show me, four minutes: the whole tour by the keyboard, and what each step speaks of stands on the phones and in the rows."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, Route, expect, sync_playwright

from tests.browser.test_night import phone
from tests.browser.visitor import Watch, chromium, demo

COME = 60_000  # milliseconds; a step waits for the stage's real work, so do we
OURS, THEIRS = "I’m here. I have the whole hour.", "He was nineteen."
BY_ITSELF = "ear"  # when a feed last spoke: written each minute, whatever else happens
STAFF = ("Amina", "Juma", "Wanjiku", "+254700000002")
PACE, LOOK = 150, 4.5  # words a minute, and seconds to look, as the page has them


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with demo(tmp_path_factory.mktemp("tour")) as address, sync_playwright() as playwright:
        browser = chromium(playwright)
        page = browser.new_page(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
        page.goto(address)
        yield page
        browser.close()


def comes(page: Page, step: int, state: str = "here") -> str:
    """What is said at this step, once it is there."""
    expect(page.locator(f"#tour[data-step='{step}'][data-state={state}]")).to_be_visible(timeout=COME)
    return page.locator("#tour-say").inner_text()


def on(page: Page, step: int) -> str:
    page.keyboard.press("ArrowRight")
    said = comes(page, step)
    for pointed in page.locator(".pointed").all():
        expect(pointed).to_be_visible()
    expect(page.locator(".pointed").first).to_be_in_viewport()
    return said


def rows(page: Page, half: str) -> dict[str, list[Any]]:
    """Every row of one half, asked of the stage and not of the tour."""
    tables = page.evaluate("fetch('/stage/now').then(answer => answer.json())")[half]["tables"]
    return {name: table["rows"] for name, table in tables.items() if name != BY_ITSELF}


def by_axe(page: Page) -> None:
    expect(page.locator("tr.gone")).to_have_count(0, timeout=COME)  # rows that fade away are on their way out
    result = Axe().run(page, options={"resultTypes": ["violations"], "iframes": False})
    assert result.violations_count == 0, result.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_step_whose_state_does_not_come_is_said_to_be_missing(page: Page) -> None:
    """The planted fault: the stage says that the hospital's message went out, and it did not."""
    page.locator("#tour").evaluate("tour => tour.dataset.patience = 2")
    expect(page.locator("#tell")).to_be_enabled(timeout=COME)

    def nothing(route: Route) -> None:
        route.fulfill(json={})

    page.route("**/stage/tell", nothing)
    page.locator("#show").press("Enter")
    page.keyboard.press("Space")  # by hand from here
    assert "This has not come: the hospital’s half has heard the message" in comes(page, 1, "missing")
    assert page.locator(".pointed").count() == 0
    page.unroute("**/stage/tell", nothing)
    page.locator("#tour").evaluate("tour => tour.dataset.patience = 60")


def test_the_whole_tour_by_the_keyboard(page: Page) -> None:
    watch, said = Watch(page, ("127.0.0.1",)), {}
    page.keyboard.press("ArrowRight")  # try again: what was missing comes now
    said[1] = comes(page, 1)
    expect(page.locator("#wire")).to_contain_text("PID-30")
    expect(page.locator("#tour-play")).to_have_text("Play")

    said[2] = on(page, 2)
    assert len(rows(page, "inside")["attendance"]) == 5
    assert "Kiprono" not in json.dumps(rows(page, "inside"))

    said[3] = on(page, 3)
    notes = {page.locator(f"[data-phone={key}] .notes p").inner_text() for key in ("juma", "amina")}
    assert len(notes) == 1
    quoted = said[3].split("“")[1].split("”")[0]
    assert notes.pop().startswith(quoted)
    by_axe(page)

    said[4] = on(page, 4)
    expect(phone(page, "amina").locator("#left")).to_be_visible()
    expect(page.locator("[data-phone=unit] .notes p")).to_contain_text("cover for who was there")
    before = rows(page, "inside")

    said[5] = on(page, 5)
    expect(phone(page, "amina").locator("#wait-who")).to_contain_text("Grace")
    assert len(rows(page, "outside")["page_copy"]) == 9
    assert not [name for name in STAFF if name in json.dumps(rows(page, "outside"))]

    said[6] = on(page, 6)
    assert rows(page, "inside") == before, "the hospital learnt that somebody asked"
    count = sum(map(len, before.values()))
    assert f"{count} rows before she asked, the same {count} now" in said[6]

    said[7] = on(page, 7)
    expect(page.locator("[data-phone=grace].rings")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    assert comes(page, 6) == said[6]
    page.keyboard.press("ArrowRight")
    assert comes(page, 7) == said[7]
    page.keyboard.press("Escape")
    expect(page.locator("#tour")).to_be_hidden()
    expect(page.locator("#show")).to_have_text("Go on: 7 of 12")
    expect(page.locator("#show")).to_be_focused()
    phone(page, "grace").locator("#pages .go.main").click()  # somebody presses by themselves; the tour goes on from there
    expect(phone(page, "grace").locator("#letters")).to_be_visible(timeout=COME)
    page.locator("#show").press("Enter")
    assert comes(page, 7) == said[7]

    said[8] = on(page, 8)
    for key in ("amina", "grace"):
        expect(phone(page, key).locator("#bubbles")).to_contain_text(OURS)
        expect(phone(page, key).locator("#bubbles")).to_contain_text(THEIRS)
    seen = json.dumps([rows(page, "inside"), rows(page, "outside")], ensure_ascii=False)
    assert OURS not in seen
    assert THEIRS not in seen

    said[9] = on(page, 9)
    after = rows(page, "outside")
    assert not [name for name in ("box", "page_copy", "ring", "msg") if after[name]]
    assert rows(page, "inside") == before

    said[10] = on(page, 10)
    assert len(after["agg"]) == 3
    page.set_viewport_size({"width": 360, "height": 640})
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    by_axe(page)
    page.locator("#tour-pace option:checked").evaluate("pace => pace.value = 1e6")
    page.locator("#tour").evaluate("tour => tour.dataset.look = 0")
    page.keyboard.press("Space")
    said[12] = comes(page, 12)  # by itself
    page.keyboard.press("Space")
    page.keyboard.press("ArrowLeft")
    said[11] = comes(page, 11)
    assert on(page, 12) == said[12]
    page.keyboard.press("ArrowRight")
    expect(page.locator("#show")).to_have_text("Show me: four minutes")
    assert watch.wrong == []
    words = sum(len(text.split()) for text in said.values())
    assert 200 <= words / PACE * 60 + len(said) * LOOK <= 250, words  # four minutes, with what the stage itself needs


def test_from_the_start_is_a_night_of_its_own(page: Page) -> None:
    page.locator("#show").press("Enter")
    page.keyboard.press("Space")
    comes(page, 1)
    expect(page.locator("[data-phone=amina] .notes li")).to_have_count(1)
    assert not [name for name in ("box", "page_copy", "msg") if rows(page, "outside")[name]]
    page.keyboard.press("Escape")
