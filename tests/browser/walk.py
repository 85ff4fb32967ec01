"""Through every state of the two pages as their people see them, one by one; whoever walks along may look at each."""

import json
from collections.abc import Iterator
from datetime import timedelta

from aftercall_stage.phones import Asker, Peer
from aftercall_stage.phones import Page as Rung
from aftercall_stage.several import Several
from playwright.sync_api import Page, expect

from tests.browser.visitor import Backstage

PHRASE = "quiet lamp in the hall"


def showing(page: Page, section: str) -> None:
    expect(page.locator(f"main > section#{section}")).to_be_visible(timeout=15_000)


def press(page: Page, where: str) -> None:
    page.locator(f"[data-go={where}]:visible").first.click()


def rung(back: Backstage) -> tuple[Peer, Rung]:
    """Whichever colleague's phone rings."""
    for _ in range(50):
        for peer in back.troupe.peers:
            if pages := [one for one in back.do(peer.pages) if not one.answered]:
                return peer, pages[0]
    raise AssertionError("nobody is rung")


def asking(page: Page, back: Backstage) -> Iterator[str]:
    """Amina: from the link to the end of a talk. Gives the name of each state once it stands."""
    care, code = back.troupe.outside_url, back.troupe.code
    page.goto(f"{care}/")
    showing(page, "home")
    yield "home"
    press(page, "minute")
    showing(page, "minute")
    yield "minute"
    page.locator("[data-min='1']").click()
    yield "minute-running"
    press(page, "now")
    showing(page, "now")
    yield "now"
    page.goto(f"{care}/")
    press(page, "talk")
    showing(page, "code")
    yield "code"
    page.locator("#code-in").fill("not the four words")
    page.locator("#code-form [type=submit]").click()
    expect(page.locator("#code-wrong")).to_be_visible(timeout=15_000)
    yield "code-wrong"
    page.goto("about:blank")
    page.goto(f"{care}/#{code}")
    page.wait_for_url(lambda url: code not in url, timeout=15_000)  # by the first thing that runs, a moment after the paint
    press(page, "talk")
    expect(page.locator("#ask")).to_be_visible(timeout=15_000)
    yield "ask"
    page.locator("#who summary").click()
    page.locator("[name=chan][value=call]").check()
    yield "ask-call-me-and-who"
    page.locator("[name=chan][value=letters]").check()
    page.context.set_offline(True)
    send(page)
    showing(page, "unsent")
    yield "not-sent"
    page.context.set_offline(False)
    press(page, "close")
    yield from _at_once(page)
    yield from _answered(page, back)
    yield from _together(page, back)
    yield from _tomorrow(page)
    yield from _phone_lost(page, back)
    yield from _nobody(page, back)


def _at_once(page: Page) -> Iterator[str]:
    """Now: everyone is rung, and only what may be known is asked. Whoever goes back finds the ordinary form."""
    press(page, "now")
    press(page, "everyone")
    expect(page.locator("#c-near")).to_be_visible(timeout=15_000)
    expect(page.locator("#ask [name=all]")).to_be_checked()
    expect(page.locator("#ask [name=when]:visible, #lang:visible, #who:visible")).to_have_count(0)
    expect(page.locator("#ask :required:visible")).to_have_count(0)
    yield "ask-everyone-now"
    press(page, "home")
    press(page, "talk")
    expect(page.locator("#who")).to_be_visible()
    expect(page.locator("#ask [name=all]")).not_to_be_checked()
    press(page, "home")


def send(page: Page) -> None:
    page.locator("[name=phone][value=own]").check()
    page.locator("#ask [type=submit]").click()


def knocks(page: Page, back: Backstage, pid: str, words: str, name: str = "") -> None:
    """Somebody who was told two words for a talk with several. `name`: what they want to be called; "": as was drawn."""
    page.goto(f"{back.troupe.outside_url}/#{back.troupe.code}")
    page.wait_for_url(lambda url: back.troupe.code not in url, timeout=15_000)
    press(page, "talk")
    expect(page.locator("#ask")).to_be_visible(timeout=15_000)
    press(page, "join")
    showing(page, "join")
    page.locator("#j-host").select_option(pid)
    page.locator("#j-words").fill(words)
    if name:
        page.locator("#j-name").fill(name)
    page.locator("#join [name=whose][value=own]").check()
    page.locator("#join-form [type=submit]").click()


def joins(page: Page, back: Backstage, pid: str, words: str, name: str = "") -> None:
    knocks(page, back, pid, words, name)
    showing(page, "letters")
    expect(page.locator("#aside")).to_be_visible(timeout=15_000)


def again(page: Page) -> None:
    press(page, "home")
    press(page, "talk")
    expect(page.locator("#ask")).to_be_visible(timeout=15_000)


def _answered(page: Page, back: Backstage) -> Iterator[str]:
    press(page, "talk")
    expect(page.locator("#ask")).to_be_visible(timeout=15_000)
    send(page)
    showing(page, "wait")
    expect(page.locator("#wait-who")).to_contain_text("We are ringing", timeout=15_000)
    yield "waiting"
    peer, ask = rung(back)
    assert back.do(peer.take, ask.box)
    showing(page, "letters")
    yield "taken"
    back.do(peer.write, ask.box, "I'm here. I have the whole hour.\nWhere would you like to begin?")
    page.locator("#text").fill("He was nineteen. His mother asked me if he had been cold.")
    page.locator("#write [type=submit]").click()
    expect(page.locator("#bubbles li")).to_have_count(2, timeout=15_000)
    expect(page.locator("#bubbles .me small")).to_have_text("sent", timeout=15_000)
    yield "talk"
    press(page, "close")
    showing(page, "ended")
    yield "ended"


def _together(page: Page, back: Backstage) -> Iterator[str]:
    """A talk for several: she is told two words, and comes in."""
    grace = back.troupe.peers[0]
    host = back.do(Several.begin, grace, back.troupe.now() + timedelta(hours=1))
    juma = Asker(back.troupe.client, back.troupe.code, back.troupe.now)
    back.do(juma.ask, wish=grace.pid, join=host.words, handle="Juma")
    back.do(host.look)
    again(page)
    press(page, "join")
    showing(page, "join")
    page.locator("#j-words").fill("three words here")
    page.locator("#j-host").select_option(grace.pid)
    page.locator("#join [name=whose][value=own]").check()
    page.locator("#join-form [type=submit]").click()
    expect(page.locator("#join-wrong")).to_be_visible()
    yield "join"
    page.locator("#j-words").fill(host.words)
    page.locator("#j-name").fill("Amina")
    page.locator("#join-form [type=submit]").click()
    showing(page, "wait")
    expect(page.locator("#wait-who")).to_contain_text("at the door", timeout=15_000)
    yield "at-the-door"
    back.do(host.look)
    showing(page, "letters")
    expect(page.locator("#letters-how")).to_contain_text("Juma", timeout=15_000)
    back.do(host.write, "Welcome. Nobody has to write, and anyone may leave.")
    back.do(juma.write, "I was in the ambulance.")
    back.do(host.look)
    page.locator("#text").fill("And I at the door.")
    page.locator("#write [type=submit]").click()
    expect(page.locator("#bubbles li")).to_have_count(3, timeout=15_000)
    expect(page.locator("#bubbles .me small")).to_have_text("sent", timeout=15_000)
    yield "several"
    back.do(host.end)
    showing(page, "ended")


def _tomorrow(page: Page) -> Iterator[str]:
    again(page)
    page.locator("[name=all]").check()
    page.locator("[name=when][value=evening]").check()
    expect(page.locator("[name=all]")).not_to_be_checked()  # who would rather not wait, waits for no hour
    yield "ask-for-tomorrow"
    send(page)
    showing(page, "stands")
    expect(page.locator("#stands-when")).to_contain_text("20:00")
    yield "stands"
    page.reload()
    showing(page, "stands")  # the phone keeps it
    press(page, "close")
    showing(page, "home")


def _phone_lost(page: Page, back: Backstage) -> Iterator[str]:
    press(page, "talk")
    expect(page.locator("#ask")).to_be_visible(timeout=15_000)
    send(page)
    showing(page, "wait")
    peer, ask = rung(back)
    assert back.do(peer.take, ask.box)
    back.do(peer.spoken, ask.box)
    showing(page, "letters")
    back.do(_revoked, back, peer)
    showing(page, "off")
    yield "colleagues-phone-is-off"
    back.do(_admitted_again, back, peer)


async def _revoked(back: Backstage, peer: Peer) -> None:
    (back.troupe.data("outside") / "peers" / f"{peer.pid}.json").unlink()
    await back.troupe.control("outside").ask({"do": "wake"})


async def _admitted_again(back: Backstage, peer: Peer) -> None:
    back.troupe.certify(peer.request())
    await back.troupe.control("outside").ask({"do": "wake"})
    await peer.login()
    await peer.duty(back.troupe.now() + timedelta(hours=8))


def _nobody(page: Page, back: Backstage) -> Iterator[str]:
    for peer in back.troupe.peers:
        back.do(peer.off)
    again(page)
    send(page)
    expect(page.locator("body[data-nobody='1']")).to_be_visible(timeout=15_000)
    yield "nobody-on-duty"
    press(page, "close")
    back.do(back.troupe.on_duty)


def answering(page: Page, back: Backstage) -> Iterator[str]:
    """Grace, on a new phone: from her enrolment to the end of a talk."""
    page.goto(f"{back.troupe.outside_url}/peer")
    showing(page, "enrol")
    yield "enrol"
    for name, text in (
        ("name", "Wairimu"),
        ("profession", "ICU nurse"),
        ("tel", "+254711000099"),
        ("phrase", PHRASE),
        ("again", PHRASE),
    ):
        page.locator(f"#enrol-form [name={name}]").fill(text)
    page.locator("#enrol-form [type=submit]").click()
    showing(page, "request")
    yield "request"
    pid = _certified(page, back)
    press(page, "locked")
    showing(page, "locked")
    yield "locked"
    page.locator("#u-phrase").fill(PHRASE)
    page.locator("#unlock-form [type=submit]").click()
    expect(page.locator("#duty-ask")).to_be_visible(timeout=15_000)
    yield "off-duty"
    page.locator("#roads summary").click()
    expect(page.locator("#roads-list [data-road=sms]")).to_be_visible(timeout=15_000)
    yield "roads"
    page.locator("#roads summary").click()
    press(page, "was")
    yield "was-there"
    press(page, "duty-again")
    press(page, "wasnot")
    expect(page.locator("#duty-until")).to_be_visible()
    yield "how-long"
    page.locator("[data-hours='8']").click()
    expect(page.locator("#duty-on")).to_be_visible(timeout=15_000)
    yield "on-duty"
    asker = Asker(back.troupe.client, back.troupe.code, back.troupe.now)
    back.do(
        asker.ask,
        wish=pid,
        chan="call",
        name="Amina",
        tel="+254700000002",
        place="Resus, back door",
        near="Otieno, +254 700 000 003",
    )
    showing(page, "ringing")
    yield "ringing"
    page.locator("#pages .go.main").first.click()
    showing(page, "letters")
    expect(page.locator("#reach-near")).to_have_attribute("href", "tel:+254700000003")
    yield "taken"
    page.locator("#text").fill("I'm here. Shall I call you?")
    page.locator("#write [type=submit]").click()
    expect(page.locator("#bubbles .me small")).to_have_text("sent", timeout=15_000)
    back.do(asker.read)
    back.do(asker.write, "Not yet. Write a little.")
    back.do(asker.read)
    expect(page.locator("#bubbles li")).to_have_count(2, timeout=15_000)
    yield "talk"
    press(page, "close")
    showing(page, "after")
    yield "after"
    press(page, "duty")
    yield from _for_several(page, back, pid)


def _for_several(page: Page, back: Backstage, pid: str) -> Iterator[str]:
    press(page, "several")
    showing(page, "several")
    yield "several-before"
    press(page, "sv-begin")
    expect(page.locator("#sv-words")).to_be_visible(timeout=15_000)
    words = page.locator("#sv-words").inner_text().replace(" ", "-")
    yield "several-words"
    for name in ("Amina", "Juma"):
        asker = Asker(back.troupe.client, back.troupe.code, back.troupe.now)
        back.do(asker.ask, wish=pid, join=words, handle=name)
        expect(page.locator("#sv-who li").last).to_contain_text(name, timeout=15_000)
        back.do(asker.read)
        back.do(asker.write, f"{name} here.")
        expect(page.locator("#sv-bubbles li").last).to_contain_text(f"{name} here.", timeout=15_000)
    page.locator("#sv-text").fill("Welcome. Nobody has to write, and anyone may leave.")
    page.locator("#sv-write [type=submit]").click()
    expect(page.locator("#sv-bubbles li")).to_have_count(3, timeout=15_000)
    yield "several"
    press(page, "sv-end")
    showing(page, "after")


def unlocked(page: Page, back: Backstage) -> str:
    """A new colleague's phone, enrolled, certified and opened. Gives their number."""
    page.goto(f"{back.troupe.outside_url}/peer")
    showing(page, "enrol")
    for name, text in (("name", "Wairimu"), ("profession", "ICU nurse"), ("phrase", PHRASE), ("again", PHRASE)):
        page.locator(f"#enrol-form [name={name}]").fill(text)
    page.locator("#enrol-form [type=submit]").click()
    showing(page, "request")
    pid = _certified(page, back)
    press(page, "locked")
    page.locator("#u-phrase").fill(PHRASE)
    page.locator("#unlock-form [type=submit]").click()
    expect(page.locator("#duty-ask")).to_be_visible(timeout=15_000)
    return pid


def _certified(page: Page, back: Backstage) -> str:
    async def admitted(text: str) -> str:
        pid = back.troupe.certify(json.loads(text)).pid
        await back.troupe.control("outside").ask({"do": "wake"})
        return pid

    return back.do(admitted, page.locator("#request-text").input_value())
