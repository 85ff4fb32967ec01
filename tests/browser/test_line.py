"""From the first visit to the close on a line as it is at the edge of a town: GPRS, and a part of all requests lost."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from playwright.sync_api import Error as Lost

from tests.browser import walk
from tests.browser.line import Line
from tests.browser.visitor import Backstage, Watch, backstage

SOON = 90_000  # ms


@pytest.fixture(scope="module")
def back(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backstage]:
    with backstage(tmp_path_factory.mktemp("line")) as one:
        yield one


def arrive(page: Page, address: str) -> None:
    """Pressed again where the browser says that it could not be opened, as anybody would."""
    for _ in range(6):
        try:
            page.goto(address, wait_until="commit")
            return
        except Lost as error:
            lost = error
    raise lost


def test_from_the_first_visit_to_the_close(browser: Browser, back: Backstage) -> None:
    """Nothing is pressed twice, nothing is loaded anew, and what was written arrives once.

    Twice the loss that was asked for (5 %).
    """
    line = back.do(Line(urlsplit(back.troupe.outside_url).port or 0, lost=0.1, seed=5).open)
    page = browser.new_context(viewport={"width": 360, "height": 640}).new_page()
    watch = Watch(page, (urlsplit(line.address).netloc,))
    arrive(page, f"{line.address}/#{back.troupe.code}")
    page.locator("html[data-live]").wait_for(timeout=SOON)
    walk.press(page, "talk")
    expect(page.locator("#ask")).to_be_visible(timeout=SOON)
    walk.send(page)
    expect(page.locator("#wait")).to_be_visible(timeout=SOON)
    peer, ask = walk.rung(back)
    assert back.do(peer.take, ask.box)
    back.do(peer.write, ask.box, "I'm here. I have the whole hour.")
    expect(page.locator("#bubbles li")).to_have_count(1, timeout=SOON)
    page.locator("#text").fill("He was nineteen.")
    page.locator("#write [type=submit]").click()
    expect(page.locator("#bubbles .me small")).to_have_text("sent", timeout=SOON)
    assert back.do(peer.read, ask.box) == ["He was nineteen."]
    walk.press(page, "close")
    expect(page.locator("#ended")).to_be_visible(timeout=SOON)
    assert watch.wrong == []
    assert line.broken > 0, "a line that loses nothing shows nothing"
    page.context.close()
    back.do(line.close)


def test_a_page_whose_program_got_lost_asks_for_it_again(browser: Browser, care: str) -> None:
    page = browser.new_context(service_workers="block").new_page()
    lost: list[str] = []

    def loses(route: Route) -> None:
        if len(lost) < 3:
            lost.append(route.request.url)
            return route.abort()
        return route.continue_()

    page.route("**/phone/home.mjs*", loses)
    page.goto(f"{care}/?lang=en")
    page.locator("html[data-live]").wait_for()
    walk.press(page, "minute")
    expect(page.locator("#minute-h")).to_be_visible()
    assert len(lost) == 3
    page.context.close()
