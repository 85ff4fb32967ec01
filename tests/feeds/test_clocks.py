"""How far a sender's clock is ahead: the most that its own messages show, for today and tomorrow, and for this sender alone."""

from datetime import timedelta

from aftercall.inside.feeds.clocks import NONE, SENDERS, Clocks
from tests.world import START

MOST, SEVEN = timedelta(minutes=15), timedelta(minutes=7)
DAY = timedelta(days=1)


def test_the_most_that_was_seen_counts_also_for_what_comes_late() -> None:
    clocks = Clocks()
    assert clocks.ahead(b"A", START - DAY, START, MOST) == NONE
    assert clocks.ahead(b"A", START + SEVEN, START, MOST) == SEVEN
    assert clocks.ahead(b"A", START + timedelta(minutes=1), START, MOST) == SEVEN
    assert clocks.ahead(b"B", START, START, MOST) == NONE


def test_a_year_ahead_is_a_mistake_and_no_clock() -> None:
    clocks = Clocks()
    assert clocks.ahead(b"A", START + 365 * DAY, START, MOST) == NONE
    assert clocks.ahead(b"A", START, START, MOST) == NONE


def test_a_clock_that_was_put_right_is_believed_on_the_day_after_the_next() -> None:
    clocks = Clocks()
    clocks.ahead(b"A", START + SEVEN, START, MOST)
    assert clocks.ahead(b"A", START + DAY, START + DAY, MOST) == SEVEN
    assert clocks.ahead(b"A", START + 2 * DAY, START + 2 * DAY, MOST) == NONE


def test_a_flood_of_names_fills_nothing() -> None:
    clocks = Clocks()
    for n in range(3 * SENDERS):
        clocks.ahead(b"%d" % n, START + SEVEN, START, MOST)
    assert len(clocks._ahead) <= SENDERS
