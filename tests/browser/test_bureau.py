"""The care coordinator's desk in a real browser with a real passkey: the whole way, readable in each state, calling nobody."""

from itertools import cycle
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser import walk_bureau
from tests.browser.bureau import bureau
from tests.browser.test_ward import WIDTHS, unreadable
from tests.browser.visitor import SCHEMES, Watch, chromium

MOST = 60_000  # bytes of a page
THERE = (
    "shut",
    "enrol",
    "settings",
    "people",
)  # templates of both desks, which test_ward.py looks at; and states that differ by a line
ALIKE = ("dialled", "certified", "rung", "taken-out", "needed")


def test_from_the_first_link_to_a_peer_in_and_out_and_somebody_who_waits(tmp_path: Path) -> None:
    """The states by turns dark on a phone and light on a wide screen: it is the hospital's style sheet, seen in both over there."""
    found = list[str]()
    with bureau(tmp_path) as here, sync_playwright() as playwright:
        browser = chromium(playwright)
        page = browser.new_page(viewport={"width": 360, "height": 640}, reduced_motion="reduce", locale="en")
        watch = Watch(page, (here.url.partition("//")[2],))
        for state, scheme in zip(walk_bureau.coordinating(page, here), cycle(SCHEMES), strict=False):
            if state in THERE + ALIKE:
                continue
            page.emulate_media(color_scheme=scheme)
            found += unreadable(page, state, WIDTHS[scheme])
            if (size := len(page.content().encode())) > MOST:
                found.append(f"{state}: {size} bytes")
        browser.close()
    assert not found, "\n".join(found)
    assert watch.wrong == []
