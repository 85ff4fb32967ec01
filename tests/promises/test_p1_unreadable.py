"""No message can be read from our disks."""

from tests.promises.checks import unreadable
from tests.promises.people import CONTACTS, LETTERS
from tests.promises.recorded import Night
from tests.promises.scan import column


def test_what_two_people_wrote_stands_readable_in_no_file(night: Night) -> None:
    assert unreadable(night) == []


def test_no_half_writes_to_a_file_that_was_not_searched(night: Night) -> None:
    assert night.elsewhere == set()


def test_the_night_that_was_searched_had_letters_contact_blocks_and_patients_in_it(night: Night) -> None:
    """A search that finds nothing proves nothing when nothing was there."""
    copies, blocks, waiting = (
        column(night.shot(shot, "outside") / "data" / "care.db", table, name)
        for shot, table, name in (("asked", "page_copy", "ct"), ("asked", "box", "contact"), ("written", "msg", "ct"))
    )
    assert (len(copies), len(blocks), len(waiting)) == (9, 1, 3)
    assert len(column(night.shot("said to several", "outside") / "data" / "care.db", "msg", "ct")) == 2
    inside = night.shot("night", "inside") / "data" / "event.db"
    assert len(set(column(inside, "notice", "record"))) == 3  # two patients, and the run that brought one
    assert {"charset", "no-patient"} <= set(column(inside, "quarantine", "code"))
    assert len(LETTERS) + len(CONTACTS) == 12
