"""The hospital's pages in a real browser: readable by everyone in every state, calling nobody else, and one loss for two taps."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser import walk_ward
from tests.browser.test_pages import STRICT
from tests.browser.visitor import SCHEMES, Scheme, Watch, chromium
from tests.browser.ward import House, house

WIDTHS = {"dark": 360, "light": 1280}
Way = Callable[[Page, House], Iterator[str]]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        one = chromium(playwright)
        yield one
        one.close()


@pytest.fixture
def here(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as this:
        yield this


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("way", [walk_ward.telling, walk_ward.wording, walk_ward.deciding, walk_ward.holding])
def test_every_state_can_be_read_by_everyone_and_stays_at_home(browser: Browser, here: House, way: Way, scheme: Scheme) -> None:
    """Each state at both widths; the colours of one scheme, as the reader's screen has it."""
    context = browser.new_context(viewport={"width": 360, "height": 640}, color_scheme=scheme, reduced_motion="reduce", locale="en")
    page = context.new_page()
    watch, found = Watch(page, (here.url.partition("//")[2],)), list[str]()
    for state in way(page, here):
        found += unreadable(page, state, WIDTHS[scheme])
    context.close()
    assert not found, "\n".join(found)
    assert watch.wrong == []


def unreadable(page: Page, state: str, width: int) -> Iterator[str]:
    """What somebody could not read of this page: wider than a phone; and by axe, at this width."""
    for narrow in (320, 360, 1280):
        page.set_viewport_size({"width": narrow, "height": 800})
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > narrow:
            yield f"{state}: {wide} px wide at {narrow}"
    page.set_viewport_size({"width": width, "height": 800})
    violations = Axe().run(page, options=STRICT).response["violations"]
    yield from (f"{state}: {v['id']} {[node['target'] for node in v['nodes']]}" for v in violations)


def test_a_slow_line_and_a_second_tap_are_one_loss(browser: Browser, here: House) -> None:
    page, arrived = browser.new_page(viewport={"width": 360, "height": 640}), slow(here)
    page.goto(f"{here.url}/unit/RES#{here.inside.office.code('RES')}")
    expect(page.locator("#code")).not_to_have_value("")
    # Nothing seems to happen: pressed again. By the page's own clock, because a driver waits for the first answer.
    page.evaluate("const tell = document.querySelector('.main'); for (const at of [50, 700]) setTimeout(() => tell.click(), at)")
    expect(page.locator("h1")).to_contain_text("It is noted.", timeout=30_000)
    assert len(arrived) == 2, "the second tap went out as well"
    assert len(set(arrived)) == 1
    here.tick()
    assert here.losses() == 1
    assert len({message.to for message in here.post.sent}) == len(here.post.sent) == 3
    page.close()


def slow(here: House) -> list[str]:
    """From now on it takes two seconds until a loss is noted. The forms that came."""
    office, forms = here.inside.office, list[str]()
    at_once = office.tell

    async def tell(form: str, *given: Any) -> str:
        forms.append(form)
        await asyncio.sleep(2)
        return await at_once(form, *given)

    vars(office)["tell"] = tell
    return forms
