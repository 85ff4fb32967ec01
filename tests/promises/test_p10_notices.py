"""The notice says nothing: every text, mail, call and push is one that was agreed on, the same for all who speak that language."""

from typing import Any

import pytest

from aftercall.inside import posting
from aftercall.locale import LANGUAGES
from aftercall.locale.revealing import revealing
from aftercall.outside import ringing
from aftercall.words import Message
from tests import world
from tests.promises.checks import notices_tell
from tests.promises.notices import TO_ANYBODY, agreed, spoken, tells
from tests.promises.recorded import Night as Recorded
from tests.promises.twins import Caught
from tests.world import Night, adt

OURS = ("Resus", "RES", "Intensive care", "ICU", "Kisumu", "Juma", "Amina", "Wanjiru", "Mwangi", "778899", "112233", "Grace")


def test_every_text_in_every_language_is_as_it_was_agreed_on() -> None:
    assert spoken() == agreed(), "read the change with somebody who speaks it, then run python -m tests.promises.notices"


@pytest.mark.parametrize("language", LANGUAGES)
def test_none_of_them_has_a_word_that_tells_a_stranger(language: str) -> None:
    assert {text: found for text in TO_ANYBODY if (found := revealing(language, agreed()[language][text]))} == {}


def test_what_the_gateways_of_a_whole_night_were_given_was_agreed_on(night: Recorded) -> None:
    assert notices_tell(night) == []


def everything_sent(folder: Any, monkeypatch: pytest.MonkeyPatch) -> list[Message]:
    """Two losses of unlike weight in two units, for people of four languages; an ask that rings by every road; a test of each."""
    monkeypatch.setattr(world, "STAFF", world.STAFF.replace(",sw,RES,nurse", ",fr,RES,nurse").replace(",en,ICU", ",es,ICU"))
    night = Night(folder, roads=("mail", "voice", "push"))
    try:
        night.all_peers()
        grace = night.peers["Grace"]
        push, mail = ("push", "https://push.example/1", 0), ("mail", "grace@x.example", 0)
        night.run(grace.rung_by(push, ("sms", "+254700100000", 0), ("voice", "+254700100000", 0), mail))
        for road in ("push", "sms", "voice", "mail"):
            night.run(grace.test_by(road))
        night.tick()
        night.hear(adt())
        night.hear(adt(night.clock.now(), control="M2", patient="112233", PV1_3="ICU^2^1^KISUMU", PV1_7="", PID_7="19360301"))
        night.run(night.asker().ask(everyone=True, name="Amina", tel="+254700000002"))
        for hours in (0, 0.1, 25, 47, 7 * 24):
            night.pass_time(hours=hours)
        return [*night.hospital_post.sent, *(message for post in night.care_roads.values() for message in post.sent)]
    finally:
        night.close()


def test_all_that_leaves_by_any_road_was_agreed_on_and_is_the_same_for_all(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = everything_sent(tmp_path, monkeypatch)
    assert list(tells(sent)) == []
    assert {message.road for message in sent} == {"sms", "mail", "voice", "push"}
    notes = {message.text for message in sent if world.LINK in message.text}
    assert len(notes) == len(LANGUAGES), "one text in each language, whatever happened, wherever"
    assert [word for word in OURS for message in sent if word in f"{message.text} {message.subject}"] == []


def the_unit_in_the_subject(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that it can be filed."""
    real = posting.Posting._worded

    def worded(self: Any, one: Any) -> list[Message]:
        return [Message(m.road, m.to, m.text, m.key, f"{m.subject}: Resus") for m in real(self, one)]

    monkeypatch.setattr(posting.Posting, "_worded", worded)


def a_push_that_says_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the lock screen shows for what it rings."""
    real = ringing.Ringing._worded

    def worded(self: Any, one: Any) -> Message:
        m = real(self, one)
        return Message(m.road, m.to, m.text or "A colleague needs support", m.key, m.subject, m.language)

    monkeypatch.setattr(ringing.Ringing, "_worded", worded)


@pytest.mark.parametrize(
    ("leak", "names"),
    [(the_unit_in_the_subject, "the subject is none that"), (a_push_that_says_it, "a push carries")],
)
def test_a_planted_leak_is_caught_and_named(
    leak: Any, names: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, caught: Caught
) -> None:
    leak(monkeypatch)
    named = [line for line in tells(everything_sent(tmp_path, monkeypatch)) if names in line]
    caught("P10", leak.__name__.replace("_", " "), next(iter(named), ""))
    assert named
