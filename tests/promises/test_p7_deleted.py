"""Deleted is gone."""

from tests.promises.checks import hospital_not_gone, hospital_there, not_gone, there_before
from tests.promises.recorded import Night


def test_what_is_searched_for_was_found_on_the_disk_before(night: Night) -> None:
    assert there_before(night) == []
    assert hospital_there(night) == []


def test_of_a_closed_box_a_read_letter_and_a_contact_block_no_piece_is_left_in_the_care_halfs_files(night: Night) -> None:
    assert not_gone(night) == []


def test_after_three_days_who_was_there_and_every_mark_of_a_patient_is_gone_from_the_hospitals_files(night: Night) -> None:
    assert hospital_not_gone(night) + hospital_not_gone(night, "ended") == []


def test_the_keys_under_which_patients_were_marked_are_destroyed_with_their_third_day(night: Night) -> None:
    first = {path.name for path in (night.shot("night", "inside") / "data" / "joinkeys").iterdir()}
    later = {path.name for path in (night.shot("three days", "inside") / "data" / "joinkeys").iterdir()}
    assert len(first) in (1, 2)  # the night may go on past midnight
    assert len(later) == 3
    assert min(first) not in later
