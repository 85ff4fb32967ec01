"""How many peers: the three figures of the field come out, and what can't be is refused."""

import subprocess
import sys
from argparse import ArgumentTypeError

import pytest

from aftercall.capacity import KNOWN, Load, positive, share, table


def test_the_three_figures_of_the_field_come_out() -> None:
    assert [(round(Load(*one).needed, 6), Load(*one).peers) for one in KNOWN] == [
        (18, 6),
        (90, 30),
        (270, 90),
    ]


def test_one_peer_alone_is_never_enough_and_half_a_peer_is_one() -> None:
    assert Load(0.01, 2, 0.1).peers == 2
    assert Load(1, 6, 0.11).peers == 7


def test_the_command_prints_the_answer_the_known_lines_and_where_they_come_from() -> None:
    command = [sys.executable, "-m", "aftercall", "capacity", "--deaths", "1", "--team", "6", "--accept", "10%"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said == table(Load(1, 6, 0.1)) + "\n"
    assert said.splitlines()[0].split()[-2:] == ["6", "peers"]


@pytest.mark.parametrize("text", ["110%", "-1", "many", "nan"])
def test_what_can_not_be_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="as 10%"):
        share(text)
    with pytest.raises(ArgumentTypeError, match="above 0"):
        positive(text.replace("110%", "0"))


@pytest.mark.parametrize(("text", "part"), [("10%", 0.1), ("0.25", 0.25), ("100%", 1.0), ("0", 0.0)])
def test_a_share_may_be_written_both_ways(text: str, part: float) -> None:
    assert share(text) == pytest.approx(part)
