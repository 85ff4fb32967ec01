"""The pages that are there to be read: plain, on one sheet of paper, without scripts, telling nothing over a shoulder."""

import re
from datetime import date, timedelta
from html.parser import HTMLParser
from threading import Event
from urllib.parse import unquote

import httpx
import pytest
from fastapi import Request, Response
from icalendar import Calendar
from playwright.sync_api import Browser, expect

from aftercall.locale import LANGUAGES, speak
from aftercall.outside.doors.shelf import CARE
from aftercall.phone.notes import NOTES
from tests.browser import walk
from tests.browser.shelf import server
from tests.reading import grade, syllables

PHONE = {"width": 360, "height": 640}
SOON = 20  # s


class Read(HTMLParser):
    """What is said in whole sentences in <main>: paragraphs and items of lists, not headings and buttons, which are short."""

    def __init__(self) -> None:
        super().__init__()
        self.open, self.said = list[str](), list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("main", "p", "li", "nav", "h1", "h2", "h3", "button", "a", "form"):
            self.open.append(tag)
        if tag in ("p", "li"):
            self.said.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            self.open.remove(tag)

    def handle_data(self, data: str) -> None:
        if "main" in self.open and self.open[-1] in ("p", "li"):
            self.said[-1] += data


def _sentences(care: str, path: str) -> list[str]:
    reader = Read()
    reader.feed(httpx.get(f"{care}{path}?lang=en", trust_env=False).text)
    return [text.strip() for text in reader.said if text.strip()]


def test_the_measure_of_reading_measures() -> None:
    assert [syllables(word) for word in ("home", "people", "asked", "wanted", "hospital", "the")] == [1, 2, 1, 2, 3, 1]
    assert grade(["The cat sat on the mat."]) < 1
    heavy = "Interdisciplinary psychological interventions facilitate organisational resilience following occupational adversity."
    assert grade([heavy]) > 20


def test_the_page_for_home_can_be_read_by_anyone_who_went_to_school_for_eight_years(care: str) -> None:
    sentences = _sentences(care, "/home")
    assert len(sentences) > 15
    print(f"grade {grade(sentences):.1f}")
    assert grade(sentences) <= 8


@pytest.mark.parametrize("path", CARE)
def test_so_can_every_other_page(care: str, path: str) -> None:
    assert grade(_sentences(care, path)) <= 8


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_for_home_is_one_sheet_of_paper_with_the_numbers_on_it(browser: Browser, care: str, language: str) -> None:
    page = browser.new_page()
    page.goto(f"{care}/home?lang={language}")
    page.locator("html[data-live]").wait_for()
    sheets = re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(format="A4"))
    page.emulate_media(media="print")
    expect(page.locator("#now a[href^='tel:']:visible")).to_have_count(3)
    expect(page.locator(".leave:visible, #print:visible, .foot:visible")).to_have_count(0)
    page.close()
    assert len(sheets) == 1


@pytest.mark.parametrize("path", CARE)
def test_on_every_page_without_scripts_stand_leave_the_numbers_by_place_and_who_runs_it(
    browser: Browser, care: str, path: str
) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{care}{path}?lang=en")
    assert page.title() == "Notes"
    aside = page.locator("aside.numbers")
    assert aside.locator("a:visible b, .place:visible").all_inner_texts() == [
        "Duty phone",
        "Somebody to call",
        "Uganda",
        "Across the border",
    ]
    hrefs = [link.get_attribute("href") for link in aside.locator("a").all()]
    assert hrefs == ["tel:+254711000111", "tel:+254722000001", "tel:1199"]
    page.locator(".unsafe").click()
    expect(page.locator("main #now, aside#now")).to_be_in_viewport()
    page.locator("#leave").click()
    assert page.url.endswith("/phone/blank.html")
    context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_note_goes_from_my_own_phone(care: str, language: str) -> None:
    html = httpx.get(f"{care}/friend?lang={language}", trust_env=False).text
    bodies = [unquote(body) for body in re.findall(r'href="sms:\?&amp;body=([^"]+)"', html)]
    assert bodies == [speak(language)(note) for note in NOTES]


def test_my_reminders_are_a_file_that_says_nothing_or_stay_on_this_phone(browser: Browser, care: str) -> None:
    page = browser.new_page()
    page.goto(f"{care}/days?lang=en")
    page.locator("html[data-live]").wait_for()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.locator("#day").fill("2026-11-30")
    with page.expect_download() as download:
        page.locator("#mine [type=submit]").click()
    assert download.value.suggested_filename == "notes.ics"
    events = Calendar.from_ical(download.value.path().read_bytes()).walk("VEVENT")
    days = [date(2026, 12, 3), date(2027, 5, 30), date(2027, 11, 30)]
    assert [(str(event["SUMMARY"]), event.decoded("DTSTART")) for event in events] == [("Notes", day) for day in days]
    page.locator("#day").fill((date.today() - timedelta(days=3)).isoformat())
    page.locator("#keep").click()
    expect(page.locator("#asked")).to_be_visible()
    page.goto(f"{care}/?lang=en")
    page.locator("#asked a").click()
    page.locator("#read").click()
    expect(page.locator("#asked")).to_be_hidden()
    expect(page.locator("#kept")).to_be_visible()
    page.locator("#stop").click()
    expect(page.locator("#kept")).to_be_hidden()
    assert page.evaluate("Object.keys(localStorage)") == []
    assert [url for url in asked if not url.startswith((care, "blob:"))] == []
    page.close()


def test_leave_on_a_page_in_the_middle_of_a_talk_closes_it_on_a_shared_phone(browser: Browser) -> None:
    """The part of the page that talks isn't loaded here; what was not heard is kept, to be said again. Looked at where it arrives:
    a browser need not tell of what a page says on its way out."""
    with server() as (care, app):
        closed = Event()

        @app.delete("/care/v1/box")
        def stumbles(request: Request) -> Response:
            assert (request.headers["x-box"], request.headers["x-cap"]) == ("ab", "cd")
            closed.set()
            return Response(status_code=503)

        page = browser.new_page()
        page.goto(f"{care}/days?lang=en")
        page.evaluate("sessionStorage.setItem('ac1.phone', '\"shared\"')")
        page.evaluate("sessionStorage.setItem('ac1.box', JSON.stringify({ box: 'ab', cap: 'cd' }))")
        page.reload()
        expect(page.locator("#goes-on a")).to_have_attribute("href", "/?lang=en")
        page.locator("#leave").click()
        page.wait_for_url("**/phone/blank.html")
        assert page.evaluate("Object.keys(sessionStorage)") == []
        assert page.evaluate("Object.keys(localStorage)") == ["ac1.undone"]
        if not closed.wait(5):  # a busy browser may let go of what was said on the way out: then the next page says it
            page.goto(f"{care}/?lang=en")
        assert closed.wait(SOON)
        page.close()


def test_a_link_from_a_page_leads_straight_to_the_talk(browser: Browser, care: str) -> None:
    page = browser.new_page()
    page.goto(f"{care}/days?lang=en")
    page.locator(".onward .go").click()
    walk.showing(page, "code")
    page.close()
