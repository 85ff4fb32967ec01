"""One colleague and three who ask, on a real page: each talk keeps to itself, a knock covers nothing, a reload loses nothing."""

import re
from collections.abc import Iterator

import pytest
from aftercall_stage.phones import Asker
from aftercall_stage.troupe import until
from playwright.sync_api import Browser, Page, expect

from tests.browser import walk
from tests.browser.test_duty_page import look, press
from tests.browser.test_pages import PHONE
from tests.browser.visitor import Backstage, Watch, backstage

KEPT = """() => new Promise((done) => {
    const ask = indexedDB.open('ac1-peer', 1);
    ask.onsuccess = () => {
        const row = ask.result.transaction('kept').objectStore('kept').get('talk.open');
        row.onsuccess = () => { ask.result.close(); done(String(row.result?.iv)); };
    };
})"""


@pytest.fixture(scope="module")
def back(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backstage]:
    with backstage(tmp_path_factory.mktemp("halves")) as this:
        yield this


def asks(back: Backstage, pid: str, everyone: bool = False) -> Asker:
    asker = Asker(back.troupe.client, back.troupe.code, back.troupe.now)
    back.do(asker.ask, wish=pid, everyone=everyone)
    return asker


async def climbed(back: Backstage, wave: int) -> bool:
    boxes = (await back.troupe.control("outside").ask({"do": "rows"}))["tables"]["box"]
    return bool(max(row[boxes["columns"].index("wave")] for row in boxes["rows"]) >= wave)


def writes(page: Page, letter: str) -> None:
    page.locator("#text").fill(letter)
    page.locator("#text").press("Control+Enter")
    expect(page.locator("#bubbles .me p").last).to_have_text(letter)
    expect(page.locator("#bubbles .me small").last).to_have_text("sent")


def letters(page: Page) -> list[str]:
    return page.locator("#bubbles li p").all_inner_texts()


def test_three_at_once(browser: Browser, back: Backstage) -> None:
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    watch = Watch(page, (back.troupe.outside_url.partition("//")[2],))
    head, strip, text = page.locator("#letters-h"), page.locator("#strip button"), page.locator("#text")
    pid = walk.unlocked(page, back)
    walk.press(page, "wasnot")
    page.locator("[data-hours='8']").click()
    expect(page.locator("#duty-on")).to_be_visible()

    first = asks(back, pid)
    walk.showing(page, "ringing")
    page.locator("#pages .go.main").first.click()
    expect(head).to_contain_text("1 · ")
    writes(page, "I am with you.")
    expect(page.locator("#strip")).to_be_hidden()
    back.do(first.read)

    # another knocks: what is being written stays, in sight and in place
    before = page.evaluate(KEPT)
    text.fill("Take your ti")
    page.wait_for_function(f"async (before) => await ({KEPT})() !== before", arg=before)
    second = asks(back, pid)
    expect(page.locator("#knock-who")).to_have_text("A colleague is waiting.")
    walk.showing(page, "letters")
    expect(text).to_have_value("Take your ti")
    expect(text).to_be_focused()
    look(page)
    press(page, "[data-go=knock-take]")
    expect(head).to_contain_text("2 · ")
    expect(page.locator("#knock")).to_be_hidden()
    expect(text).to_have_value("")
    expect(strip).to_have_count(2)
    page.locator("[data-promise='10']").click()
    expect(page.locator("#lease")).to_contain_text("I'll be with you at ")
    expect(page.locator("#bubbles .me small").last).to_have_text("sent")
    expect(strip.nth(1).locator("small")).to_contain_text("→ ")
    (said,) = back.do(second.read)
    assert re.fullmatch("I'll be with you at \\d\\d:\\d\\d\\. Write whenever you like: it waits for me\\.\u2063", said)
    writes(page, "I am here for you, too.")
    back.do(second.read)
    expect(page.locator("#lease")).to_have_text("You have met. No clock runs now.")

    # the first one writes meanwhile; switched to by the keyboard
    back.do(first.write, "Are you there?")
    expect(strip.first.locator("i")).to_have_text("1")
    expect(strip.first).to_have_attribute("aria-label", re.compile(r"^Talk 1\. New letters: 1\. \d+ min$"))
    assert "Are you there?" not in letters(page)
    look(page)
    press(page, "#strip button:first-child")
    expect(head).to_contain_text("1 · ")
    expect(page.locator("#bubbles li p")).to_have_text(["I am with you.", "Are you there?"])
    expect(strip.first.locator("i")).to_be_empty()
    expect(text).to_have_value("Take your ti")

    # a reload, and the server gone and back: all as it was
    page.reload()
    back.troupe.kill("outside")
    back.do(back.troupe.restart, "outside")
    walk.showing(page, "locked")
    page.locator("#u-phrase").fill(walk.PHRASE)
    page.locator("#unlock-form [type=submit]").click()
    expect(head).to_contain_text("1 · ")
    expect(strip).to_have_count(2)
    expect(text).to_have_value("Take your ti")
    writes(page, "Take your time.")
    assert letters(page) == ["I am with you.", "Are you there?", "Take your time."]

    # a third may come; a fourth once all were rung and nobody came, or who would rather not wait
    third = asks(back, pid)
    expect(page.locator("#knock-who")).to_have_text("A colleague is waiting.")
    press(page, "[data-go=knock-take]")
    expect(head).to_contain_text("3 · ")
    expect(strip.nth(2)).to_have_attribute("aria-label", f"Talk 3. {page.locator('#lease').inner_text()}")
    writes(page, "Here.")
    back.do(third.read)
    back.do(third.read)
    fourth = asks(back, pid)
    for wave in (2, 3):  # until all are rung: nobody with three is, before
        back.do(back.troupe.move, 300)
        back.do(until, lambda wave=wave: climbed(back, wave), f"wave {wave}")
    expect(page.locator("#knock-turn")).to_contain_text("You are with 3. Take them only if you can write to each in turn.")
    expect(page.locator("#knock-take")).to_be_visible()
    expect(page.locator("#when-say")).to_contain_text("greet the next")
    look(page)
    press(page, "[data-go=knock-pass]")
    expect(page.locator("#knock")).to_be_hidden()
    back.do(fourth.close)
    fifth = asks(back, pid, everyone=True)
    expect(page.locator("#knock-how")).to_contain_text("would rather not wait")
    press(page, "[data-go=knock-take]")
    expect(head).to_contain_text("4 · ")
    expect(strip).to_have_count(4)
    look(page)

    # what is given back, or ended, takes nothing of the others, and none of them comes under a second tap
    walk.press(page, "giveback")
    expect(head).to_have_text("4 · This one is over, or went on to someone else. Thank you.")
    expect(page.locator("#one")).to_be_hidden()
    look(page)
    back.do(fifth.close)
    back.do(third.close)
    expect(strip).to_have_count(2)
    expect(page.locator("#thanks")).to_have_text("3 · This one is over, or went on to someone else. Thank you.")
    strip.first.click()
    walk.press(page, "close")
    expect(head).to_have_text("1 · The talk has ended.")
    press(page, "#strip button:first-child")
    expect(head).to_contain_text("2 · ")
    assert letters(page) == [said, "I am here for you, too."]
    expect(page.locator("#strip")).to_be_hidden()
    walk.press(page, "close")
    walk.showing(page, "after")
    expect(page.locator("#letters-h")).to_be_empty()
    assert watch.wrong == []
    context.close()


def test_whoever_was_told_when_is_not_left_waiting_after_that(browser: Browser, back: Backstage) -> None:
    page = browser.new_page(viewport=PHONE)  # type: ignore[arg-type]
    page.clock.install(time=back.troupe.now())
    page.goto(f"{back.troupe.outside_url}/#{back.troupe.code}")
    walk.press(page, "talk")
    expect(page.locator("#ask")).to_be_visible()
    walk.send(page)
    walk.showing(page, "wait")
    peer, ask = walk.rung(back)
    assert back.do(peer.take, ask.box)
    walk.showing(page, "letters")
    back.do(peer.write, ask.box, "Nitakuwa nawe saa 02:10.\u2063")
    how, late = page.locator("#letters-how"), page.locator("#late")
    expect(how).to_contain_text("will be with you at ")
    expect(page.locator("#bubbles li p")).to_contain_text(["I'll be with you at "])  # in the asker's own language
    expect(late).to_be_hidden()
    page.clock.fast_forward("10:30")
    expect(late).to_be_visible()
    look(page)
    back.do(peer.write, ask.box, "Here I am.")
    expect(late).to_be_hidden()
    expect(how).to_contain_text("is with you.")
    back.do(peer.write, ask.box, "Again: at 02:30.\u2063\u2063")
    expect(how).to_contain_text("will be with you at ")
    page.clock.fast_forward("20:30")
    late.locator("[data-go=another]").click()
    expect(page.locator("#ask")).to_be_visible()
    page.close()
