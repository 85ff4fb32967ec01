"""No feed at all: the screen in the unit. The same care at once, nobody twice, and a mistake is taken back."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.stories.ward import (
    AMINA,
    CONTACTS,
    ON_SHIFT,
    Ward,
    form_in,
    opened,
    press,
    shown,
    told,
)
from tests.world import Night, adt


@pytest.fixture
def ward(night: Night) -> Ward:
    return night, opened(night)


# the screen in the unit ----------------------------------------------------------------------------------------------------


def test_everybody_on_the_rota_of_that_unit_gets_the_note_at_once(ward: Ward) -> None:
    night, _ = ward
    answer = press(ward)
    assert told(night) == ON_SHIFT
    assert "It is noted." in shown(ward, answer)
    assert "same short note" in shown(ward, answer)


def test_at_once_even_where_feeds_have_to_settle(ward: Ward) -> None:
    night, _ = ward
    night.inside.half.rules = replace(night.inside.half.rules, settle=timedelta(minutes=5))
    press(ward)
    assert told(night) == ON_SHIFT


def test_a_second_press_of_the_same_form_is_the_same_loss(ward: Ward) -> None:
    night, wire = ward
    form = form_in(night.run(wire.get("/unit/RES")))
    answers = {press(ward, form=form).headers["location"] for _ in range(3)}
    assert len(answers) == 1
    assert len(night.rows("inside", "event")["event"]) == 1
    assert len(night.hospital_post.sent) == len(ON_SHIFT)


def test_two_at_the_same_instant_are_one(ward: Ward) -> None:
    night, wire = ward
    form = form_in(night.run(wire.get("/unit/RES")))
    given = {"form": form, "code": night.inside.office.code("RES")}

    async def both() -> None:
        first, other = wire.post("/unit/RES", data=given), wire.post("/unit/RES", data=given)
        await asyncio.gather(first, other)

    night.run(both())
    assert len(night.rows("inside", "event")["event"]) == 1


def test_a_mistake_is_taken_back_and_cannot_be_told_again_by_going_back(ward: Ward) -> None:
    night, wire = ward
    form = form_in(night.run(wire.get("/unit/RES")))
    answer = press(ward, form=form)
    night.clock.move(minutes=1)
    back = night.run(wire.post(answer.headers["location"]))
    assert "It is taken back." in shown(ward, back)
    assert night.rows("inside", "attendance")["attendance"] == []
    night.clock.move(minutes=1)
    assert "It is taken back." in shown(ward, press(ward, form=form))
    night.pass_time(days=2)
    assert len(night.hospital_post.sent) == len(ON_SHIFT)


def test_taken_back_in_the_same_second(ward: Ward) -> None:
    night, wire = ward
    night.run(wire.post(press(ward).headers["location"]))
    assert night.rows("inside", "attendance")["attendance"] == []


def test_the_feeds_later_word_of_the_same_patient_is_the_same_loss(ward: Ward) -> None:
    night, wire = ward
    wire = opened(night, replace(CONTACTS, authority="KISUMU"))
    press((night, wire), number="778899")
    night.hear(adt())
    night.tick()
    assert len(night.rows("inside", "event")["event"]) == 1
    assert told(night) == ON_SHIFT | {AMINA}
    assert not [row for table in night.rows("inside", "notice", "alias", "event").values() for row in table if "778899" in str(row)]


def test_a_mistake_by_hand_does_not_take_back_what_the_feed_said(ward: Ward) -> None:
    night, wire = ward
    wire = opened(night, replace(CONTACTS, authority="KISUMU"))
    answer = press((night, wire), number="778899")
    night.hear(adt())
    night.run(wire.post(answer.headers["location"]))
    night.tick()
    assert AMINA in told(night)
    assert {row[4] for row in night.rows("inside", "event")["event"]} == {"confirmed"}


def test_an_expected_death_writes_to_nobody_and_says_so(ward: Ward) -> None:
    answer = press(ward, expected="yes")
    assert told(ward[0]) == set()
    assert "nobody is written to unasked" in shown(ward, answer)


def test_where_nobody_stands_on_the_rota_the_page_says_so(ward: Ward) -> None:
    answer = press(ward, when="earlier", time="2026-11-22T02:00")
    assert "Nobody stands on the rota" in shown(ward, answer)
    assert told(ward[0]) == set()


def test_earlier_reaches_those_who_were_there_then(ward: Ward) -> None:
    night, _ = ward
    press(ward, when="earlier", time="2026-11-22T22:15")
    assert told(night) == ON_SHIFT
