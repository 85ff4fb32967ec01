"""Which feeds speak, which fell silent, and what lay aside: seen by the coordinator and by IT, and never what a message said."""

import pytest

from aftercall.inside.road.notice import Unread
from aftercall.inside.store import ledger
from aftercall.signin.seat import IT, Person
from tests.device import Device
from tests.stories.ward import Ward, let_in, opened, see, sign_in
from tests.world import Night, adt


@pytest.fixture
def ward(evening: Night) -> Ward:
    return evening, opened(evening)


@pytest.fixture
def both(night: Night) -> Ward:
    return night, opened(night)


def feeds(ward: Ward, asked: str = "") -> str:
    answer = ward[0].run(ward[1].get(f"/desk/feeds{asked}"))
    assert answer.status_code == 200
    return answer.text


def it_comes_in(ward: Ward) -> None:
    sign_in(ward)
    reception = ward[0].inside.reception
    link = ward[0].run(reception.link(Person("omondi", "Omondi", IT), "add", Person("n", "Njeri", "coordinator")))
    ward[1].cookies.clear()
    let_in(ward, link, Device())


def test_where_nothing_was_heard_the_page_says_how_to_try_it(ward: Ward) -> None:
    sign_in(ward)
    page = feeds(ward)
    assert "Not heard yet" in page
    assert "aftercall replay FILE" in page


def test_a_feed_says_when_it_was_heard_how_often_and_what_was_not_read(ward: Ward) -> None:
    night, _ = ward
    night.hear(adt())
    night.hear(adt(control="M2", PID_3=""))
    night.clock.move(minutes=12)
    it_comes_in(ward)
    page = feeds(ward)
    assert "mllp EPIC KISUMU" in page
    assert "22.11. 22:47 (12 min)" in page
    assert 'data-of="In 24 hours">2; not read: 1<' in page
    assert "PID-3" in page
    assert "778899" not in page
    night.clock.move(hours=25)
    it_comes_in(ward)
    page = feeds(ward)
    assert 'data-of="In 24 hours">0<' in page
    assert "SILENT" in page


def test_what_lay_aside_comes_fifty_at_a_time(both: Ward) -> None:
    night, _ = both
    for n in range(120):
        what = Unread("ADT^A03", "no-patient", f"PID-{n}", "Send PID-3.")
        night.run(night.inside_store.do(ledger.put_aside, "hospital", what, night.clock.now()))
    sign_in(both)
    assert "In 30 days: 120." in see(both)
    first, last, beyond = feeds(both), feeds(both, "?page=3"), feeds(both, "?page=9")
    assert (first.count("Send PID-3."), last.count("Send PID-3."), beyond.count("Send PID-3.")) == (50, 20, 0)
    assert 'rel="next"' in first
    assert 'rel="next"' not in last
    assert "No more." in beyond
