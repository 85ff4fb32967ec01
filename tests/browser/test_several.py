"""A talk for several on real pages: a facilitator and three who come, each letter once and under its name, reloads, and an end."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import walk
from tests.browser.test_duty_page import look, press
from tests.browser.test_pages import PHONE
from tests.browser.visitor import Backstage, Watch, backstage


@pytest.fixture(scope="module")
def back(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backstage]:
    with backstage(tmp_path_factory.mktemp("halves")) as this:
        yield this


def comes(browser: Browser, back: Backstage, pid: str, words: str, name: str) -> tuple[Page, Watch]:
    page = browser.new_context(viewport=PHONE).new_page()  # type: ignore[arg-type]
    watch = Watch(page, (back.troupe.outside_url.partition("//")[2],))
    walk.joins(page, back, pid, words, name)
    return page, watch


def says(page: Page, words: str, where: str = "") -> None:
    page.locator("#sv-text" if where else "#text").fill(words)
    page.locator("#sv-write [type=submit]" if where else "#write [type=submit]").click()


def said(page: Page, where: str = "bubbles") -> list[str]:
    """Each bubble as it is read: whose it is, and the words."""
    return [" ".join(text.split()) for text in page.locator(f"#{where} li").all_inner_texts()]


def test_group_debrief(browser: Browser, back: Backstage) -> None:
    host = browser.new_context(viewport=PHONE).new_page()  # type: ignore[arg-type]
    watches = [Watch(host, (back.troupe.outside_url.partition("//")[2],))]
    pid = walk.unlocked(host, back)
    walk.press(host, "wasnot")
    host.locator("[data-hours='8']").click()
    expect(host.locator("#duty-on")).to_be_visible()
    walk.press(host, "several")
    walk.showing(host, "several")
    look(host)
    press(host, "[data-go=sv-begin]")
    words = host.locator("#sv-words")
    expect(words).to_be_visible()
    spoken = words.inner_text()
    look(host)

    pages = []
    for name in ("Amina", "Juma", ""):
        page, watch = comes(browser, back, pid, spoken.upper(), name)
        pages.append(page)
        watches.append(watch)
    amina, juma, drawn = pages
    expect(host.locator("#sv-who li")).to_have_count(3)
    third = host.locator("#sv-who li b").last.inner_text()
    assert third not in ("", "Amina", "Juma")
    for page in pages:
        expect(page.locator("#letters-how")).to_contain_text("Amina, Juma, and " + third)

    says(host, "Welcome. Nobody has to write.", "sv")
    for page in pages:
        expect(page.locator("#bubbles li")).to_have_text(["WairimuWelcome. Nobody has to write."])
    says(amina, "I keep hearing the monitor.")
    for page in (juma, drawn):
        expect(page.locator("#bubbles li").last).to_have_text("AminaI keep hearing the monitor.")
    says(juma, "Me too.")
    for page in (amina, drawn):
        expect(page.locator("#bubbles li").last).to_have_text("JumaMe too.")
    expect(host.locator("#sv-bubbles li")).to_have_count(3)
    for page in (host, amina):
        look(page)

    # out for a moment, and back
    walk.press(juma, "aside")
    expect(amina.locator("#letters-how")).to_contain_text("Out for a moment: Juma.")
    expect(host.locator("#sv-who")).to_contain_text("is out for a moment")
    walk.press(juma, "aside")
    expect(amina.locator("#letters-how")).not_to_contain_text("Out for a moment")

    # the facilitator's page is locked, and reloads: it stands still, and goes on as it was
    walk.press(host, "duty")
    walk.showing(host, "duty")
    expect(host.locator("#to-several")).to_be_visible()
    look(host)
    walk.press(host, "lock")
    walk.showing(host, "locked")
    assert "monitor" not in host.content()
    assert spoken not in host.content()
    host.reload()
    walk.showing(host, "locked")
    says(amina, "Are you there?")
    host.locator("#u-phrase").fill(walk.PHRASE)
    host.locator("#unlock-form [type=submit]").click()
    walk.showing(host, "several")
    expect(host.locator("#sv-bubbles li").last).to_have_text("AminaAre you there?")
    expect(juma.locator("#bubbles li").last).to_have_text("AminaAre you there?")
    says(host, "Here I am.", "sv")
    heard = ["Wairimu Welcome. Nobody has to write.", "Amina I keep hearing the monitor.", "Juma Me too.", "Amina Are you there?"]
    expect(drawn.locator("#bubbles li")).to_have_count(5)
    assert said(drawn) == [*heard, "Wairimu Here I am."]

    # a participant's phone reloads
    drawn.reload()
    expect(drawn.locator("#letters-h")).to_contain_text("through Wairimu")
    assert said(drawn) == [*heard, "Wairimu Here I am."]

    # one leaves, one is let go, and then it is over for all
    walk.press(juma, "close")
    walk.showing(juma, "ended")
    expect(host.locator("#sv-who li")).to_have_count(2)
    expect(amina.locator("#letters-how")).not_to_contain_text("Juma")
    host.get_by_role("button", name=f"Let go: {third}").click()
    walk.showing(drawn, "ended")
    says(host, "Go slowly.", "sv")
    expect(amina.locator("#bubbles li").last).to_have_text("WairimuGo slowly.")
    walk.press(host, "sv-end")
    walk.showing(host, "after")
    walk.showing(amina, "ended")
    for page in (host, amina, drawn):
        assert "monitor" not in page.content()
    assert [watch.wrong for watch in watches] == [[]] * 4
    for page in (host, *pages):
        page.context.close()


def test_wrong_words_open_nothing_and_others_are_rung(browser: Browser, back: Backstage) -> None:
    host = browser.new_context(viewport=PHONE).new_page()  # type: ignore[arg-type]
    pid = walk.unlocked(host, back)
    walk.press(host, "wasnot")
    host.locator("[data-hours='8']").click()
    walk.press(host, "several")
    walk.press(host, "sv-begin")
    expect(host.locator("#sv-words")).to_be_visible()
    page = browser.new_context(viewport=PHONE).new_page()  # type: ignore[arg-type]
    walk.knocks(page, back, pid, "lusab babad", "Amina")
    expect(page.locator("#wait-several")).to_be_visible()
    look(page)
    expect(host.locator("#sv-wrong")).to_contain_text("1")
    expect(host.locator("#sv-who li")).to_have_count(0)
    peer, ask = walk.rung(back)
    assert back.do(peer.take, ask.box)
    walk.showing(page, "letters")
    expect(page.locator("#aside")).to_be_hidden()
    walk.press(page, "close")
    walk.press(host, "sv-end")
    for one in (host, page):
        one.context.close()
