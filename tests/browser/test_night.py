"""A night in the ED in a real browser, through the stage: pressed as a visitor presses, read as a visitor reads."""

import re
from collections.abc import Iterator

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import FrameLocator, Page, expect, sync_playwright

from tests.browser.visitor import SCHEMES, Watch, chromium, demo

SOON = 15_000  # milliseconds
OURS, THEIRS = "I'm here. I have the whole hour.", "He was nineteen."
TALK = {"box", "msg", "page_copy", "ring"}
TEST_RING = re.compile("this is a test|hili ni jaribio")
BY_ITSELF = "ear"  # when a feed last spoke: written each minute, whatever else happens


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with demo(tmp_path_factory.mktemp("night")) as url:
        yield url


@pytest.fixture(scope="module")
def page(address: str) -> Iterator[Page]:
    """The stage, with nine colleagues on duty."""
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(address)
        expect(page.locator("#tell")).to_be_enabled(timeout=60_000)
        yield page
        browser.close()


def phone(page: Page, key: str) -> FrameLocator:
    """The page within a handset. A peer's stands within the stage's helping hand."""
    outer = page.frame_locator(f"[data-phone={key}] iframe")
    return outer.frame_locator("iframe") if key in ("grace", "peter") else outer


def empties(page: Page, half: str) -> set[str]:
    return {text.split()[0] for text in page.locator(f"#{half} .empties li").all_inner_texts()}


def holds(page: Page, half: str) -> dict[str, list[str]]:
    """Every row a visitor sees in one half's table."""
    rows = page.locator(f"#{half} .table").evaluate_all(
        "all => all.map(t => [t.dataset.table, [...t.querySelectorAll('tbody tr:not(.gone)')].map(r => r.innerText)])"
    )
    return {name: sorted(texts) for name, texts in rows if texts and name != BY_ITSELF}


def ring_somebody(page: Page) -> str:
    """Move the clock by hand until one of the two live phones rings. Nothing is rigged: it may take no press, or two."""
    ringing, none_will = page.locator(".handset.rings"), page.locator("[data-by='300'].next")
    expect(ringing.or_(none_will).first).to_be_visible(timeout=SOON)
    for _ in range(2):
        if ringing.count():
            break
        said = page.locator("#say").text_content() or ""
        page.locator("[data-by='300']").click()
        expect(page.locator("#say")).not_to_have_text(said, timeout=SOON)  # it names everybody who is rung
    key = ringing.first.get_attribute("data-phone") or ""
    if (fold := page.locator(f"[data-phone={key}] .fold")).is_visible():
        fold.click()
    return key


def looked_again(page: Page) -> None:
    """The stage has asked both halves for their rows three times more."""
    for _ in range(3):
        with page.expect_response("**/stage/now"):
            pass


def send(frame: FrameLocator, letter: str) -> None:
    """By the keyboard; test_pages.py presses the button."""
    frame.locator("#text").fill(letter)
    frame.locator("#text").press("Control+Enter")
    expect(frame.locator("#bubbles .me p").last).to_have_text(letter, timeout=SOON)


def test_a_phone_takes_keyboard_and_eye_from_no_other(page: Page) -> None:
    """Else what is typed on Grace's phone is lost as soon as another shows something new, and a press lands beside its button."""
    grace, peter = (phone(page, key) for key in ("grace", "peter"))
    hers = grace.locator("#duty [data-go=lock]")
    hers.focus()
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(grace.locator("#duty-h")).not_to_be_in_viewport()
    peter.locator("#duty-h").evaluate("heading => heading.focus()")
    grace.locator("#duty-h").evaluate("heading => heading.scrollIntoView({ block: 'nearest' })")
    expect(hers).to_be_focused()
    grace.locator("#duty-h").evaluate("heading => heading.focus({ preventScroll: true })")
    expect(grace.locator("#duty-h")).to_be_focused()
    looked_again(page)  # the page's own height may change meanwhile; the phones must stay out of sight
    expect(grace.locator("#duty-h")).not_to_be_in_viewport()
    page.evaluate("scrollTo(0, 0)")
    expect(grace.locator("#duty-h")).to_be_in_viewport()


def test_a_night_in_the_ed(page: Page) -> None:
    watch = Watch(page, ("127.0.0.1",))
    assert empties(page, "outside") >= TALK
    assert {"notice", "event", "attendance", "told"} <= empties(page, "inside")

    page.locator("#tell").click()
    texts = {}
    for key in ("juma", "amina"):
        note = page.locator(f"[data-phone={key}] .notes p")
        expect(note).to_have_count(1, timeout=SOON)
        texts[key] = note.inner_text()
    assert texts["juma"] == texts["amina"]
    for word in ("died", "death", "Resus", "Brian", "Kiprono", "Amina", "Juma"):
        assert word.lower() not in texts["amina"].lower()
    expect(page.locator("#wire")).to_contain_text("PID-30")
    expect(page.locator("#wire .times")).to_contain_text("ms")
    assert {"Brian", "Kiprono"} & set(str(holds(page, "inside")).replace("^", " ").split()) == set()
    expect(page.locator("#inside [data-table=told] tbody tr")).to_have_count(5, timeout=SOON)
    expect(page.locator("#inside [data-table=attendance] tbody tr", has_text="07:00")).to_have_count(
        5, timeout=SOON
    )  # marked as sent
    expect(page.locator("#inside .empties li", has_text="outbox")).to_be_visible(timeout=SOON)
    expect(page.locator("#inside [data-table=prompt] tbody tr:not(.gone)", has_text="done")).to_have_count(1, timeout=2 * SOON)
    before = holds(page, "inside")
    assert {"notice", "event", "attendance", "told"} <= set(before)

    page.locator("[data-phone=amina] .notes button").click()
    amina = phone(page, "amina")
    amina.locator("#home [data-go=minute]").click()
    amina.locator("[data-min='1']").click()
    expect(amina.locator("#left")).to_be_visible()
    page.locator("[data-by='60']").click()
    expect(amina.locator("#minute-end")).to_be_visible(timeout=SOON)
    amina.locator("#minute-end [data-go=talk]").click()
    amina.locator("[name=phone][value=own]").check()
    amina.locator("#ask [type=submit]").click()
    expect(amina.locator("#wait-who")).to_contain_text("We are ringing", timeout=SOON)
    expect(page.locator("#outside [data-table=page_copy] tbody tr")).to_have_count(9, timeout=SOON)

    peer = phone(page, ring_somebody(page))
    peer.locator("#pages .go.main").click()
    send(peer, OURS)
    expect(amina.locator("#bubbles li p")).to_have_text([OURS], timeout=SOON)
    send(amina, THEIRS)
    expect(peer.locator("#bubbles li p")).to_have_text([OURS, THEIRS], timeout=SOON)
    assert amina.locator("#six").text_content() == peer.locator("#six").text_content() != ""
    seen = str(holds(page, "outside")) + str(holds(page, "inside"))
    assert OURS not in seen
    assert THEIRS not in seen

    amina.locator("#letters [data-go=close]").click()
    expect(page.locator("#say")).to_contain_text("Nothing remains", timeout=SOON)
    looked_again(page)
    assert empties(page, "outside") >= TALK
    assert holds(page, "inside") == before, "the hospital learnt that somebody asked"
    assert watch.wrong == []


def test_a_day_later_the_same_words_wait_for_the_morning(page: Page) -> None:
    page.locator("[data-by='86400']").click()
    expect(page.locator("#say")).to_contain_text("quiet hours", timeout=SOON)
    assert page.locator("[data-phone=juma] .notes li").count() == 1
    page.locator("#morning").click()
    for key in ("juma", "amina"):
        expect(page.locator(f"[data-phone={key}] .notes p")).to_have_count(2, timeout=SOON)


def test_the_stage_itself_can_be_read_by_everyone(page: Page) -> None:
    for scheme in SCHEMES:
        for width in (360, 1280):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.set_viewport_size({"width": width, "height": 800})
            expect(page.locator("tr.gone")).to_have_count(0, timeout=15_000)  # rows that fade away are on their way out
            result = Axe().run(page, options={"resultTypes": ["violations"], "iframes": False})
            assert result.violations_count == 0, f"{scheme} {width}: {result.generate_report()}"
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_starting_over_leaves_nothing_of_the_night(page: Page) -> None:
    page.locator("#over").click()
    expect(page.locator("#tell")).to_be_enabled(timeout=60_000)
    assert {"notice", "event", "attendance", "told"} <= empties(page, "inside")
    assert empties(page, "outside") >= TALK
    old = page.locator(".notes li").filter(has_not_text=TEST_RING)  # the new night's duties begin with a ring of their own
    assert old.evaluate_all("all => all.map(one => one.outerHTML)") == []
    expect(page.locator("#message-about")).to_be_visible()


def test_the_stage_listens_to_nobody_else(address: str) -> None:
    assert httpx.post(f"{address}stage/over", headers={"Origin": "http://evil.example"}, trust_env=False).status_code == 403
    assert httpx.post(f"{address}stage/over", trust_env=False).status_code == 403
    assert httpx.get(f"{address}stage/now", headers={"Host": "evil.example"}, trust_env=False).status_code == 403
    odd = httpx.post(f"{address}stage/clock", json={"by": -1}, headers={"Origin": address.rstrip("/")}, trust_env=False)
    assert odd.status_code == 400
