"""There and back by the hospital's own sign-in in a real browser, for which that is another site, with all that this forbids."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect, sync_playwright

from aftercall.words import Sealed
from tests.browser.test_pages import STRICT
from tests.browser.visitor import SCHEMES, Watch, chromium
from tests.browser.ward import House, house
from tests.signin.idp import NAME, SECRET, Idp, running
from tests.world import HandClock

SOON = 15_000


@pytest.fixture
def idp(tmp_path: Path) -> Iterator[Idp]:
    with running(tmp_path, "", HandClock().now) as idp:
        yield idp


@pytest.fixture
def here(tmp_path: Path, idp: Idp) -> Iterator[House]:
    with house(
        tmp_path, oidc_issuer=idp.issuer, oidc_client=NAME, oidc_secret=Sealed(SECRET), oidc_trust=str(tmp_path / "ca.pem"),
        oidc_coordinator=["care-coordinators"], oidc_person="employee", oidc_authority="KMPDC",
    ) as here:  # fmt: skip
        idp.back = f"{here.url}/oidc"
        yield here


def looked_at(page: Page) -> None:
    """The page as it stands can be read by everyone, on a narrow phone and a wide screen."""
    for width, scheme in zip((320, 1280), SCHEMES, strict=True):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert [found["id"] for found in Axe().run(page, options=STRICT).response["violations"]] == []


def at_the_sign_in(page: Page, who: str) -> None:
    expect(page.locator("h1")).to_have_text("Staff sign-in", timeout=SOON)
    page.get_by_role("button", name=who).click()


def test_an_account_opens_the_desk_and_ones_own_page_and_the_wrong_one_nothing(here: House, idp: Idp) -> None:
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        page = browser.new_context(ignore_https_errors=True, locale="en", reduced_motion="reduce").new_page()
        watch, visited = Watch(page, ("localhost", "127.0.0.1")), list[str]()
        page.on("framenavigated", lambda frame: visited.append(frame.url))

        page.goto(f"{here.url}/desk")
        page.get_by_role("link", name="Sign in with the hospital's account").click()
        at_the_sign_in(page, "njeri")
        expect(page.get_by_role("button", name="Sign out")).to_be_visible(timeout=SOON)
        assert page.url == f"{here.url}/desk?lang=en"
        led_back = next(url for url in visited if url.startswith(f"{here.url}/oidc?"))

        page.goto(led_back)  # again
        expect(page.get_by_role("alert")).to_contain_text("Begin again, here.", timeout=SOON)
        looked_at(page)
        page.get_by_role("link", name="Back").click()
        expect(page.get_by_role("button", name="Sign out")).to_be_visible(timeout=SOON)  # still seated: nothing changed

        page.goto(f"{here.url}/mine")
        looked_at(page)
        page.get_by_role("link", name="Open it with the hospital's account").click()  # signed in there as Njeri, who is not staff
        expect(page.get_by_role("alert")).to_contain_text("that account opens nothing here", timeout=SOON)
        idp.seated.clear()
        page.goto(f"{here.url}/mine/oidc?lang=fr")
        at_the_sign_in(page, "amina")
        expect(page.get_by_text("Amina Yusuf").first).to_be_visible(timeout=SOON)
        assert page.url == f"{here.url}/mine?lang=fr"
        assert watch.wrong == []
        browser.close()
