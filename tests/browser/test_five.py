"""Five minutes together: led by a clock, anyone may leave, and what is noted is about things and leaves the phone by hand alone."""

from datetime import datetime, timedelta

from playwright.sync_api import Browser, Page, expect

EVENING = datetime(2026, 11, 30, 22, 47)
STEPS = ("0:00", "0:30", "1:00", "2:00", "3:00", "4:00", "5:00")


def _open(browser: Browser, care: str) -> Page:
    page = browser.new_context(viewport={"width": 360, "height": 640}).new_page()
    page.clock.install(time=EVENING)
    page.goto(f"{care}/five?lang=en")
    page.locator("html[data-live]").wait_for()
    page.clock.pause_at(EVENING + timedelta(minutes=1))
    return page


def _at(page: Page) -> list[str]:
    return page.locator("#steps li:visible time").all_inner_texts()


def test_the_clock_leads_through_it_and_it_ends_after_five_minutes(browser: Browser, care: str) -> None:
    page = _open(browser, care)
    page.locator("#start").click()
    gone = 0
    for second in (1, 29, 31, 61, 121, 181, 241):
        page.clock.run_for((second - gone) * 1000)
        gone = second
        assert _at(page) == [[at for at in STEPS if 60 * int(at[0]) + int(at[2:]) <= second][-1]]
    expect(page.locator("#list")).to_be_hidden()
    page.clock.run_for(60_000)
    assert _at(page) == ["5:00"]
    expect(page.locator("#list")).to_be_visible()
    expect(page.locator("#running")).to_be_hidden()
    page.context.close()


def test_whether_anyone_may_leave_is_asked_before_anything_is_told(browser: Browser, care: str) -> None:
    page = _open(browser, care)
    page.locator("#start").click()
    page.locator("#next").click()
    expect(page.locator("#steps li:visible")).to_contain_text("May anyone leave?")
    page.locator("#next").click()
    expect(page.locator("#steps li:visible")).to_contain_text("What happened")
    page.locator("#stop").click()
    assert tuple(_at(page)) == STEPS
    page.context.close()


def test_the_note_is_about_things_and_is_sent_nowhere(browser: Browser, care: str) -> None:
    page = _open(browser, care)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.locator("[name=held][value=time]").check()
    page.locator("#things").fill("Two keys for the cupboard\nTell Amina the patient waited")
    page.locator("#after [type=submit]").click()
    expect(page.locator("#flagged li")).to_have_text(["Amina: perhaps a name", "patient: a person"])
    expect(page.locator("#sheet")).to_be_hidden()
    expect(page.locator("#only-names")).to_be_hidden()  # a patient is never a thing
    page.locator("#things").fill("Two keys for the cupboard\nThe Lucas needs a second battery")
    page.locator("#after [type=submit]").click()
    expect(page.locator("#flagged li")).to_have_text(["Lucas: perhaps a name"])
    page.locator("#things-only").click()
    page.locator("#after [type=submit]").click()
    expect(page.locator("#sheet")).to_contain_text("We did not meet: there was no time.")
    expect(page.locator("#sheet li")).to_have_count(2)
    assert asked == []
    assert page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }])") == "[{},{}]"
    page.reload()
    expect(page.locator("#things")).to_have_value("")
    page.context.close()


def test_without_scripts_the_guide_is_whole(browser: Browser, care: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{care}/five?lang=en")
    assert tuple(_at(page)) == STEPS
    expect(page.locator("button:visible, input:visible, textarea:visible")).to_have_count(0)
    expect(page.locator("#list")).to_contain_text("Tell the charge nurse")
    expect(page.locator("#now a[href^='tel:']:visible")).to_have_count(3)
    context.close()
