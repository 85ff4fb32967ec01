"""Tonight, tomorrow: a later ask stands until its hour, rings nobody before, and can be taken back."""

from datetime import timedelta

import pytest
from aftercall_stage.phones import Gone, Refused

from tests.world import START, Night

DUTY = "+254700000099"
TONIGHT = START.replace(hour=21, minute=0)  # an hour and thirteen minutes away


def rung(night: Night) -> list[str]:
    return [message.to for message in night.care_post.sent if "test" not in message.text]


def test_a_later_ask_rings_at_its_hour_whoever_is_on_duty_then(night: Night) -> None:
    grace, peter = night.peer("Grace"), night.peer("Peter", on=False)
    phone = night.asker()
    assert night.run(phone.ask(later=TONIGHT)) == 0
    assert phone.asked["duty"] == 0  # nobody is rung, the duty phone neither
    stands = night.run(phone.look())
    assert (stands.state, stands.rung) == ("later", ())
    (box,) = night.rows("outside", "box")["box"]
    assert TONIGHT.timestamp() in box  # a whole hour, and no other time
    assert len(night.rows("outside", "page_copy")["page_copy"]) == 2  # a copy for every peer, on duty or not
    night.pass_time(hours=1, minutes=12, seconds=59)
    assert rung(night) == []
    assert night.run(grace.pages()) == []  # nor in anybody's sight
    night.run(grace.off())
    night.run(peter.duty(night.clock.now() + timedelta(hours=8)))
    night.pass_time(seconds=1)
    assert rung(night) == [peter.card["tel"]]
    assert night.run(phone.look()).rung == (peter.pid,)
    (page,) = night.run(peter.pages())
    assert night.run(peter.take(page.box))
    assert night.run(phone.look()).taker == peter.pid


def test_a_later_ask_for_everyone_rings_all_at_its_hour(evening: Night) -> None:
    for name in ("Grace", "Peter", "Halima", "Kevin"):
        evening.peer(name)
    evening.run(evening.asker().ask(later=TONIGHT, everyone=True))
    evening.pass_time(hours=1, minutes=13)
    assert len(set(rung(evening))) == 5


def test_a_later_ask_that_is_taken_back_rings_nobody_and_leaves_nothing(evening: Night) -> None:
    evening.peer("Grace")
    phone = evening.asker()
    evening.run(phone.ask(later=TONIGHT))
    evening.run(phone.close())
    assert evening.rows("outside", "box", "page_copy", "ring") == {"box": [], "page_copy": [], "ring": []}
    evening.pass_time(hours=2)
    assert rung(evening) == []


def test_a_later_ask_outlives_a_restart_and_is_not_early_for_it(evening: Night) -> None:
    grace = evening.peer("Grace")
    evening.run(evening.asker().ask(later=TONIGHT))
    evening.stop()
    evening.start()
    evening.tick()
    assert rung(evening) == []
    evening.pass_time(hours=2)  # and what should have rung while nobody ran rings now
    assert rung(evening) == [grace.card["tel"]]


def test_nobody_on_duty_at_that_hour_is_the_duty_phone_at_that_hour(evening: Night) -> None:
    evening.peer("Grace", on=False)
    phone = evening.asker()
    evening.run(phone.ask(later=TONIGHT))
    evening.pass_time(hours=1, minutes=13)
    assert rung(evening) == [DUTY]
    assert evening.run(phone.look()).wave == 3


def test_an_hour_that_has_begun_is_now_and_one_too_far_away_is_refused(evening: Night) -> None:
    grace = evening.peer("Grace")
    assert evening.run(evening.asker().ask(later=START.replace(minute=0))) == 1
    evening.tick()
    assert rung(evening) == [grace.card["tel"]]
    with pytest.raises(Refused, match="two days"):
        evening.run(evening.asker().ask(later=START.replace(minute=0) + timedelta(hours=49)))


def test_an_ask_not_acknowledged_for_an_hour_that_passed_is_rung_when_it_comes(evening: Night) -> None:
    """The phone was without a network; what it posts in the end names an hour that has begun."""
    grace = evening.peer("Grace")
    phone = evening.asker()
    evening.run(phone.ask(later=TONIGHT))
    posted = phone.held()
    evening.run(phone.close())
    other = posted.body.replace(posted.box, "ab" * 16)
    evening.clock.move(hours=3)
    posted.body, posted.box = other, "ab" * 16
    phone.memory.open = posted
    assert evening.run(phone.again()) == 1
    evening.tick()
    assert rung(evening) == [grace.card["tel"]]


def test_a_standing_ask_has_a_week_from_its_hour(evening: Night) -> None:
    evening.peer("Grace")
    tomorrow = START.replace(minute=0) + timedelta(hours=24)
    evening.run(evening.asker().ask(later=tomorrow))
    now, after = (evening.asker() for _ in range(2))
    evening.run(now.ask())
    days = sorted(row[10] for row in evening.rows("outside", "box")["box"])
    assert days[1] - days[0] == 1
    with pytest.raises(Gone):
        evening.run(after.look())
