"""From a basic phone: a word, a missed call, a menu. The ask is kept before the answer, and the number nowhere but sealed."""

import asyncio
import hashlib
import logging
import secrets
import sqlite3
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from aftercall.outside import run as outside_run
from aftercall.outside.doors.basic import Basic
from aftercall.outside.planning import PHONE as LATE
from aftercall.outside.ringing import PHONE
from aftercall.outside.road.basic import asks
from aftercall.send import Roads
from aftercall.send.heard import ANSWERS, bare
from aftercall.send.twilio import signature
from aftercall.words import Sealed
from tests.world import NAMES, TESTS, Night

JUMA, DUTY = "+254722334455", "+254700000099"
SECRET = "a-secret-of-the-address"
HERE = f"/basic/v1/{SECRET}"
CALLED = f"A colleague will call you. Or call {DUTY} at any time. You may delete this."


class Street:
    """The providers' side of the care half's door."""

    def __init__(self, night: Night, **more: Any) -> None:
        self.night = night
        settings = replace(
            night.outside_settings, inbound_token=Sealed(SECRET), country="+254", address="https://care.example",
            twilio_token=Sealed("tw"), care_number="+254700000010", **more,
        )  # fmt: skip
        post = night.care_post
        night.outside = outside_run.build(
            settings, night.clock, Roads(sms=post, voice=post), night.outside_store, secrets.token_bytes
        )
        night.run(night.outside.start())
        self.wire = night.wire()

    def post(self, path: str, **more: Any) -> httpx.Response:
        answer = self.night.run(self.wire.post(path, **more))
        self.night.tick()
        return answer

    def kannel(self, text: str, sender: str = JUMA) -> str:
        head = {"X-Kannel-From": sender, "Content-Type": 'text/plain; charset="UTF-8"'}
        answer = self.post(f"{HERE}/sms/kannel", content=text.encode(), headers=head)
        assert answer.status_code == 200
        return answer.text

    def flash(self, caller: str = JUMA, **more: str) -> str:
        form = {"isActive": "1", "direction": "Inbound", "callerNumber": caller, **more}
        return self.post(f"{HERE}/voice/africastalking", data=form).text

    def ussd(self, text: str, number: str = JUMA) -> str:
        return self.post(f"{HERE}/ussd/africastalking", data={"sessionId": "s", "phoneNumber": number, "text": text}).text

    def boxes(self) -> list[tuple[Any, ...]]:
        return self.night.rows("outside", "box")["box"]


@pytest.fixture
def urls() -> tuple[str, str]:
    """One kind of database is enough here: what is written goes by the same verb as every ask."""
    return "", ""


@pytest.fixture
def street(night: Night) -> Street:
    for name in NAMES[:3]:
        night.peer(name)
    return Street(night)


# the word --------------------------------------------------------------------------------------------------------------------


def test_however_it_is_written_the_word_asks(street: Street) -> None:
    written = ["TALK", " talk ", "Talk.", "“Talk!”", "T A L K", "tálk please", "Ongea", "PARLER", "¡hablar!"]
    for n, text in enumerate(written):
        assert DUTY in street.kannel(text, f"+25472233440{n}")
        assert len(street.boxes()) == n + 1, text
    assert [asks(bare(text)) for text in written] == [*["en"] * 6, "sw", "fr", "es"]
    assert [asks(bare(text)) for text in ("", "call", "no talk", "3", "\x00")] == [""] * 5


def test_a_word_that_a_provider_tells_twice_at_once_is_one_ask(street: Street) -> None:
    async def both() -> list[httpx.Response]:
        told = {"sender": JUMA, "text": "TALK"}
        return await asyncio.gather(*(street.wire.post(f"{HERE}/sms/gateway", json=told) for _ in range(2)))

    assert [answer.json()["reply"] for answer in street.night.run(both())] == [CALLED, CALLED]
    assert len(street.boxes()) == 1


def test_a_word_told_again_never_ends_the_ask_that_was_promised_meanwhile(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    street.kannel("TALK")
    [kept] = street.boxes()
    look, first = Basic._asks, [True]

    async def late(self: Basic, number: str) -> list[tuple[str, bytes, str]]:
        """The second telling looked before the first was kept."""
        return [(box, cap, "" if first and first.pop() else state) for box, cap, state in await look(self, number)]

    monkeypatch.setattr(Basic, "_asks", late)
    assert street.kannel("TALK") == CALLED
    assert street.boxes() == [kept]


def test_the_peer_who_takes_it_sees_the_number_and_the_language(street: Street) -> None:
    night, grace = street.night, street.night.peers["Grace"]
    street.kannel("Ongea")
    assert {message.to for message in night.care_post.sent} == {peer.card["tel"] for peer in night.peers.values()}
    (page,) = night.run(grace.pages())
    assert (page.lang, page.chan) == ("sw", "call")
    night.run(grace.take(page.box))
    assert grace.contacts[page.box] == {"name": "", "tel": JUMA, "place": ""}
    night.run(grace.spoken(page.box))
    rows = night.rows("outside", "box", "page_copy", "ring")
    assert (rows["page_copy"], rows["ring"], rows["box"][0][-1]) == ([], [], None)


def test_it_is_the_same_ask_as_a_smartphones(street: Street) -> None:
    night = street.night
    street.kannel("TALK")
    basic = night.rows("outside", "box", "page_copy")
    (box,) = basic["box"]
    night.run(night.asker().ask(chan="call", tel=JUMA))
    other = night.rows("outside", "box", "page_copy")

    def shape(row: tuple[Any, ...]) -> list[object]:
        return [len(cell) if isinstance(cell, str | bytes) else type(cell) for cell in row]

    (smart,) = [row for row in other["box"] if row != box]
    assert shape(box) == shape(smart)
    copies = [row for row in other["page_copy"] if row not in basic["page_copy"]]
    assert sorted(map(shape, copies), key=str) == sorted(map(shape, basic["page_copy"]), key=str)


def test_the_number_stands_in_no_row_and_no_log_also_not_as_a_hash(street: Street, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        street.kannel("TALK")
        street.kannel("what is this?")
        street.post("/basic/v1/wrong/sms/kannel", content=b"TALK", headers={"X-Kannel-From": JUMA})
        street.flash()
        street.ussd("9*9*9")
    tables = ("peer", "session", "box", "page_copy", "ring", "msg")
    rows = repr(street.night.rows("outside", *tables))
    shapes = [JUMA, JUMA[1:], JUMA[4:], *(hashlib.new(h, JUMA.encode()).hexdigest()[:16] for h in ("sha256", "sha1", "md5"))]
    assert [shape for shape in shapes if shape in rows or shape in caplog.text] == []


def test_the_same_number_twice_is_one_ask_and_after_they_spoke_it_is_another(street: Street) -> None:
    night = street.night
    assert {street.kannel("TALK"), street.kannel("talk"), street.kannel("TALK", "0722 334 455")} == {CALLED}
    street.flash()
    assert street.ussd("1") == f"END {CALLED}"
    assert len(street.boxes()) == 1
    grace = next(peer for peer in night.peers.values() if night.run(peer.pages()))
    (page,) = night.run(grace.pages())
    night.run(grace.take(page.box))
    night.run(grace.spoken(page.box))
    street.kannel("TALK")
    assert len(street.boxes()) == 2
    night.run(grace.close(page.box))
    street.kannel("TALK", "+254722000001")
    assert len(street.boxes()) == 3


def test_over_midnight_it_is_still_the_same_ask(street: Street) -> None:
    street.night.clock.move(hours=4, minutes=10)  # 23:57 UTC
    street.kannel("TALK")
    street.night.clock.move(minutes=6)
    street.kannel("TALK")
    assert len(street.boxes()) == 1


def test_an_ask_that_nobody_answered_all_night_rings_anew_when_it_is_sent_again(street: Street) -> None:
    street.kannel("TALK")
    for _ in range(12):
        street.night.pass_time(minutes=10)
    before = len(street.night.care_post.sent)
    street.night.pass_time(minutes=30)
    assert len(street.night.care_post.sent) == before
    assert street.kannel("TALK") == CALLED
    assert len(street.boxes()) == 1
    assert len(street.night.care_post.sent) == before + 3


def test_after_a_restart_the_ask_stands_and_a_second_word_may_make_a_second(street: Street) -> None:
    street.kannel("TALK")
    again = Street(street.night)
    assert len(again.boxes()) == 1
    assert again.kannel("TALK") == CALLED  # the hash of the number was in memory alone: docs/decisions/016
    assert len(again.boxes()) == 2


def test_stop_takes_the_ask_back_and_writes_no_more(street: Street) -> None:
    street.kannel("TALK")
    said = street.kannel("stop.")
    assert DUTY in said
    assert street.boxes() == []
    assert street.kannel("STOP") == said


def test_any_other_word_gets_the_number_and_two_machines_do_not_write_all_night(street: Street) -> None:
    said = {street.kannel("hello?") for _ in range(ANSWERS)}
    assert len(said) == 1
    assert DUTY in said.pop()
    assert street.kannel("hello?") == ""
    assert street.kannel("TALK") == CALLED
    assert street.kannel("TALK", "Safaricom") == ""  # a name can't be called
    assert street.kannel("TALK", "+254700000010") == ""  # our own number


def test_when_it_can_not_be_kept_the_answer_is_a_number(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: object) -> None:
        raise sqlite3.OperationalError(f"disk full {JUMA}")

    monkeypatch.setattr(street.night.outside.half, "ask", full)
    assert street.kannel("TALK") == f"Please call {DUTY} now."
    assert f'<Dial phoneNumbers="{DUTY}"/>' in street.flash()
    assert street.ussd("1") == f"END Please call {DUTY} now."


def test_without_a_single_peer_the_answer_is_a_number(night: Night) -> None:
    street = Street(night)
    assert street.kannel("TALK") == f"Please call {DUTY} now."


# other providers -------------------------------------------------------------------------------------------------------------


def test_where_the_answer_carries_no_text_it_goes_as_one_of_its_own(street: Street) -> None:
    answer = street.post(f"{HERE}/sms/africastalking", data={"from": JUMA, "to": "22384", "text": "TALK", "id": "1", "date": "x"})
    assert (answer.status_code, answer.text) == (200, "")
    assert street.night.care_post.to(JUMA) == [CALLED]


def test_twilio_is_believed_by_its_signature(street: Street) -> None:
    form = {"From": JUMA, "Body": "TALK", "MessageSid": "SM1"}
    path = f"{HERE}/sms/twilio"
    signed = signature(Sealed("tw"), f"https://care.example{path}", form)
    assert street.post(path, data=form, headers={"X-Twilio-Signature": "x" + signed[1:]}).status_code == 404
    assert street.boxes() == []
    assert street.post(path, data=form, headers={"X-Twilio-Signature": signed}).text == (
        f"<Response><Message>{CALLED}</Message></Response>"
    )
    call, path = {"From": JUMA, "CallSid": "CA1"}, f"{HERE}/voice/twilio"
    signed = signature(Sealed("tw"), f"https://care.example{path}", call)
    assert '<Reject reason="busy"/>' in street.post(path, data=call, headers={"X-Twilio-Signature": signed}).text
    assert street.post(path, data=call).status_code == 404
    assert len(street.boxes()) == 1


def test_a_gateway_of_ones_own_gets_the_answer_in_its_answer(street: Street) -> None:
    answer = street.post(f"{HERE}/sms/gateway", json={"sender": JUMA, "text": "TALK"})
    assert answer.json() == {"reply": CALLED}
    assert street.post(f"{HERE}/voice/gateway", data={"caller": JUMA}).status_code == 204
    assert street.post(f"{HERE}/voice/gateway", data={"caller": "anonymous"}).status_code == 503


def test_a_stranger_gets_the_one_answer_that_all_get(street: Street) -> None:
    tries: list[tuple[str, dict[str, Any]]] = [
        ("/basic/v1/guess/sms/kannel", {"content": b"TALK", "headers": {"X-Kannel-From": JUMA}}),
        ("/basic/v1/guess/voice/africastalking", {"data": {"callerNumber": JUMA, "isActive": "1"}}),
        ("/basic/v1/guess/ussd/africastalking", {"data": {"phoneNumber": JUMA, "text": "1"}}),
        (f"{HERE}/sms/unknown", {"content": b"TALK"}),
        (f"{HERE}/sms/kannel", {"content": b"TALK"}),
        (f"{HERE}/sms/gateway", {"content": b"[1]"}),
        (f"{HERE}/sms/gateway", {"content": b"\xff"}),
        ("/basic/v1", {}),
        ("/care/v1/nothing", {}),
    ]
    answers = [street.post(path, **more) for path, more in tries]
    assert {(a.status_code, a.content) for a in answers} == {(404, answers[0].content)}
    assert len(answers[0].content) == 256
    assert street.boxes() == []


def test_more_than_a_text_can_be_is_refused(street: Street) -> None:
    assert street.post(f"{HERE}/sms/kannel", content=b"T" * 9000, headers={"X-Kannel-From": JUMA}).status_code == 413


# the missed call, the call out, the menu -------------------------------------------------------------------------------------


def test_a_missed_call_is_turned_away_unanswered_and_asks(street: Street) -> None:
    assert "<Reject/>" in street.flash()
    assert len(street.boxes()) == 1
    assert street.flash(isActive="0").endswith("<Response></Response>")
    assert f'<Dial phoneNumbers="{DUTY}"/>' in street.flash(caller="anonymous")
    assert [message for message in street.night.care_post.sent if message.to == JUMA] == []  # nothing comes to that phone


def test_a_call_of_ours_that_is_answered_says_its_sentence_twice_and_asks_for_nobody(street: Street) -> None:
    told = street.flash(direction="Outbound", clientRequestId="sw-abc")
    assert told.count("<Say>") == 2
    assert street.boxes() == []


def test_the_menu_asks_and_puts_a_peer_on_duty_and_off(street: Street) -> None:
    night = street.night
    grace = night.peers["Grace"]
    tel = grace.card["tel"]
    assert street.ussd("") == "CON 1 A colleague calls me"
    assert street.ussd("", tel) == "CON 1 A colleague calls me\n2 I am on call\n3 I am not on call"
    assert street.ussd("2", tel) == "CON For how many hours? 1 to 16"
    assert street.ussd("3", tel) == "END You are not on call now."
    night.run(grace.pages())
    assert not grace.on
    assert street.ussd("2*8", tel) == "END You are on call until 06:47."
    night.run(grace.pages())
    assert grace.on
    told = [text for text in night.care_post.to(tel) if text != TESTS]
    assert told[-2:] == ["You are not on call now.", "You are on call until 06:47."]  # a stranger's press is seen
    for typed in ("2", "3", "2*8", "2*99", "nonsense", "1*1"):
        assert street.ussd(typed) == f"END Please call {DUTY} now."
    assert street.ussd("2*99", tel) == f"END Please call {DUTY} now."
    night.run(grace.pages())
    assert grace.on


def test_a_peer_whose_key_ends_too_early_is_sent_to_their_page(street: Street) -> None:
    night = street.night
    grace = night.peers["Grace"]
    night.clock.move(days=35)
    night.run(grace.login())
    assert street.ussd("2*16", grace.card["tel"]) == "END Open your page once first, then come back."


def test_the_duty_phone_answers_its_test_by_one_call_and_else_the_coordinator_is_told(night: Night) -> None:
    chief = "+254700000088"
    street, grace = Street(night, coordinator_phone=chief), night.peer("Grace", on=False)

    def begins() -> None:
        night.run(grace.login())
        night.run(grace.duty(night.clock.now() + timedelta(hours=2)))
        night.tick()

    def after(minutes: int) -> int:
        night.pass_time(minutes=minutes)
        night.run(night.outside.half.planning.landed())
        return night.care_post.to(chief).count(LATE)

    begins()
    assert set(night.care_post.to(DUTY)) == {PHONE.format(tel="+254700000010")}  # it has no page to open
    assert "<Reject/>" in street.flash(DUTY)
    assert street.boxes() == []  # it wanted nothing
    assert after(minutes=20) == 0
    street.flash(DUTY)
    assert len(street.boxes()) == 1  # whoever holds it may want a colleague, too
    night.pass_time(days=1)
    begins()
    assert after(minutes=9) == 0
    assert after(minutes=1) == 1
    assert after(minutes=30) == 1  # told once
    assert street.kannel("ok", DUTY) == ""  # late is as good
    assert night.rows("outside", "reminder")["reminder"] != []
    assert "phone due" not in [row[1] for row in night.rows("outside", "reminder")["reminder"]]
