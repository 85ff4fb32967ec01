"""Deleted is gone."""

from datetime import date, timedelta

from aftercall.inside.joinkeys import KEPT
from tests.promises.checks import hospital_not_gone, hospital_there, not_gone, there_before
from tests.promises.recorded import Night


def test_what_is_searched_for_was_found_on_the_disk_before(night: Night) -> None:
    assert there_before(night) == []
    assert hospital_there(night) == []


def test_of_a_closed_box_a_read_letter_and_a_contact_block_no_piece_is_left_in_the_care_halfs_files(night: Night) -> None:
    assert not_gone(night) == []


def test_after_three_days_who_was_there_and_every_mark_of_a_patient_is_gone_from_the_hospitals_files(night: Night) -> None:
    assert hospital_not_gone(night) + hospital_not_gone(night, "ended") == []


def test_the_keys_under_which_patients_were_marked_are_destroyed_when_their_last_mark_is_three_days_old(night: Night) -> None:
    first, later, over = (_key_days(night, shot) for shot in ("night", "three days", "nine days"))
    assert later == [later[-1] - timedelta(days=before) for before in reversed(range(KEPT))], "today's, and of three days before"
    assert first
    assert not set(first) & set(over)


def _key_days(night: Night, shot: str) -> list[date]:
    folder = night.shot(shot, "inside") / "data" / "joinkeys"
    return sorted(date.fromisoformat(path.stem) for path in folder.iterdir())
