"""Through every state of the hospital's pages, one by one: the unit's screen, a colleague's word, and the desk."""

import re
from collections.abc import Iterator

from playwright.sync_api import Page, expect

from aftercall.inside.store import desk
from aftercall.signin.seat import COORDINATOR, Person
from tests.browser.finger import finger
from tests.browser.ward import House
from tests.feeds.epcr import DEATH, dataset, report
from tests.stories.brought import IN_THE_ED, registered, run
from tests.stories.ward import AMINA, JUMA
from tests.world import STAFF, adt

SOON = 15_000


def _headed(page: Page, text: str) -> None:
    expect(page.locator("h1")).to_contain_text(text, timeout=SOON)


def _by_the_menu(page: Page, name: str) -> None:
    page.get_by_text("Menu", exact=True).click()
    page.get_by_role("navigation").get_by_role("link", name=name).click()


def telling(page: Page, here: House) -> Iterator[str]:
    """Wanjiru at the screen of Resus."""
    code = here.inside.office.code("RES")
    page.goto(f"{here.url}/unit/NOWHERE")
    yield "gone"
    page.goto(f"{here.url}/unit/RES#{code}")
    expect(page.locator("#code")).to_have_value(code, timeout=SOON)
    assert code not in page.url, "the code stays in the address"
    yield "unit"
    page.get_by_text("Earlier", exact=True).click()
    page.locator("#unit-time").fill("2026-11-10T22:40")
    page.locator(".main").click()
    expect(page.locator(".warn")).to_be_visible(timeout=SOON)
    yield "unit-too-long-ago"
    page.goto(f"{here.url}/unit/RES#wrong")
    page.locator(".main").click()
    expect(page.locator(".warn")).to_be_visible(timeout=SOON)
    yield "unit-wrong-code"
    for name, choose in (("told", ""), ("told-expected", "expected"), ("told-nobody-there", "earlier")):
        page.goto(f"{here.url}/unit/RES#{code}")
        if choose == "expected":
            page.locator("[name=expected][value=yes]").check()
        if choose == "earlier":
            page.get_by_text("Earlier", exact=True).click()
            page.locator("#unit-time").fill("2026-11-22T02:00")
        page.locator(".main").click()
        _headed(page, "It is noted.")
        here.tick()
        yield name
    page.get_by_role("button", name="That was a mistake").click()
    _headed(page, "It is taken back.")
    yield "taken-back"
    back = here.weigh("death")
    page.goto(f"{here.url}/unit/ICU#{here.inside.office.code('ICU')}")
    page.locator(".main").click()
    _headed(page, "It is noted.")
    yield "told-waits-for-the-desk"
    page.get_by_role("button", name="That was a mistake").click()
    back()


def wording(page: Page, here: House) -> Iterator[str]:
    """Amina, and then Juma, with a word about a team."""
    page.goto(f"{here.url}/tell")
    yield "tell"
    for summary in page.locator("summary").all():
        summary.click()
    yield "tell-all-open"
    page.goto(f"{here.url}/tell")
    _ask(page, "amina", "Earlier", "2026-11-10T22:40")
    expect(page.locator(".warn")).to_be_visible(timeout=SOON)
    yield "tell-wrong"
    for who, number in (("amina", AMINA), ("juma", JUMA)):
        page.goto(f"{here.url}/tell")
        _ask(page, who)
        _headed(page, "Look at your own phone")
        if who == "amina":
            yield "asked"
        here.tick()
        here.do(here.inside.half.flight.landed)
        page.goto(_link(here, number))
        yield f"proof-{who}"
        page.locator(".main").click()
        expect(page.locator("h1")).to_contain_text("Thank you", timeout=SOON)
        yield f"proved-{who}"
    page.goto(_link(here, AMINA))
    yield "link-was-used"
    for what, name in (("I was there too", "me"), ("A colleague was there too", "there")):
        page.goto(f"{here.url}/tell")
        page.get_by_text(what, exact=True).click()
        form = page.locator(f"form[action^='/tell/{name}']")
        form.locator("select").select_option("RES")
        if name == "there":
            form.locator("#them").fill("away")
        form.locator("[name=badge]").fill("nurse")
        form.locator(".main").click()
        _headed(page, "Look at your own phone")
        here.tick()
        page.goto(_link(here, "+254700000003"))
        page.locator(".main").click()
        expect(page.locator("h1")).to_contain_text("Thank you", timeout=SOON)
        yield f"proved-{name}"
    here.inside.office._asked += [here.clock.now()] * 40
    page.goto(f"{here.url}/tell")
    _ask(page, "amina")
    _headed(page, "Not sent")
    yield "too-many-ask"
    here.move(minutes=2)


def _ask(page: Page, badge: str, when: str = "", time: str = "") -> None:
    form = page.locator("form").first
    form.locator("select").select_option("RES")
    if when:
        form.get_by_text(when, exact=True).click()
        form.locator("[name=time]").fill(time)
    form.locator("[name=badge]").fill(badge)
    form.locator(".main").click()


def _link(here: House, number: str) -> str:
    """The newest that this phone has got."""
    here.do(here.inside.half.flight.landed)
    return [found[0] for text in here.post.to(number) if (found := re.search(r"http\S+/tell/\w+", text))][-1]


def deciding(page: Page, here: House) -> Iterator[str]:
    """The coordinator at the desk."""
    page.goto(f"{here.url}/desk")
    yield "desk-shut"
    finger(page)
    page.get_by_role("button", name="Sign in with your passkey").click()
    expect(page.locator("[data-why=again]")).to_be_visible(timeout=SOON)
    yield "desk-no-passkey"
    page.goto(here.do(here.inside.reception.link_from_the_machine, "Njeri Wambui"))
    expect(page.locator("#code")).not_to_have_value("", timeout=SOON)
    yield "enrol"
    code = page.locator("#code").input_value()
    assert code not in page.url, "the secret stays in the address"
    page.get_by_role("button", name="Go on").click()
    _headed(page, "Njeri Wambui")
    yield "enrol-you"
    page.get_by_role("button", name="Make my passkey").click()
    _headed(page, "Desk")
    yield "desk"
    _fill(here)
    page.goto(f"{here.url}/desk")
    expect(page.locator("#pairs")).to_be_visible(timeout=SOON)
    yield "desk-full"
    page.get_by_role("button", name="The same patient").first.click()
    expect(page.get_by_text("You said: the same patient.")).to_be_visible(timeout=SOON)
    yield "desk-joined"
    page.get_by_role("button", name="Take that back").click()
    page.get_by_role("button", name="Two patients").first.click()
    expect(page.get_by_text("You said: two patients.")).to_be_visible(timeout=SOON)
    yield "desk-two-patients"
    yield from _of_people(page, here)
    yield from _of_losses(page, here)
    yield from _of_lists(page, here)
    yield from _to_read(page, here)
    page.goto(f"{here.url}/desk")
    page.get_by_text("Menu", exact=True).click()
    yield "desk-menu"
    page.get_by_role("link", name="Links of the units, to print").click()
    _headed(page, "Links of the units")
    yield "units"
    page.goto(f"{here.url}/desk")
    _by_the_menu(page, "How much a loss weighs")
    expect(page.locator(".figures")).to_be_visible(timeout=SOON)
    yield "weights"
    rules = page.locator("#rules")
    rules.fill(rules.input_value().replace("points = 1", "points = 2", 1))
    page.locator(".main").click()
    expect(page.get_by_text("becomes").first).to_be_attached(timeout=SOON)
    yield "weights-tried"
    page.locator("summary").last.click()
    yield "weights-one-by-one"
    page.locator("#rules").fill('[[rule]]\nfact = "moon"')
    page.locator(".main").click()
    expect(page.locator(".warn")).to_be_visible(timeout=SOON)
    yield "weights-wrong"
    for name, body in (
        ("heard-epcr", dataset(report(DEATH))),
        ("heard-list", b"patient,unit,died\n1,RES,2026-11-22 22:40\n2,RES,\n"),
        ("heard-nothing-of-ours", b"nothing"),
    ):
        page.goto(f"{here.url}/desk")
        page.locator("#upload").set_input_files({"name": "file", "mimeType": "text/plain", "buffer": body})
        page.get_by_role("button", name="Hand in").click()
        _headed(page, "What was heard")
        yield name
    page.goto(f"{here.url}/desk")
    page.get_by_role("button", name="Sign out").click()
    _headed(page, "The coordinator's desk")
    page.get_by_role("button", name="Sign in with your passkey").click()
    _headed(page, "Desk")
    yield "desk-signed-in-again"


def _of_people(page: Page, here: House) -> Iterator[str]:
    """Names, who may come in, what was done, and whether all is well."""
    _by_the_menu(page, "Who was there")
    _headed(page, "Who was there")
    yield "there-untouched"
    page.get_by_role("button", name="Touch your passkey again").click()
    expect(page.get_by_role("button", name="Show names").first).to_be_visible(timeout=SOON)
    yield "there"
    page.get_by_role("button", name="Show names").first.click()
    expect(page.locator(".aside")).to_be_visible(timeout=SOON)
    yield "there-named"
    page.goto(f"{here.url}/desk/people")
    _headed(page, "Who may come in")
    yield "people"
    page.locator("#name").fill("Peter Omondi")
    page.get_by_role("button", name="Show the square").click()
    _headed(page, "Peter Omondi")
    yield "invited"
    page.goto(f"{here.url}/desk/audit")
    _headed(page, "What was done")
    yield "audit"
    page.goto(f"{here.url}/desk/health")
    _headed(page, "Is it well?")
    yield "health"
    _by_the_menu(page, "Feeds")
    _headed(page, "Feeds")
    yield "feeds"


def _of_losses(page: Page, here: House) -> Iterator[str]:
    """The list, one of them, and a slip that is taken back."""
    page.goto(f"{here.url}/desk/losses?unit=RES&state=withdrawn&since=yesterday")
    expect(page.locator(".wrong")).to_be_visible(timeout=SOON)
    yield "losses-none-like-that"
    page.get_by_role("link", name="Show all").click()
    expect(page.locator(".list")).to_be_visible(timeout=SOON)
    yield "losses"
    page.get_by_role("row").filter(has_text="Confirmed").first.get_by_role("link").click()
    _headed(page, "Resus")
    yield "loss"
    page.get_by_role("button", name="Not so").click()
    expect(page.get_by_text("It is withdrawn")).to_be_visible(timeout=SOON)
    yield "loss-withdrawn"
    page.get_by_role("button", name="Take that back").click()
    expect(page.get_by_text("Done.")).to_be_visible(timeout=SOON)


def _to_read(page: Page, here: House) -> Iterator[str]:
    """The texts that go out, and how this half is set."""
    page.goto(f"{here.url}/desk/texts")
    _headed(page, "The texts that go out")
    yield "texts"
    page.goto(f"{here.url}/desk/settings")
    _headed(page, "Settings")
    page.locator("summary").last.click()
    yield "settings"


def _of_lists(page: Page, here: House) -> Iterator[str]:
    """A list that is wrong, one that is looked at, put in place, and taken back."""
    page.goto(f"{here.url}/desk/lists")
    _headed(page, "Lists of staff, units and rota")
    yield "lists"
    for name, text in (
        ("wrong", f"{STAFF}juma,Juma,,,sw,AMB7,driver,\n"),
        ("looked-at", f"{STAFF}zawadi,Zawadi,,,sw,RES,nurse,\n"),
    ):
        page.locator("#staff").set_input_files({"name": "staff.csv", "mimeType": "text/csv", "buffer": text.encode()})
        page.get_by_role("button", name="See what would change").click()
        expect(page.locator(".warn" if name == "wrong" else "#would")).to_be_visible(timeout=SOON)
        yield f"lists-{name}"
    page.get_by_role("button", name="Put in place").click()
    expect(page.get_by_text("The new lists are in place.")).to_be_visible(timeout=SOON)
    yield "lists-put"
    page.get_by_role("button", name="Take that back").click()
    expect(page.get_by_text("The lists of before are in place again.")).to_be_visible(timeout=SOON)


def holding(page: Page, here: House) -> Iterator[str]:
    """Amina, on her own page, on the evening of a loss somebody looked at."""
    here.hear(adt(here.clock.now(), "H1", "600001"))
    event = here.do(here.store.do, desk.lately, "hospital")[0].event
    here.do(here.inside.reception.look, Person("n", "Njeri Wambui", COORDINATOR), event)
    page.goto(f"{here.url}/mine")
    _headed(page, "What is held about me")
    yield "mine-shut"
    page.locator("#who").fill("amina")
    page.locator(".main").click()
    _headed(page, "Look at your own phone")
    yield "mine-code"
    page.locator("#code").fill("12")
    page.locator(".main").click()
    expect(page.locator(".warn")).to_be_visible(timeout=SOON)
    yield "mine-wrong-code"
    here.do(here.inside.half.flight.landed)
    page.locator("#code").fill(re.findall(r"\b\d{8}\b", here.post.to(AMINA)[-1])[0])
    page.locator(".main").click()
    expect(page.get_by_text("Njeri Wambui")).to_be_visible(timeout=SOON)
    yield "mine"
    page.get_by_role("button", name="Stop them for this time").click()
    expect(page.get_by_text("You get none for what has happened up to now.")).to_be_visible(timeout=SOON)
    yield "mine-stopped-for-now"
    page.get_by_role("button", name="Stop them for good").click()
    expect(page.get_by_text("You get none: you said STOP.")).to_be_visible(timeout=SOON)
    yield "mine-stopped"
    page.locator("summary").last.click()
    page.locator("#me-unit").select_option("ICU")
    page.get_by_text("Earlier", exact=True).click()
    page.locator("#me-time").fill("2026-11-10T22:40")
    page.locator("details .main").click()
    expect(page.locator("details .warn")).to_be_visible(timeout=SOON)
    yield "mine-too-long-ago"
    page.get_by_role("button", name="Leave").click()
    _headed(page, "What is held about me")
    expect(page.locator("#who")).to_be_visible(timeout=SOON)


def _fill(here: House) -> None:
    """One of everything that may wait."""
    here.hear(adt(here.clock.now(), "H1", "600001", PID_30="N"))
    here.hear(adt(here.clock.now(), "H2", "600002", PID_29="", PID_30="", PV1_36="", MSH_9="ADT^A08") + b"DG1|1||R99^unknown\r")
    back = here.weigh("emergency")
    here.hear(adt(here.clock.now(), "H3", "600003"))
    back()
    here.hear(run(IN_THE_ED))
    here.hear(registered())
    here.hear(registered("600004"))
    here.hear(b"MSH|^~\\&|nothing")
    here.seen("TOT", "HOME")
    office = here.inside.office
    for badge, what, them in (("amina", "loss", ""), ("juma", "there", "away")):
        here.do(_word, here, badge, what, them)
        here.do(office.prove, _link(here, {"amina": AMINA, "juma": JUMA}[badge]).rpartition("/")[2])
    here.move(minutes=7)


async def _word(here: House, badge: str, what: str, them: str) -> None:
    assert here.inside.office.ask(badge, what, "ICU", here.clock.now(), them)
