"""A peer is rung as they wish, else by the number on their card; and what is left when a road fails is always the same."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from aftercall.outside.road.reach import ROADS, Way, duty_plan, next_way, plan

ALL = frozenset({"push", "sms", "voice", "mail"})
TEL = "+254700100000"


def test_who_has_set_nothing_is_rung_by_text_and_then_called() -> None:
    assert plan((), TEL, ALL, 60) == (Way("sms", TEL, 0), Way("voice", TEL, 60))
    assert plan((), TEL, frozenset({"sms"})) == (Way("sms", TEL, 0),)
    assert plan((), TEL, frozenset({"voice", "mail"})) == (Way("voice", TEL, 0),)
    assert plan((), "", ALL) == ()


def test_what_a_phone_has_set_goes_in_the_order_of_its_time_with_the_card_as_a_spare() -> None:
    own = (Way("mail", "g@x.example", 120), Way("push", "https://push.example/1", 0), Way("sms", "+254700100009", 60))
    assert [(w.road, w.after) for w in plan(own, TEL, ALL)] == [("push", 0), ("sms", 60), ("mail", 120), ("voice", None)]
    assert plan(own, TEL, ALL)[1].to == "+254700100009"
    assert [w.road for w in plan(own, TEL, frozenset({"sms"}))] == ["sms"]


def test_a_road_this_half_can_not_go_leaves_the_card() -> None:
    assert plan((Way("push", "https://push.example/1", 0),), TEL, frozenset({"sms", "voice"}), 60) == (
        Way("sms", TEL, 0),
        Way("voice", TEL, 60),
    )


def test_after_the_last_road_there_is_none() -> None:
    ways = plan((Way("push", "https://push.example/1", 0),), TEL, ALL)
    assert [way.road for way in ways] == ["push", "sms", "voice"]
    following = [next_way(ways, road) for road in ("push", "sms", "voice", "mail")]
    assert [way.road if way else None for way in following] == ["sms", "voice", None, None]


def test_the_duty_phone_is_called_and_texted_at_once() -> None:
    assert duty_plan(TEL, ALL) == (Way("sms", TEL, 0), Way("voice", TEL, 0))
    assert duty_plan(TEL, frozenset({"mail"})) == ()


@given(st.lists(st.tuples(st.sampled_from(ROADS), st.integers(0, 600), st.booleans()), unique_by=lambda way: way[0], max_size=4))
def test_a_road_by_which_a_test_did_not_come_still_goes_and_the_next_goes_with_it(own: list[tuple[str, int, bool]]) -> None:
    given_ = tuple(Way(road, "x", after, came) for road, after, came in own)
    whole = plan(tuple(replace(way, came=True) for way in given_), TEL, ALL, 60)
    ways = plan(given_, TEL, ALL, 60)
    assert [way.road for way in ways] == [way.road for way in whole]  # the same roads, in the same order
    for before, now in zip(whole, ways, strict=True):
        assert before.after is None or (now.after is not None and now.after <= before.after)  # none later than it was set
    for way, following in pairwise(ways):
        if not way.came and way.after is not None:
            assert following.after == way.after
    if all(way.came for way in given_):
        assert ways == whole
