"""It still answers: the care half is killed in each step of an ask, and the page never stands without a human or a number to call.

One real browser, one real process, SIGKILL at a named point in every step (DECISIONS 37). The seeded nights of
`aftercall_stage.chaos` kill at all points, also while messages go out and on PostgreSQL; they have phones in Python.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from aftercall_stage.phones import Away, Gone
from aftercall_stage.troupe import Troupe
from playwright.sync_api import Page, Route, expect, sync_playwright

from tests.browser import walk
from tests.browser.visitor import Backstage, chromium
from tests.promises.recorded import Care
from tests.promises.twins import Caught

SOON = 30_000  # milliseconds; a phone tries again by itself
OURS, THEIRS = "I'm here. I have the whole hour.", "He was nineteen."


class CareAlone(Backstage):
    """The care half, with nine colleagues on duty whose phones are played here."""

    async def _begin(self, folder: Path) -> Troupe:
        troupe = await Care(folder).__aenter__()
        await troupe.on_duty()
        return troupe


class Evening:
    """What was on the screen each time the half had died."""

    def __init__(self, back: Backstage, page: Page) -> None:
        self.back, self.page, self.found = back, page, list[str]()
        self.deaths = 0

    @contextmanager
    def killed(self, point: str) -> Iterator[None]:
        """The half dies at that point of what is done meanwhile; the screen is looked at; then it is started again."""
        t = self.back.troupe
        self.back.do(t.control("outside").ask, {"do": "arm", "point": f"outside.{point}"})
        with suppress(Away, Gone):
            yield
        assert self.back.do(t.fallen, "outside") == -9
        self.deaths += 1
        self._look(point)
        self.back.do(t.restart, "outside")

    def _look(self, when: str) -> None:
        if not self.page.locator("a[href^='tel:']:visible").count():
            self.found.append(f"{when}: no number stands on the screen")


def played(folder: Path, plant: Callable[[Page], None] = lambda _: None, only: int = 9) -> Evening:
    """One ask from the first press to its end. `only`: after so many deaths it is enough."""
    with sync_playwright() as playwright:
        browser, back = chromium(playwright), CareAlone(folder)
        try:
            page = browser.new_context(service_workers="block").new_page()
            plant(page)
            evening = Evening(back, page)
            _ask(evening)
            if evening.deaths < only:
                _answer(evening)
            return evening
        finally:
            browser.close()
            back.close()


def _ask(evening: Evening) -> None:
    page, back = evening.page, evening.back
    page.goto(f"{back.troupe.outside_url}/#{back.troupe.code}")
    page.wait_for_url(lambda url: back.troupe.code not in url, timeout=SOON)
    walk.press(page, "talk")
    expect(page.locator("#ask")).to_be_visible(timeout=SOON)
    with evening.killed("before-commit.ask:ask"):
        walk.send(page)
        walk.showing(page, "unsent")
    expect(page.locator("main > section#wait")).to_be_visible(timeout=SOON)


def _answer(evening: Evening) -> None:
    page, back = evening.page, evening.back
    with evening.killed("before-send.sms"):
        back.do(back.troupe.move, 301)  # nobody has answered the first wave
    peer, ask = walk.rung(back)
    patience, peer.line.patience = peer.line.patience, 0.0  # the half is started again only when she has given up
    with evening.killed("after-commit.answer:take"):
        back.do(peer.take, ask.box)
    peer.line.patience = patience
    assert back.do(peer.take, ask.box)  # again: the phone was not told, and the lease is hers
    expect(page.locator("main > section#letters")).to_be_visible(timeout=SOON)
    with evening.killed("before-commit.answer:letter"):
        page.locator("#text").fill(THEIRS)
        page.locator("#write [type=submit]").click()
    back.do(peer.write, ask.box, OURS)
    expect(page.locator("#bubbles li")).to_have_count(2, timeout=SOON)
    expect(page.locator("#bubbles .me small")).to_have_text("sent", timeout=SOON)
    assert back.do(peer.read, ask.box) == [THEIRS]
    with evening.killed("after-commit.answer:close"):
        walk.press(page, "close")
    walk.showing(page, "ended")


def test_whatever_step_the_half_dies_in_there_is_a_number_on_the_screen_and_a_human_in_the_end(tmp_path: Path) -> None:
    evening = played(tmp_path)
    assert evening.found == []
    assert evening.deaths == 5


def test_a_page_that_hides_its_numbers_when_something_fails_is_caught(tmp_path: Path, caught: Caught) -> None:
    """So that nobody calls by mistake while it is being sent."""

    def hidden(page: Page) -> None:
        def styled(route: Route) -> None:
            answer = route.fetch()
            route.fulfill(response=answer, body=answer.text() + "\n[data-view=unsent] [href^='tel:'] { display: none !important; }")

        page.route("**/*.css*", styled)

    found = played(tmp_path, hidden, only=1).found
    caught("P15", "no number while an ask can't be sent", next(iter(found), ""))
    assert found == ["before-commit.ask:ask: no number stands on the screen"]
