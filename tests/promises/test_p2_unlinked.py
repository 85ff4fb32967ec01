"""Nothing links your name to use."""

from tests.promises.checks import unlinked, values
from tests.promises.people import AMINA, PHONE
from tests.promises.recorded import Night


def test_no_value_of_one_half_and_no_hash_of_it_stands_in_the_other(night: Night) -> None:
    """Apart from the peers' own public entries, in the peer table alone, and the written list of closed words (rows.CLOSED)."""
    assert unlinked(night) == []


def test_the_values_compared_hold_everybody_who_was_there_and_every_box(night: Night) -> None:
    inside, outside = values(night, "inside"), values(night, "outside")
    assert {AMINA, PHONE[AMINA], "Amina Yusufzai", "KMPDC", "REG1234", "RESUS4"} <= set(inside)
    assert {box for box, chose in night.ours.items() if chose in ("letters, wish", "left open")} <= set(outside)
    assert sum(where.startswith("event.event") for where in inside.values()) >= 1


def test_everybody_who_was_there_got_the_same_words(night: Night) -> None:
    """A link of one's own would be a name: what the hospital sends holds nothing of whom it is sent to."""
    lines = (night.folder / "sms-inside.jsonl").read_text("utf-8").splitlines()
    links = {word for line in lines for word in line.split('"text": "')[1].split('"')[0].split() if word.startswith("http")}
    assert len(lines) >= 4
    assert len(links) == 1
