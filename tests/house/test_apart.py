"""The two halves have nothing in common that a provider could join them by, and refuse to start when they have."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from aftercall.apart import check_apart, prints, shared
from aftercall.config import Inside, Outside, Wrong
from aftercall.inside import run as inside_run
from aftercall.outside import run as outside_run
from aftercall.words import Sealed

LINK = "https://care.example/#four-words"


@pytest.fixture
def halves(tmp_path: Path) -> tuple[Inside, Outside]:
    inside = Inside(
        data=tmp_path / "inside", care_link=LINK, sms_url="https://sms.example/", sms_token=Sealed("one"), sms_sender="NOTE",
        address="https://hospital.example", inbound_token=Sealed("in"),
    )  # fmt: skip
    outside = Outside(
        data=tmp_path / "outside", programme="p", name="n", run_by="r", codes=["x"], duty_tel="+1", lines=[], kannel_url="http://k/",
        kannel_user="care", kannel_password=Sealed("two"), kannel_sender="+254 700 000 010", inbound_token=Sealed("out"),
        address="https://care.example", push_contact="mailto:a@b.example",
    )  # fmt: skip
    return inside, outside


def test_two_halves_with_their_own_accounts_have_nothing_in_common(halves: tuple[Inside, Outside]) -> None:
    inside, outside = halves
    assert shared(inside, outside) == []
    check_apart(replace(inside, theirs=prints(outside)))
    check_apart(replace(outside, theirs=prints(inside)))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"sms_token": Sealed("two")}, {}),  # a password, whatever it is called
        ({"inbound_token": Sealed("out")}, {}),
        ({"sms_sender": "+254700000010"}, {}),  # a number, however it is written
        ({"twilio_account": "AC1"}, {"twilio_account": "ac1"}),
        ({"africastalking_user": "kisumu"}, {"africastalking_user": "kisumu"}),
        ({"mail_host": "m.example", "mail_user": "u"}, {"mail_host": "m.example", "mail_user": "u"}),
        ({"mail_sender": "notes@m.example"}, {"mail_sender": "Notes@m.example"}),
        ({"address": "https://care.example:443/desk"}, {}),
    ],
)
def test_what_is_the_same_is_found_by_both_and_neither_starts(
    halves: tuple[Inside, Outside], ours: dict[str, object], theirs: dict[str, object]
) -> None:
    inside, outside = replace(halves[0], **ours), replace(halves[1], **theirs)  # type: ignore[arg-type]
    assert shared(inside, outside)
    with pytest.raises(Wrong, match="the other half has the same"):
        check_apart(replace(inside, theirs=prints(outside)))
    with pytest.raises(Wrong, match="the other half has the same"):
        check_apart(replace(outside, theirs=prints(inside)))


def test_the_check_stands_before_the_start_of_each_half(halves: tuple[Inside, Outside]) -> None:
    inside, outside = halves
    with pytest.raises(Wrong, match="sms_token"):
        inside_run.check_settings(replace(inside, sms_token=Sealed("two"), theirs=prints(outside)))
    ready = replace(outside, lines=[{"name": "n", "tel": "1"}], kannel_password=Sealed("one"))
    with pytest.raises(Wrong, match="kannel_password"):
        outside_run.check_settings(replace(ready, theirs=prints(inside)))
    with pytest.raises(Wrong, match="never share an address"):
        inside_run.check_settings(replace(inside, address="https://care.example"))


def test_a_print_holds_nothing_that_could_be_read(halves: tuple[Inside, Outside]) -> None:
    text = " ".join(prints(halves[1]))
    assert [value for value in ("two", "out", "254", "care", "700000010") if value in text.lower().split()] == []
    assert len(set(map(len, prints(halves[1])))) == 1


def test_a_half_that_can_not_know_says_so(halves: tuple[Inside, Outside], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        check_apart(halves[0])
    assert "can't know" in caplog.text
