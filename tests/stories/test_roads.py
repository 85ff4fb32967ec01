"""Each peer is rung by the roads their phone has set, in its order, until one of them goes; and by none after an answer."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from aftercall_stage.phones import Refused

from aftercall.locale import LANGUAGES, speak
from aftercall.outside.ringing import CALL, MORE, RING, SUBJECT
from aftercall.send import Later, Never
from aftercall.words import Message
from tests.world import TESTS, Night

DUTY = "+254700000099"
PUSH, MAIL = "https://push.example/subscription/1", "grace@peers.example"
GSM7 = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)


@pytest.fixture
def night(tmp_path: Path, urls: tuple[str, str]) -> Iterator[Night]:
    """A night with every road a care half can have."""
    this = Night(tmp_path, *urls, roads=("push", "voice", "mail"))
    yield this
    this.close()


@pytest.fixture
def evening(tmp_path: Path) -> Iterator[Night]:
    this = Night(tmp_path, roads=("push", "voice", "mail"))
    yield this
    this.close()


def by(night: Night, road: str) -> list[str]:
    return [message.to for message in night.care_roads[road].sent]


def counts(night: Night) -> dict[str, int]:
    return {road: len(by(night, road)) for road in ("push", "sms", "voice", "mail")}


def test_each_road_has_its_own_delay_and_none_rings_after_the_answer(night: Night) -> None:
    grace = night.peer("Grace")
    night.run(grace.rung_by(("push", PUSH, 0), ("sms", "+254700100077", 60), ("mail", MAIL, 120), ("voice", "+254700100078", 180)))
    night.run(night.asker().ask())
    night.tick()
    assert counts(night) == {"push": 1, "sms": 0, "voice": 0, "mail": 0}
    night.pass_time(seconds=59)
    assert counts(night)["sms"] == 0  # never early
    night.pass_time(seconds=1)
    assert by(night, "sms") == ["+254700100077"]
    night.pass_time(seconds=60)
    assert by(night, "mail") == [MAIL]
    (page,) = night.run(grace.pages())
    night.run(grace.take(page.box))
    night.pass_time(seconds=90)
    assert by(night, "voice") == []
    assert night.rows("outside", "ring")["ring"] == []


def test_a_road_that_says_never_falls_over_at_once_to_the_next(night: Night) -> None:
    grace = night.peer("Grace")
    night.run(grace.rung_by(("push", PUSH, 0), ("sms", "+254700100077", 60), ("mail", MAIL, 120)))
    night.care_roads["push"].down = Never("no such subscription any more")
    night.care_roads["sms"].down = Never("no such number")
    night.run(night.asker().ask())
    night.tick()
    assert counts(night) == {"push": 0, "sms": 0, "voice": 0, "mail": 1}  # all within the same second
    night.care_roads["mail"].down = Never("no such address")
    night.run(night.asker().ask())
    night.tick()
    assert by(night, "voice") == [grace.card["tel"]]  # and in the end the number on the card


def test_an_outage_of_one_provider_with_two_roads_rings_by_the_third_while_it_is_tried_again(night: Night) -> None:
    grace = night.peer("Grace")
    night.run(grace.rung_by(("sms", "+254700100077", 0), ("voice", "+254700100077", 60), ("push", PUSH, 120)))
    out = Later("the provider does not answer")
    night.care_roads["sms"].down = night.care_roads["voice"].down = out
    night.run(night.asker().ask())
    night.tick()
    assert by(night, "push") == [PUSH]
    night.care_roads["sms"].down = night.care_roads["voice"].down = None
    night.pass_time(seconds=5)
    assert counts(night) == {"push": 1, "sms": 1, "voice": 1, "mail": 0}  # trying again helped
    night.pass_time(seconds=200)
    assert counts(night) == {"push": 1, "sms": 1, "voice": 1, "mail": 0}  # and no road rings twice


def test_who_has_set_nothing_is_texted_and_a_minute_later_called_or_at_once_when_texts_are_out(evening: Night) -> None:
    grace, phone = evening.peer("Grace"), evening.asker()
    evening.run(phone.ask())
    evening.pass_time(seconds=59)
    assert counts(evening) == {"push": 0, "sms": 1, "voice": 0, "mail": 0}
    evening.pass_time(seconds=1)
    assert counts(evening) == {"push": 0, "sms": 1, "voice": 1, "mail": 0}
    evening.pass_time(seconds=200)
    assert counts(evening) == {"push": 0, "sms": 1, "voice": 1, "mail": 0}
    evening.run(phone.close())
    evening.care_roads["voice"].sent.clear()
    evening.care_post.down = Later("busy")
    evening.run(evening.asker().ask())
    evening.tick()
    assert by(evening, "voice") == [grace.card["tel"]]
    evening.pass_time(seconds=200)
    assert len(by(evening, "voice")) == 1


def test_a_provider_known_to_be_out_is_not_waited_for(evening: Night) -> None:
    """After three failures in a row the next road goes along with the try, not after it."""
    grace = evening.peer("Grace")
    evening.care_post.down = Later("silence")
    for _ in range(3):
        phone = evening.asker()
        evening.run(phone.ask())
        evening.tick()
        evening.run(phone.close())
    hanging = Hanging()
    evening.outside.half.ringing._roads._roads["sms"] = hanging
    evening.run(evening.asker().ask())

    async def one_round() -> int:
        for _ in range(3):
            await evening.outside.half.tick()
        for _ in range(200):
            if len(by(evening, "voice")) > 3:
                break
            await hanging.turn()
        hanging.let_go.set()
        await evening.outside.half.flight.landed()
        return len(by(evening, "voice"))

    assert evening.run(one_round()) == 4
    assert set(by(evening, "voice")) == {grace.card["tel"]}


class Hanging:
    """A provider that takes the connection and says nothing."""

    def __init__(self) -> None:
        self.let_go = asyncio.Event()

    async def send(self, message: Message) -> None:
        await self.let_go.wait()
        raise Later("silence")

    async def turn(self) -> None:
        await asyncio.sleep(0.01)


def test_the_duty_phone_is_called_and_texted(evening: Night) -> None:
    evening.peer("Grace", on=False)
    evening.run(evening.asker().ask())
    evening.tick()
    assert (by(evening, "sms"), by(evening, "voice")) == ([DUTY], [DUTY])


def test_a_late_road_of_a_peer_who_said_no_or_went_off_duty_stays_silent(evening: Night) -> None:
    grace, peter = evening.peer("Grace"), evening.peer("Peter")
    for one in (grace, peter):
        evening.run(one.rung_by(("sms", one.card["tel"], 0), ("voice", one.card["tel"], 60)))
    evening.run(evening.asker().ask())
    evening.tick()
    (page,) = evening.run(grace.pages())
    evening.run(grace.pass_on(page.box))
    evening.run(peter.off())
    evening.pass_time(seconds=100)
    assert by(evening, "voice") == []


def test_with_the_last_wave_nobody_waits_for_a_late_road(evening: Night) -> None:
    grace, phone = evening.peer("Grace"), evening.asker()
    evening.run(grace.rung_by(("sms", grace.card["tel"], 0), ("voice", grace.card["tel"], 400)))
    evening.run(phone.ask())
    evening.pass_time(minutes=4, seconds=59)
    assert by(evening, "voice") == []
    evening.pass_time(seconds=1)  # the last wave: nobody else is on duty
    assert sorted(by(evening, "voice")) == sorted([DUTY, grace.card["tel"]])
    evening.run(phone.close())
    evening.care_roads["voice"].sent.clear()
    evening.run(evening.asker().ask(everyone=True))
    evening.tick()
    assert sorted(by(evening, "voice")) == sorted([DUTY, grace.card["tel"]])  # "everyone" is everyone, by all they have


def test_what_goes_out_is_short_neutral_and_by_push_nothing_at_all(evening: Night) -> None:
    grace = evening.peer("Grace")
    evening.run(grace.rung_by(("push", PUSH, 0), ("sms", grace.card["tel"], 0), ("mail", MAIL, 0), ("voice", grace.card["tel"], 0)))
    evening.run(evening.asker().ask())
    evening.tick()
    (push,), (text,), (mail,), (call,) = (evening.care_roads[road].sent for road in ("push", "sms", "mail", "voice"))
    assert (push.text, push.subject) == ("", "")
    assert (mail.subject, mail.text) == ("On call", text.text)
    assert len(call.text) <= 80
    assert len({m.key for m in (push, text, mail, call)}) == 4
    for language in LANGUAGES:
        for words in map(speak(language), (RING, MORE, CALL, SUBJECT)):
            assert len(words) <= 160
            for word in ("peer", "support", "death", "died", "aftercall", "care", "distress", "talk"):
                assert word not in words.lower()
    for words in map(speak("en"), (RING, MORE, CALL, SUBJECT)):
        assert set(words) <= GSM7
    assert set(speak("sw")(RING) + speak("sw")(MORE)) <= GSM7


def test_nothing_is_kept_of_what_was_delivered(evening: Night) -> None:
    """A delivery receipt has no row to stand in: after a ring went out all rows are as if it had never been."""
    grace = evening.peer("Grace")
    evening.run(grace.rung_by(("sms", grace.card["tel"], 0)))
    evening.run(evening.asker().ask())
    before = evening.rows("outside", "peer", "box", "page_copy", "session", "reach")
    evening.tick()
    assert by(evening, "sms") == [grace.card["tel"]]
    assert evening.rows("outside", "peer", "box", "page_copy", "session", "reach") == before
    assert evening.rows("outside", "ring")["ring"] == []


@pytest.mark.parametrize(
    "road",
    [
        ("sms", "not a number", 0),
        ("mail", "two@words here", 0),
        ("mail", "a@b\nBcc: c@d", 0),
        ("push", "http://push.example/1", 0),
        ("push", "https://push.example/1", 601),
        ("pigeon", "loft", 0),
    ],
)
def test_a_road_that_can_not_be_gone_is_refused(evening: Night, road: tuple[str, str, int]) -> None:
    grace = evening.peer("Grace")
    evening.run(grace.rung_by(("sms", "+254700100077", 0)))
    with pytest.raises(Refused, match="form"):
        evening.run(grace.rung_by(("mail", MAIL, 0), road))
    assert len(evening.rows("outside", "reach")["reach"]) == 1  # what stood before stands


def test_when_no_road_of_a_wave_goes_the_next_wave_rings_at_once(night: Night) -> None:
    """A dead number is no reason to wait five minutes. Whose page is open sees it all the same."""
    night.all_peers()
    for peer in night.peers.values():
        night.run(peer.rung_by(("sms", peer.card["tel"], 0)))
    night.care_post.fail = [Never("no such number")] * 3
    night.care_roads["voice"].fail = [Never("no such number")] * 3  # the card's number, as a spare
    phone = night.asker()
    night.run(phone.ask())
    night.tick()
    assert counts(night) == {"push": 0, "sms": 5, "voice": 0, "mail": 0}
    assert night.run(phone.look()).wave == 2
    night.pass_time(minutes=4, seconds=59)
    assert counts(night)["sms"] == 5  # the third wave waits for its time
    night.pass_time(seconds=1)
    assert len(set(by(night, "sms"))) == 10  # with those of the first, and the duty phone


def test_while_one_phone_of_a_wave_was_reached_or_one_road_is_left_the_next_wave_waits(night: Night) -> None:
    night.all_peers()
    for peer in night.peers.values():
        night.run(peer.rung_by(("sms", peer.card["tel"], 0)))
    night.care_post.fail = [Never("no such number")] * 3
    night.care_roads["voice"].fail = [Never("no such number")] * 2
    phone = night.asker()
    night.run(phone.ask())
    night.pass_time(minutes=4)
    assert counts(night) == {"push": 0, "sms": 0, "voice": 1, "mail": 0}
    assert night.run(phone.look()).wave == 1
    reached = next(p for p in night.peers.values() if p.card["tel"] == by(night, "voice")[0])
    night.stop()
    night.start()  # what failed is known after a restart, too
    for peer in night.peers.values():
        peer.line.client = night.wire()
    (page,) = night.run(reached.pages())
    night.run(reached.pass_on(page.box))  # the only one who heard it says no
    night.tick()
    assert counts(night)["sms"] == 5


def test_when_nothing_goes_at_all_everybody_is_tried_once_and_the_ladder_keeps_its_time(evening: Night) -> None:
    evening.all_peers()
    evening.care_post.down = evening.care_roads["voice"].down = Never("the account is closed")
    phone = evening.asker()
    evening.run(phone.ask())
    evening.tick()
    assert evening.run(phone.look()).wave == 3
    tried = {(row[2], row[3]) for row in evening.rows("outside", "ring")["ring"]}
    assert len(tried) == 2 * 10
    evening.care_post.down = None
    evening.pass_time(seconds=59)
    assert by(evening, "sms") == []
    evening.pass_time(seconds=1)
    assert len(by(evening, "sms")) == 10  # the next round tries all anew
    evening.run(phone.close())
    assert evening.rows("outside", "ring")["ring"] == []


def test_roads_go_with_the_peer(evening: Night) -> None:
    grace = evening.peer("Grace")
    evening.run(grace.rung_by(("sms", "+254700100077", 0)))
    evening.run(grace.rung_by())
    assert evening.rows("outside", "reach")["reach"] == []  # an empty list: the card again
    evening.run(grace.rung_by(("mail", MAIL, 0)))
    evening.revoke(grace)
    assert evening.rows("outside", "reach")["reach"] == []


def test_a_road_whose_test_did_not_arrive_holds_up_nobody(evening: Night) -> None:
    """A text that never comes would go unnoticed while the page is open: so its test counts for itself."""
    grace = evening.peer("Grace")
    evening.run(grace.rung_by(("sms", grace.card["tel"], 0, False), ("voice", "+254700100078", 120), ("mail", MAIL, 180)))
    evening.run(evening.asker().ask())
    evening.tick()
    assert counts(evening) == {"push": 0, "sms": 1, "voice": 1, "mail": 0}
    evening.pass_time(seconds=180)
    assert counts(evening) == {"push": 0, "sms": 1, "voice": 1, "mail": 1}


def test_a_test_goes_by_its_road_alone_says_so_and_once_a_minute(evening: Night) -> None:
    grace = evening.peer("Grace", on=False)
    evening.run(grace.rung_by(("sms", grace.card["tel"], 60), ("mail", MAIL, 0)))
    evening.run(grace.test_by("sms"))
    evening.tick()
    assert (evening.care_post.to(grace.card["tel"]), by(evening, "mail")) == ([TESTS], [])
    with pytest.raises(Refused, match="road"):
        evening.run(grace.test_by("sms"))
    with pytest.raises(Refused, match="road"):
        evening.run(grace.test_by("voice"))
    evening.pass_time(minutes=1)
    evening.run(grace.test_by("sms"))
    evening.tick()
    assert len(evening.care_post.to(grace.card["tel"])) == 2
