"""The first half hour of a new coordinator: from an empty folder to a loss that never was, a peer's phone that rings, and a talk.

Only what README, docs/running.md and the screens say is done; commands, links and rows are taken from what was printed.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from aftercall_stage.handset import Handset
from aftercall_stage.provider import Provider
from aftercall_stage.troupe import free_ports
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser import walk
from tests.browser.finger import finger
from tests.browser.test_pages import PHONE
from tests.browser.visitor import Watch
from tests.children import child, running, until_open
from tests.commands import aftercall
from tests.setup.printed import Printed, talked

OWN_OF_THE_PEERS, OWN_OF_THE_WARD, GRACE, JUMA = (f"+25470000{n}" for n in ("0098", "0097", "0010", "0001"))
LISTS = "Lists of staff, units and rota"
ROWS = {"staff": "juma", "units": "RES"}  # of the example rows, how each begins


class Gateway:
    """Who carries one half's texts, and the phones they come to."""

    def __init__(self, folder: Path, token: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._provider = Provider(token, folder / f"{token}.log")
        asyncio.run_coroutine_threadsafe(self._provider.__aenter__(), self._loop).result(20)
        self.url, self.token = self._provider.url, token

    def got(self, number: str, words: str) -> Handset:
        """This phone, once a text with these words has come."""
        phone = self._provider.handset(number)

        async def come() -> None:
            async with self._provider.taken:
                await self._provider.taken.wait_for(lambda: any(words in text for text in phone.texts))

        asyncio.run_coroutine_threadsafe(asyncio.wait_for(come(), 30), self._loop).result(40)
        return phone

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._provider.__aexit__(), self._loop).result(20)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@contextmanager
def gateway(folder: Path, token: str) -> Iterator[Gateway]:
    this = Gateway(folder, token)
    try:
        yield this
    finally:
        this.close()


def test_from_an_empty_folder_to_a_peers_phone_that_rings(browser: Browser, tmp_path: Path) -> None:
    peers, ward = tmp_path / "peers", tmp_path / "ward"
    peers.mkdir()
    ward.mkdir()
    with ExitStack() as until_the_end:
        union = until_the_end.enter_context(gateway(tmp_path, "of-the-care-half"))
        clinic = until_the_end.enter_context(gateway(tmp_path, "of-the-hospital"))
        care_port, desk_port, mllp_port = free_ports(3)

        care = talked("outside", _care(care_port, union), peers)
        aftercall(*care.next("keys", "root"), cwd=peers)
        aftercall(*care.next("keys", "steward"), cwd=peers)
        until_open(care_port, until_the_end.enter_context(running(peers, *care.next("outside", "--config"))))
        assert "has taken it" in child(*care.next("gateway-test", "outside"), cwd=peers)
        union.got(OWN_OF_THE_PEERS, "This is a test")
        grace = _on_duty(_phone(browser), care, peers)

        hospital = talked("inside", _hospital(desk_port, mllp_port, care.link, clinic), ward)
        _at_once(hospital, ward / "inside.toml")
        until_open(desk_port, until_the_end.enter_context(running(ward, *hospital.next("inside", "--config"))))
        assert "has taken it" in child(*hospital.next("gateway-test", "inside"), cwd=ward)
        clinic.got(OWN_OF_THE_WARD, "This is a test")
        _hand_in(browser.new_page(locale="en"), hospital, ward)

        assert "Juma Otieno (+254700000001) gets the note now" in child(*hospital.next("pretend"), cwd=ward)
        note = clinic.got(JUMA, care.link)
        _talk(_phone(browser), note.link, grace)


def _care(port: int, by: Gateway) -> dict[str, str]:
    return {
        "Name of the programme": "Peers of Kisumu",
        "Who runs this server": "The medical association",
        "Are they independent of the employer of those who ask": "yes",
        "Time zone of the site": "Africa/Nairobi",
        "What 07... stands for": "+254",
        "Number of the duty phone": "0700 000 099",
        "Published lines: name; number; hours": "Befrienders; 1199; day and night",
        "Port of the pages on this machine": str(port),
        "Address of the gateway": by.url,
        "Its bearer token": by.token,
        "Your own number": OWN_OF_THE_PEERS,
    }


def _hospital(port: int, mllp: int, link: str, by: Gateway) -> dict[str, str]:
    return {
        "Time zone of the site": "Africa/Nairobi",
        "What 07... stands for": "+254",
        "The link with the four words": link,
        "Number of the peers' duty phone": "0700 000 099",
        "Address of the gateway": by.url,
        "Its bearer token": by.token,
        "Its port": str(mllp),
        "Port of this half's pages on this machine": str(port),
        "Your own number": OWN_OF_THE_WARD,
    }


def _at_once(hospital: Printed, file: Path) -> None:
    """As printed: no note waits for its five minutes."""
    assert "set `settle = 0` in inside.toml" in hospital.text
    before = file.read_text()
    assert "# settle = 300\n" in before
    file.write_text(before.replace("# settle = 300\n", "settle = 0\n"))


def _phone(browser: Browser) -> BrowserContext:
    return browser.new_context(viewport=PHONE, locale="en", accept_downloads=True)  # type: ignore[arg-type]


def _on_duty(phone: BrowserContext, care: Printed, folder: Path) -> Page:
    """Grace makes her keys, is certified face to face, unlocks, and goes on duty."""
    page = phone.new_page()
    page.goto(f"{care.link.partition('/#')[0]}/peer")
    for name, text in (("name", "Grace"), ("profession", "nurse"), ("tel", GRACE), ("phrase", walk.PHRASE), ("again", walk.PHRASE)):
        page.locator(f"#enrol-form [name={name}]").fill(text)
    page.locator("#enrol-form [type=submit]").click()
    walk.showing(page, "request")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save as a file").click()
    saved.value.save_as(folder / saved.value.suggested_filename)
    words = page.locator("#request-words").inner_text()
    said = aftercall(*care.next("keys", "certify"), cwd=folder)
    assert "Grace" in said
    assert "-".join(words.split()) in said, "both screens show the same six words"
    walk.press(page, "locked")
    page.locator("#u-phrase").fill(walk.PHRASE)
    with page.expect_response(lambda answer: answer.url.endswith("/peer/login") and answer.ok):  # the page tries by itself
        page.locator("#unlock-form [type=submit]").click()
    walk.press(page, "wasnot")
    page.locator("[data-hours='8']").click()
    expect(page.locator("#duty-on")).to_be_visible()
    return page


def _hand_in(page: Page, hospital: Printed, folder: Path) -> None:
    """The first coordinator makes a passkey by the printed link, and hands in staff and units: looked at, and put in place."""
    assert f"*{LISTS}*" in hospital.text, "the page is named in the steps"
    finger(page)
    told = child(*hospital.next("inside", "--config", "inside.toml", "--first-coordinator"), cwd=folder)
    page.goto(next(word for word in told.split() if word.startswith("http")))
    expect(page.locator("#code")).not_to_have_value("")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Make my passkey").click()
    expect(page.locator("h1")).to_contain_text("Desk")
    page.get_by_text("Menu", exact=True).click()
    page.get_by_role("link", name=LISTS).click()
    lists = {name: f"{(folder / f'{name}.csv').read_text()}{hospital.row(begins)}\n" for name, begins in ROWS.items()}
    for name, text in lists.items():
        page.locator(f"#{name}").set_input_files({"name": f"{name}.csv", "mimeType": "text/csv", "buffer": text.encode()})
    page.get_by_role("button", name="See what would change").click()
    expect(page.locator("section[aria-labelledby=would]")).to_contain_text("Juma Otieno")
    page.get_by_role("button", name="Put in place").click()
    expect(page.get_by_text("The new lists are in place.")).to_be_visible()
    assert {name: (folder / f"{name}.csv").read_text() for name in lists} == lists


def _talk(phone: BrowserContext, link: str, grace: Page) -> None:
    """Juma opens the link on his phone and asks; Grace's page rings, she takes it, and each writes once."""
    juma = phone.new_page()
    watch = Watch(juma, (urlsplit(link).netloc,))
    juma.goto(link)
    juma.locator("html[data-live]").wait_for()
    walk.press(juma, "talk")
    expect(juma.locator("#ask")).to_be_visible()
    walk.send(juma)
    walk.showing(juma, "wait")
    walk.showing(grace, "ringing")
    grace.locator("#pages .go.main").first.click()
    for page in (grace, juma):
        walk.showing(page, "letters")
    for one, other, letter in ((grace, juma, "I'm here."), (juma, grace, "He was nineteen.")):
        one.locator("#text").fill(letter)
        one.locator("#write [type=submit]").click()
        expect(other.locator("#bubbles li", has_text=letter)).to_be_visible()
    assert watch.wrong == []
