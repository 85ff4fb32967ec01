"""Every page and state, three sizes, dark and light, four languages, in a folder with an index: `make contact-sheet`.

The care pages come from the shelf alone. A talk, the peers' and the hospital's pages and the night are taken by `screens.py`, in
English.
"""

import html
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from playwright.sync_api import Browser, Page, sync_playwright

from aftercall.locale import LANGUAGES
from tests.browser import test_check, walk
from tests.browser.shelf import shelf
from tests.browser.visitor import SCHEMES, Scheme, chromium

SIZES = ((360, 640), (412, 915), (1280, 800))
SHEET = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Contact sheet</title>
<style>body { font: 1rem/1.5 system-ui; margin: 1rem } figure { display: inline-block; margin: .5rem; vertical-align: top }
img { max-inline-size: 18rem; max-block-size: 30rem; border: 1px solid #888 } figcaption { font-size: .8rem }</style>
<h1>Contact sheet</h1>
"""


def states(page: Page, care: str, language: str) -> Iterator[str]:
    """Through all that needs no talk; each name once it stands."""

    def opened(path: str) -> None:
        page.goto(f"{care}{path}?lang={language}")
        page.locator("html[data-live]").wait_for()

    opened("/")
    yield "home"
    walk.press(page, "minute")
    yield "minute"
    page.locator("[data-min='5']").click()
    yield "minute-runs"
    page.clock.run_for(301_000)
    yield "minute-over"
    walk.press(page, "minute")
    page.locator("[data-silence]").click()
    yield "silence"
    page.clock.run_for(51_000)
    yield "silence-over"
    opened("/")
    walk.press(page, "now")
    yield "now"
    opened("/")
    walk.press(page, "talk")
    yield "four-words"
    yield from _reading(page, opened)


def _reading(page: Page, opened: Callable[[str], None]) -> Iterator[str]:
    opened("/five")
    yield "five"
    page.locator("#start").click()
    page.locator("#next").click()
    yield "five-runs"
    page.locator("#stop").click()
    page.locator("[name=held][value=yes]").check()
    page.locator("#things").fill("x Amina")
    page.locator("#after [type=submit]").click()
    yield "five-a-person"
    page.locator("#things").fill("2 x O2")
    page.locator("#after [type=submit]").click()
    yield "five-note"
    opened("/days")
    yield "days"
    page.locator("#day").fill("2020-01-01")
    page.locator("#keep").click()
    yield "days-asked"
    opened("/check")
    for state in test_check.states(page, test_check.inside(page)):
        yield f"check-{state.replace(' ', '-').rstrip('?')}"
    opened("/friend")
    yield "friend"
    opened("/home")
    yield "at-home"
    page.emulate_media(media="print")
    yield "at-home-printed"
    page.emulate_media(media="screen")
    page.locator("#leave").click()
    page.wait_for_url("**/phone/blank.html")
    yield "left"


def shoot(browser: Browser, care: str, folder: Path, language: str, scheme: Scheme, size: tuple[int, int]) -> list[str]:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, reduced_motion="reduce", service_workers="block"
    )
    page = context.new_page()
    page.clock.install()
    names = []
    for n, state in enumerate(states(page, care, language)):
        name = f"{size[0]}-{scheme}-{language}-{n:02}-{state}.png"
        framed = state.startswith("check-")  # a frame of its own process is left out of a picture that is longer than the screen
        page.screenshot(path=folder / name, full_page=not framed, animations="disabled")
        names.append(name)
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > size[0]:
            print(f"{name}: {wide} px wide")
    context.close()
    return names


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    taken: list[str] = []
    with sync_playwright() as playwright, shelf() as care:
        browser = chromium(playwright)
        for size in SIZES:
            for scheme in SCHEMES:
                for language in LANGUAGES:
                    taken += shoot(browser, care, folder, language, scheme, size)
        browser.close()
    taken += sorted(path.name for path in folder.glob("*.png") if path.name not in set(taken))  # what screens.py took
    figures = (
        f'<figure><a href="{n}"><img src="{n}" alt="" loading="lazy"></a><figcaption>{html.escape(n[:-4])}</figcaption></figure>'
        for n in taken
    )
    (folder / "index.html").write_text(SHEET + "\n".join(figures), "utf-8")
    print(f"{len(taken)} pictures: {folder / 'index.html'}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
