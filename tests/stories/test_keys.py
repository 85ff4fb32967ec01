"""The programme's keys: two holders open the root, phones make their next key in time, and whoever has to renew hears of it."""

import asyncio
import itertools
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from aftercall.outside import keys, planning, shares
from aftercall.outside.codes import Codes
from aftercall.words import heard, print_of, spoken
from tests.commands import aftercall
from tests.world import Night

PHONE = "+254700000077"


# the root ------------------------------------------------------------------------------------------------------------------


def test_any_two_of_three_holders_open_the_root_and_one_alone_does_not() -> None:
    phrase, parts = shares.split(3)
    for two in itertools.permutations(parts, 2):
        assert shares.join(list(two)) == phrase
    for one in parts:
        assert phrase not in one
        with pytest.raises(shares.NoShare, match="two different"):
            shares.join([one, one])


def test_a_slip_of_the_pen_is_noticed_and_the_share_is_not_repeated_in_the_error() -> None:
    _, (first, second, _) = shares.split(3)
    number, *words = second.split("-")
    for wrong in (
        "-".join([number, *words[:-1]]),
        "-".join([number, *reversed(words)]),
        "-".join(["3" if number != "3" else "2", *words]),
        "-".join([number, "quack", *words[1:]]),
        "",
        "x",
    ):
        with pytest.raises(shares.NoShare) as problem:
            shares.join([first, wrong])
        assert words[1] not in str(problem.value)
    assert len(shares.join([first.upper(), second.replace("-", " ")])) == 32


def test_a_share_of_another_root_opens_nothing(night: Night) -> None:
    phrase, (first, *_) = shares.split(3)
    _, (_, other, _) = shares.split(3)
    path = night.folder / "stick" / "split.pem"
    keys.new_root(path, phrase, shares.HEAD)
    with pytest.raises(keys.NoKey, match="shares of another root"):
        keys.read_root(path, shares.join([first, other]))


def test_words_are_heard_as_they_were_spoken() -> None:
    for data in (b"", b"\x00\x00", bytes(range(256))):
        assert heard(spoken(data)) == data if data else spoken(data) == ""


def test_a_root_of_three_holders_is_made_and_used_at_the_command_line(tmp_path: Path) -> None:
    said = aftercall("keys", "root", "--out", "root.pem", "--shares", "3", cwd=tmp_path)
    parts = [line.removeprefix("Share ") for line in said.splitlines() if line.startswith("Share ")]
    assert len(parts) == 3
    text = (tmp_path / "root.pem").read_text()
    assert text.startswith("Opened by any 2")
    words = said.strip().splitlines()[-1]
    steward = ("keys", "steward", "--root", "root.pem", "--programme", "kisumu", "--data")
    aftercall(*steward, "data", cwd=tmp_path, opens=f"{parts[2]} {parts[0]}")
    assert print_of(keys.read_steward(tmp_path / "data").root) == words
    failed = aftercall(*steward, "d2", cwd=tmp_path, fails=True, opens=f"{parts[2]} {parts[2]}")
    assert "two different shares are needed" in failed
    assert not (tmp_path / "d2").exists()


def test_four_words_of_ones_own_become_a_line_of_the_settings(tmp_path: Path) -> None:
    said = aftercall("keys", "code", "amber", "river", "lamp", "wind", cwd=tmp_path)
    made = tomllib.loads(said.partition("For the settings: ")[2])
    assert asyncio.run(Codes(made["codes"]).right("Amber river lamp-wind"))


# the 35 days ---------------------------------------------------------------------------------------------------------------


def test_a_key_that_nobody_renews_is_said_a_week_before_and_a_phone_that_is_opened_renews_it(evening: Night) -> None:
    evening.stop()
    evening.outside_settings = replace(evening.outside_settings, coordinator_phone=PHONE)
    evening.start()
    grace, peter = evening.peer("Grace", on=False), evening.peer("Peter", on=False)

    def told() -> list[str]:
        evening.run(evening.outside.half.planning.landed())
        return [text for text in evening.care_post.to(PHONE) if text.startswith("Key list")]

    evening.clock.move(days=27)
    evening.tick()
    assert told() == []
    evening.run(grace.login())
    evening.run(grace.renew_key())  # what her page does by itself, ten days before the end
    evening.clock.move(days=2)
    evening.tick()
    (text,) = told()
    assert text == "Key list: 1 to renew, the first ends on 2026-12-27."
    table = planning.ending(evening.outside_settings.data)
    assert "Peter" in table
    assert "Grace" not in table
    evening.pass_time(hours=3)
    assert len(told()) == 1  # once for each change
    evening.run(peter.login())
    evening.run(peter.renew_key())
    evening.pass_time(hours=2)
    assert planning.ending(evening.outside_settings.data) == "No key and no certificate ends soon."


def test_certificates_and_the_steward_are_said_a_month_before(evening: Night) -> None:
    evening.peer("Grace", on=False)
    evening.clock.move(days=340)
    evening.tick()
    said = planning.ending(evening.outside_settings.data)
    assert [line[12:23].strip() for line in said.splitlines()[1:]] == ["sealing key", "certificate", "steward"]


def test_a_revoked_peer_is_off_the_list_within_ten_seconds(evening: Night) -> None:
    """That a phone believes no older list is P8's (test_p8_false_keys.py)."""
    grace, _ = evening.peer("Grace"), evening.peer("Peter")
    phone = evening.asker()
    assert grace.pid in evening.run(phone.read_directory())
    evening.clock.move(seconds=5)
    (evening.outside_settings.data / "peers" / f"{grace.pid}.json").unlink()
    evening.pass_time(seconds=10)
    assert grace.pid not in evening.run(phone.read_directory())
