"""Take a picture of every page in every state, small and large, dark and light: `python tests/browser/screens.py FOLDER`."""

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser import walk, walk_bureau, walk_ward
from tests.browser.bureau import bureau
from tests.browser.test_night import phone, ring_somebody
from tests.browser.visitor import SCHEMES, Backstage, Scheme, backstage, chromium, demo
from tests.browser.ward import house

SIZES = ((360, 640), (1280, 800))


def shoot(page: Page, path: Path) -> None:
    page.wait_for_timeout(500)
    page.screenshot(path=path)
    page.screenshot(path=path.with_stem(path.stem + "-whole"), full_page=True)


def pages(browser: Browser, folder: Path, scheme: Scheme, size: tuple[int, int]) -> None:
    ways: dict[str, Callable[[Page, Backstage], Iterator[str]]] = {"care": walk.asking, "peer": walk.answering}
    with tempfile.TemporaryDirectory() as files, backstage(Path(files)) as back:
        for name, way in ways.items():
            context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
            page = context.new_page()
            for n, state in enumerate(way(page, back)):
                shoot(page, folder / f"{name}-{size[0]}-{scheme}-{n:02}-{state}.png")
            context.close()


def wards(browser: Browser, folder: Path, scheme: Scheme, size: tuple[int, int]) -> None:
    """The hospital's own pages."""
    ways = {"unit": walk_ward.telling, "word": walk_ward.wording, "desk": walk_ward.deciding, "mine": walk_ward.holding}
    for name, way in ways.items():
        with tempfile.TemporaryDirectory() as files, house(Path(files)) as here:
            context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, locale="en")
            page = context.new_page()
            for n, state in enumerate(way(page, here)):
                shoot(page, folder / f"{name}-{size[0]}-{scheme}-{n:02}-{state}.png")
            context.close()


def bureaus(browser: Browser, folder: Path, scheme: Scheme, size: tuple[int, int]) -> None:
    """The desk of the care half."""
    with tempfile.TemporaryDirectory() as files, bureau(Path(files)) as here:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, locale="en")
        page = context.new_page()
        for n, state in enumerate(walk_bureau.coordinating(page, here)):
            shoot(page, folder / f"bureau-{size[0]}-{scheme}-{n:02}-{state}.png")
        context.close()


def night(browser: Browser, folder: Path, scheme: Scheme, size: tuple[int, int]) -> None:
    def shot(name: str) -> None:
        shoot(page, folder / f"night-{size[0]}-{scheme}-{name}.png")

    with tempfile.TemporaryDirectory() as files, demo(Path(files)) as address:
        page = browser.new_page(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
        page.goto(address)
        page.wait_for_timeout(2500)
        shot("0-helping-hand")
        expect(page.locator("#tell")).to_be_enabled(timeout=60_000)
        shot("1-quiet")
        page.locator("#tell").click()
        expect(page.locator("[data-phone=amina] .notes li")).to_have_count(1, timeout=15_000)
        page.wait_for_timeout(1000)
        shot("2-message")
        page.locator("[data-phone=amina] .notes button").click()
        amina = phone(page, "amina")
        amina.locator("#home [data-go=talk]").click()
        amina.locator("[name=phone][value=own]").check()
        shot("3-ask")
        amina.locator("#ask [type=submit]").click()
        page.wait_for_timeout(1500)
        shot("4-asked")
        peer = phone(page, ring_somebody(page))
        shot("5-ringing")
        peer.locator("#pages .go.main").click()
        peer.locator("#text").fill("I'm here. I have the whole hour.")
        peer.locator("#write [type=submit]").click()
        amina.locator("#text").fill("He was nineteen.")
        amina.locator("#write [type=submit]").click()
        page.wait_for_timeout(2500)
        shot("6-talk")
        amina.locator("#letters [data-go=close]").click()
        page.wait_for_timeout(4000)
        shot("7-nothing-remains")
        page.close()


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        for scheme in SCHEMES:
            for size in SIZES:
                wards(browser, folder, scheme, size)
                bureaus(browser, folder, scheme, size)
                pages(browser, folder, scheme, size)
                night(browser, folder, scheme, size)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
