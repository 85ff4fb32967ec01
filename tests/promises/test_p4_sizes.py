"""The size tells nothing."""

import json

from tests.promises.checks import ANSWERS, told_by_size
from tests.promises.recorded import Night


def test_what_is_stored_sent_and_answered_has_one_of_a_few_sizes_and_an_ask_one_length_whatever_was_chosen(night: Night) -> None:
    assert told_by_size(night) == []


def test_every_kind_of_answer_was_measured_and_nine_ways_to_ask(night: Night) -> None:
    assert set(ANSWERS) <= {str(said) for said in night.said}
    assert {said.status for said in night.said if said.status >= 400} >= {400, 401, 403, 404, 413}
    assert len(night.asks) == 9


def test_an_ask_says_openly_only_what_the_server_must_do(night: Night) -> None:
    """Everything else of a choice is sealed: the names of the members and their number are the same in each."""
    forms = [json.loads(body) for body in night.asks.values()]
    assert {tuple(sorted(form)) for form in forms} == {("all", "box", "contact", "copies", "due", "hc", "order", "v")}
    assert {form["all"] for form in forms} == {0, 1}
    assert {len(form["due"]) for form in forms} == {6}
    assert len({len(form["contact"]) for form in forms}) == 1
