"""A loss that never was reaches the one colleague who knows of it, nobody else, and can be taken back."""

from dataclasses import replace

import pytest

from aftercall.inside.feeds.lists import staff_in
from aftercall.inside.feeds.pretended import Unnamed, message
from tests.world import Night

SECOND = 34  # hours after which the second message has come: a day later is in the quiet hours, so it waits for the morning


def test_one_colleague_gets_the_note_and_nothing_more_once_it_is_taken_back(evening: Night) -> None:
    amina = next(one for one in staff_in(evening.inside_settings.staff) if one.staff == "amina")
    evening.hear(message(amina, evening.clock.now(), "M1"))
    evening.tick()
    assert [one.to for one in evening.hospital_post.sent] == [amina.phone]
    evening.clock.move(minutes=5)
    evening.hear(message(amina, evening.clock.now(), "M2", back=True))
    evening.pass_time(hours=SECOND)
    assert len(evening.hospital_post.sent) == 1


def test_not_taken_back_it_goes_on_as_any_loss(evening: Night) -> None:
    amina = next(one for one in staff_in(evening.inside_settings.staff) if one.staff == "amina")
    evening.hear(message(amina, evening.clock.now(), "M1"))
    evening.tick()
    evening.pass_time(hours=SECOND)
    assert [one.to for one in evening.hospital_post.sent] == [amina.phone, amina.phone]


def test_who_has_no_number_can_not_be_named(evening: Night) -> None:
    (first, *_) = staff_in(evening.inside_settings.staff)
    with pytest.raises(Unnamed, match="without a number in the column ids"):
        message(replace(first, ids=()), evening.clock.now(), "M1")
