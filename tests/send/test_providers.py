"""Each provider is told what its own pages ask for, and its answer means taken, later or never; a second one takes over."""

import asyncio
import base64
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from aftercall.config import Inside, Outside, Wrong
from aftercall.send import Later, Never, Refused, Road, africastalking, twilio
from aftercall.send.apprised import Apprised, NoApprise
from aftercall.send.several import REST, Several
from aftercall.send.ways import care_ways_of, ways_of
from aftercall.words import Message, Sealed
from tests.send.providers import Asked, Counter

GRACE = "+254711000001"
RING = Message("sms", GRACE, "On call: 1 waiting. Open your page.", "k" * 32, language="sw")
Answer = tuple[int, object]
Make = Callable[[str], Road]


def told(make: Make, *answers: Answer, message: Message = RING) -> tuple[str, list[Asked]]:
    """What becomes of one message: "taken", or the error's name; and what the provider was asked."""

    async def go() -> tuple[str, list[Asked]]:
        async with Counter(*answers) as counter:
            road = make(counter.url)
            word, said = await became(road, message)
            await road.close()  # type: ignore[attr-defined]
            assert [secret for secret in (GRACE, "secret") if secret in said] == []
            return word, counter.asked

    return asyncio.run(go())


async def became(road: Road, message: Message = RING) -> tuple[str, str]:
    try:
        await road.send(message)
    except (Later, Never) as problem:
        return type(problem).__name__, str(problem)
    return "taken", ""


# Africa's Talking ------------------------------------------------------------------------------------------------------------


def at(url: str) -> Road:
    return africastalking.Texts(url, "kisumu", Sealed("secret"), "22384")


def at_calls(url: str) -> Road:
    return africastalking.Calls(url, "kisumu", Sealed("secret"), "+254711082000")


def recipients(code: int) -> dict[str, Any]:
    return {"SMSMessageData": {"Message": "Sent to 1/1", "Recipients": [{"statusCode": code, "number": GRACE, "cost": "0"}]}}


def test_africas_talking_gets_a_form_and_its_key_in_the_head() -> None:
    word, [asked] = told(at, (201, recipients(101)))
    assert word == "taken"
    assert asked.path == "/version1/messaging"
    assert asked.form == {"username": "kisumu", "to": GRACE, "message": RING.text, "from": "22384"}
    assert asked.head["apikey"] == "secret"


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ((201, recipients(102)), "taken"),
        ((201, recipients(403)), "Never"),
        ((201, recipients(406)), "Never"),
        ((201, recipients(405)), "Refused"),
        ((201, recipients(402)), "Refused"),
        ((201, recipients(501)), "Later"),
        ((201, "not what it says it sends"), "Refused"),
        ((401, "The supplied authentication is invalid"), "Refused"),
        ((503, ""), "Later"),
        ((429, ""), "Later"),
    ],
)
def test_what_africas_talking_answers_to_a_text(answer: Answer, word: str) -> None:
    assert told(at, answer)[0] == word


def test_a_call_carries_the_language_and_not_the_sentence() -> None:
    word, [asked] = told(at_calls, (200, {"entries": [{"status": "Queued", "phoneNumber": GRACE}], "errorMessage": "None"}))
    assert word == "taken"
    assert asked.path == "/call"
    assert asked.form == {"username": "kisumu", "from": "+254711082000", "to": GRACE, "clientRequestId": f"sw-{RING.key}"}


@pytest.mark.parametrize(
    ("status", "word"),
    [("InvalidPhoneNumber", "Never"), ("InsufficientCredit", "Refused"), ("DestinationNotSupported", "Refused"), ("", "Later")],
)
def test_what_africas_talking_answers_to_a_call(status: str, word: str) -> None:
    assert told(at_calls, (200, {"entries": [{"status": status}]}))[0] == word


# Twilio ----------------------------------------------------------------------------------------------------------------------


def tw(url: str) -> Road:
    return twilio.Texts(url, "AC1", Sealed("secret"), "+15005550006")


def tw_calls(url: str) -> Road:
    return twilio.Calls(url, "AC1", Sealed("secret"), "+15005550006")


def test_twilio_gets_a_form_with_our_account_and_asks_for_no_report() -> None:
    word, [asked] = told(tw, (201, {"sid": "SM1", "status": "queued"}))
    assert word == "taken"
    assert asked.path == "/2010-04-01/Accounts/AC1/Messages.json"
    assert asked.form == {"To": GRACE, "From": "+15005550006", "Body": RING.text}
    assert base64.b64decode(asked.head["authorization"].split()[1]) == b"AC1:secret"


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ((400, {"code": 21211}), "Never"),
        ((400, {"code": 21610}), "Never"),
        ((400, {"code": 21606}), "Refused"),
        ((401, {"code": 20003}), "Refused"),
        ((400, "[]"), "Refused"),
        ((429, {"code": 20429}), "Later"),
        ((500, ""), "Later"),
    ],
)
def test_what_twilio_answers(answer: Answer, word: str) -> None:
    assert told(tw, answer)[0] == word
    assert told(tw_calls, answer)[0] == word


def test_a_call_says_one_sentence_twice_in_the_peers_language() -> None:
    french = Message("voice", GRACE, "Un appel attend & vous", "k", language="fr")
    _, [asked] = told(tw_calls, (201, {}), message=french)
    assert asked.form["Twiml"] == '<Response><Say language="fr-FR" loop="2">Un appel attend &amp; vous</Say></Response>'
    assert asked.form["Timeout"] == "30"


def test_where_there_are_recordings_no_machine_reads_swahili() -> None:
    make = lambda url: twilio.Calls(url, "AC1", Sealed("secret"), "+15005550006", "https://care.example/sounds/")  # noqa: E731
    _, [asked] = told(make, (201, {}))
    assert asked.form["Twiml"] == '<Response><Play loop="2">https://care.example/sounds/sw.mp3</Play></Response>'


def test_the_signature_is_the_one_that_twilios_pages_show() -> None:
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    signed = twilio.signature(Sealed("12345"), "https://mycompany.com/myapp.php?foo=1&bar=2", form)
    assert signed == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


# several ---------------------------------------------------------------------------------------------------------------------


class Shop:
    """A provider of four lines: fails as told, else keeps the message."""

    def __init__(self, *fail: Exception) -> None:
        self.fail, self.tried, self.got = list(fail), 0, list[str]()

    async def send(self, message: Message) -> None:
        self.tried += 1
        if self.fail:
            raise self.fail.pop(0)
        self.got.append(message.key)


def send(road: Several) -> str:
    return asyncio.run(became(road))[0]


def test_when_the_first_is_down_the_second_takes_it_and_the_first_rests_a_minute() -> None:
    now = [1000.0]
    first, second = Shop(Later("gone")), Shop()
    both = Several((("first", first), ("second", second)), lambda: now[0])
    assert [send(both), send(both)] == ["taken", "taken"]
    assert (first.tried, second.got) == (1, [RING.key, RING.key])
    now[0] += REST
    assert send(both) == "taken"
    assert first.got == [RING.key]


def test_a_wrong_number_is_wrong_everywhere_and_a_refused_account_is_not() -> None:
    second = Shop()
    assert send(Several((("a", Shop(Never("number"))), ("b", second)))) == "Never"
    assert second.tried == 0
    assert send(Several((("a", Shop(Refused("password"))), ("b", second)))) == "taken"


def test_trying_again_helps_when_it_may_help_with_any() -> None:
    assert send(Several((("a", Shop(Refused("x"))), ("b", Shop(Later("x")))))) == "Later"
    assert send(Several((("a", Shop(Refused("x"))), ("b", Shop(Refused("x")))))) == "Refused"


def test_who_rests_is_still_asked_when_nobody_else_can() -> None:
    first = Shop(Later("gone"))
    both = Several((("a", first), ("b", Shop(Later("gone"), Later("gone"), Later("gone")))), lambda: 1000.0)
    assert [send(both), send(both)] == ["Later", "taken"]
    assert first.got == [RING.key]


def test_a_real_outage_of_one_provider_is_no_outage_of_ours(tmp_path: Path) -> None:
    async def go() -> list[Asked]:
        async with Counter((201, recipients(101))) as counter:
            roads = ways_of(
                Inside(
                    data=tmp_path, care_link="", sms=["gateway", "africastalking"], sms_url="http://127.0.0.1:9/", sms_sender="A",
                    africastalking_user="kisumu", africastalking_key=Sealed("secret"), africastalking_url=counter.url,
                )
            )  # fmt: skip
            await roads.send(RING)
            await roads.close()
            return counter.asked

    assert len(asyncio.run(go())) == 1


# what is set up --------------------------------------------------------------------------------------------------------------


def test_a_provider_that_is_named_and_not_set_up_is_said(tmp_path: Path) -> None:
    with pytest.raises(Wrong, match="kannel is not set up"):
        ways_of(Inside(data=tmp_path, care_link="", sms=["kannel"], sms_url="http://x"))


def test_the_care_half_rings_by_text_call_mail_and_push_and_the_hospital_never_calls(tmp_path: Path) -> None:
    twice = {"mail_host": "m", "twilio_account": "AC1", "twilio_sender": "+1500", "africastalking_user": "k"}
    care = {"twilio_voice": "+1500", "africastalking_voice": "+254", "push_contact": "mailto:a@b.example"}
    outside = settings(tmp_path, **twice, **care)
    roads = care_ways_of(outside)
    assert [road for road in ("sms", "voice", "mail", "push") if road in roads] == ["sms", "voice", "mail", "push"]
    inside = ways_of(replace(Inside(data=tmp_path, care_link=""), **twice))  # type: ignore[arg-type]
    assert [road for road in ("sms", "voice", "mail", "push") if road in inside] == ["sms", "mail"]
    with pytest.raises(Wrong, match="mailto"):
        care_ways_of(replace(outside, push_contact="care@b.example"))


def settings(data: Path, **more: str) -> Outside:
    bare = Outside(data=data, programme="p", name="n", run_by="r", codes=[], duty_tel="1", lines=[])
    return replace(bare, **more)  # type: ignore[arg-type]


# Apprise ---------------------------------------------------------------------------------------------------------------------


class FakeApprise(ModuleType):
    """As Apprise is called: an object to which addresses are added, and a yes or no."""

    def __init__(self, answer: Callable[[], bool]) -> None:
        super().__init__("apprise")
        self.sent = sent = list[tuple[str, str]]()

        class Apprise:
            def __init__(self) -> None:
                self.servers = list[str]()

            def add(self, url: str) -> None:
                if "://" in url:
                    self.servers.append(url)

            def notify(self, body: str, title: str) -> bool:
                sent.append((self.servers[0], body))
                return answer()

        self.Apprise = Apprise


def test_apprise_is_loaded_only_when_it_is_set_and_says_when_it_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    ways_of(Inside(data=tmp_path, care_link="", sms_url="http://x"))
    with pytest.raises(Wrong, match="not installed"):
        ways_of(Inside(data=tmp_path, care_link="", apprise_url=Sealed("atalk://k@s/{to}")))


def test_apprise_takes_it_or_it_is_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> bool:
        raise OSError(GRACE)

    for answer, word in ((lambda: True, "taken"), (lambda: False, "Later"), (broken, "Later")):
        fake = FakeApprise(answer)
        monkeypatch.setitem(sys.modules, "apprise", fake)
        road = Apprised(Sealed("atalk://k@s/{to}"))
        outcome, said = asyncio.run(became(road))
        assert GRACE not in said
        assert (outcome, fake.sent) == (word, [(f"atalk://k@s/{GRACE}", RING.text)])
    with pytest.raises(NoApprise, match="no such address"):
        Apprised(Sealed("nonsense"))
