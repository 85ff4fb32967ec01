"""The programme's keys: two holders open the root, phones make their next key in time, and whoever has to renew hears of it."""

import asyncio
import itertools
import json
import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aftercall_stage.phones import Peer as PeerPhone
from aftercall_stage.phones import Refused

from aftercall.config import Outside, read
from aftercall.outside import codes, keys, planning, shares
from aftercall.outside.codes import Codes
from aftercall.outside.watch import of_this_machine
from aftercall.watch.findings import LOOK, OK
from aftercall.words import heard, print_of, spoken, unb64
from tests.commands import aftercall
from tests.world import START, Night

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


# the staff code ------------------------------------------------------------------------------------------------------------


def test_a_new_quarter_has_new_words_and_those_on_the_walls_stay_good(tmp_path: Path) -> None:
    lines = {"data": "data", "programme": "kisumu", "name": "K", "run_by": "us", "duty_tel": "1", "address": "https://care.example"}

    def settings(codes: str) -> None:
        given = "".join(f'{name} = "{value}"\n' for name, value in lines.items())
        (tmp_path / "outside.toml").write_text(f"{given}lines = []\n{codes}\n")

    def change() -> tuple[str, str]:
        said = aftercall("keys", "code", "--config", "outside.toml", cwd=tmp_path)
        words, line = (text.split(": ", 1)[1] for text in said.splitlines()[:2])
        assert f"care_link: https://care.example/#{words}" in said
        assert f"--out wall {words.replace('-', ' ')}" in said
        settings(line)
        return words, said

    settings("codes = []")
    (first, _), (second, _), (third, said) = change(), change(), change()
    quarter = datetime.now(UTC).date() + codes.QUARTER
    assert f"stay good until the change after this one; make that by {quarter}" in said
    stored = read(Outside, tmp_path / "outside.toml").codes
    assert len(stored) == 2

    async def right() -> list[bool]:
        known = codes.Codes(stored)
        return [await known.right(words) for words in (first, second, third, third.upper().replace("-", "  "))]

    assert asyncio.run(right()) == [False, True, True, True]
    for words in (first, second, third):
        assert words not in (tmp_path / "outside.toml").read_text()


def test_the_doctor_says_when_the_words_are_older_than_a_quarter(evening: Night) -> None:
    made = START.date()
    for days, stored, state in ((90, codes.sealed("a", made.isoformat()), OK), (93, codes.sealed("a", made.isoformat()), LOOK)):
        settings = replace(evening.outside_settings, codes=[stored])
        (found,) = (f for f in of_this_machine(settings, START + timedelta(days=days)) if f.what == "staff code")
        assert (found.state, f"{days} days" in found.seen) == (state, True)
    (found,) = (f for f in of_this_machine(evening.outside_settings, START) if f.what == "staff code")
    assert (found.state, found.seen) == (OK, "the settings don't say when it was made")


# face to face --------------------------------------------------------------------------------------------------------------


def test_a_peer_is_shown_where_to_enrol_and_both_screens_show_the_same_six_words(night: Night) -> None:
    (night.folder / "outside.toml").write_text(
        'data = "care"\nprogramme = "kisumu"\nname = "K"\nrun_by = "us"\nduty_tel = "1"\nlines = []\ncodes = []\n'
        'address = "https://care.example/"\n'
    )
    invite = ("keys", "invite", "--config", "outside.toml")
    assert "https://care.example/peer: let the peer's phone open it" in aftercall(*invite, "--out", "square.svg", cwd=night.folder)
    assert (night.folder / "square.svg").read_text().startswith("<?xml")
    assert "\u2580" in aftercall(*invite, cwd=night.folder)  # half a square of the square
    grace = PeerPhone(night.wire(), {"name": "Grace"}, "kisumu", clock_now=night.clock.now)
    request = grace.request()
    (night.folder / "request.json").write_text(json.dumps(request))
    root = ("--root", "stick/root.pem", "--programme", "kisumu", "--data", "care")
    said = aftercall("keys", "certify", "request.json", *root, cwd=night.folder)
    assert f"Six words: {print_of(unb64(request['idkey']))}" in said
    for bad in ("[]", "{}", '{"idkey": 7}', "x"):
        (night.folder / "request.json").write_text(bad)
        assert "is not an enrolment request" in aftercall("keys", "certify", "request.json", *root, cwd=night.folder, fails=True)


# certified a moment ago ----------------------------------------------------------------------------------------------------


def test_who_was_certified_a_moment_ago_signs_in_before_the_server_looks_again(night: Night) -> None:
    grace = PeerPhone(night.wire(), {"name": "Grace", "profession": "nurse"}, "kisumu", clock_now=night.clock.now)
    request = night.folder / "request.json"
    request.write_text(json.dumps(grace.request()))
    with pytest.raises(Refused):
        night.run(grace.login())
    keys.admit(night.root, "kisumu", request, night.outside_settings.data / "peers", START.date())
    night.run(grace.login())
    night.run(grace.duty(night.clock.now() + timedelta(hours=8)))
