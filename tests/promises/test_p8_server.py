"""A false peer key is refused, by the server as well: it is the second to look, after the phones."""

from tests.promises.checks import false_keys_taken
from tests.promises.recorded import Night


def test_no_key_that_the_peer_never_signed_and_no_peer_that_the_root_never_certified_stands_in_the_rows(night: Night) -> None:
    assert false_keys_taken(night) == []


def test_both_were_tried(night: Night) -> None:
    assert [said.status for said in night.said if said.route == "PUT /peer/key"] == [400, 400]
    assert "is left out of the directory" in (night.shot("ended", "outside") / "output.log").read_text("utf-8")
