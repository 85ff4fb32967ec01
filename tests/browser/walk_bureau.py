"""Through every state of the care coordinator's desk: the first link, a passkey, a peer in and out, and somebody who waits."""

from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.bureau import Bureau
from tests.browser.finger import finger

SOON = 15_000


def _headed(page: Page, text: str) -> None:
    expect(page.locator("h1")).to_contain_text(text, timeout=SOON)


def coordinating(page: Page, here: Bureau) -> Iterator[str]:
    yield from _coming_in(page, here)
    yield from _peers(page, here)
    yield from _reading(page, here)
    yield from _waiting(page, here)


def _coming_in(page: Page, here: Bureau) -> Iterator[str]:
    page.goto(f"{here.url}/desk")
    yield "shut"
    finger(page)
    page.goto(here.link())
    expect(page.locator("#code")).not_to_have_value("", timeout=SOON)
    page.get_by_role("button", name="Go on").click()
    _headed(page, "Njeri Wambui")
    yield "enrol"
    page.get_by_role("button", name="Make my passkey").click()
    _headed(page, "Desk of the care half")
    yield "nobody-there"
    page.get_by_role("button", name="I dialled it today").first.click()
    expect(page.get_by_text("Written down: dialled today.")).to_be_visible(timeout=SOON)
    yield "dialled"
    page.get_by_role("button", name="Sign out").click()
    _headed(page, "The coordinator's desk")
    page.get_by_role("button", name="Sign in with your passkey").click()
    _headed(page, "Desk of the care half")


def _peers(page: Page, here: Bureau) -> Iterator[str]:
    page.get_by_text("Menu", exact=True).click()
    yield "menu"
    page.get_by_role("navigation").get_by_role("link", name="Peers", exact=True).click()
    _headed(page, "Peers")
    yield "peers-none"
    page.get_by_role("link", name="Invite, face to face").click()
    _headed(page, "Invite a peer")
    yield "invite"
    card = here.card("Halima")
    page.get_by_role("link", name="Back to the peers").click()
    _headed(page, "Peers")
    _hand_in(page, here.folder / "Halima.json")
    expect(page.locator(".warn")).to_contain_text("not a peer's file", timeout=SOON)
    yield "no-card"
    _hand_in(page, card)
    _headed(page, "Halima")
    yield "card"
    page.get_by_role("button", name="Put in place").click()
    expect(page.get_by_text("Certified: 1")).to_be_visible(timeout=SOON)
    yield "certified"
    here.clock.move(minutes=6)
    page.reload()
    expect(page.get_by_role("button", name="Touch your passkey again")).to_be_visible(timeout=SOON)
    yield "untouched"
    page.get_by_role("button", name="Touch your passkey again").click()
    expect(page.locator("#file")).to_be_visible(timeout=SOON)
    page.get_by_role("button", name="Test ring: text message").click()
    expect(page.get_by_text("The test ring goes out now.")).to_be_visible(timeout=SOON)
    yield "rung"
    page.locator(".cards summary").first.click()
    yield "before-it-ends"
    page.get_by_role("button", name="Take out now").click()
    expect(page.get_by_text("Certified: 0")).to_be_visible(timeout=SOON)
    yield "taken-out"


def _hand_in(page: Page, file: Path) -> None:
    page.locator("#file").set_input_files(file)
    page.get_by_role("button", name="See whose it is").click()


def _reading(page: Page, here: Bureau) -> Iterator[str]:
    for name in ("Grace", "Peter"):
        here.peer(name)
    rota = here.outside_settings.data / "rota"
    rota.mkdir(exist_ok=True)
    (rota / "week.csv").write_text(
        "peer,begins,ends\nGrace,2026-11-24T19:00,2026-11-25T07:00\nPeter,2026-11-24T19:00,2026-11-25T07:00\n"
    )
    here.pass_time(seconds=20)
    for path, head in (
        ("peers", "Peers"), ("rota", "Rota"), ("needed", "How many peers you need"), ("needed?accept=x", "How many peers you need"),
        ("health", "Is it well?"), ("settings", "Settings"), ("acts", "What was done"), ("people", "Who may come in"),
    ):  # fmt: skip
        page.goto(f"{here.url}/desk/{path}")
        _headed(page, head)
        yield path.replace("?", "-").replace("=", "-")


def _waiting(page: Page, here: Bureau) -> Iterator[str]:
    page.goto(f"{here.url}/desk")
    expect(page.get_by_text("Now: two peers or more.")).to_be_visible(timeout=SOON)
    yield "two-there"
    asker = here.asker()
    here.run(asker.ask())
    for _ in range(12):
        here.pass_time(minutes=1)
    page.reload()
    expect(page.get_by_text("Somebody is waiting: answer")).to_be_visible(timeout=SOON)
    yield "somebody-waits"
    here.run(asker.close())
