"""A false peer key is refused, the size tells nothing, two asks have nothing in common: the browser's own modules, run by node."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.promises.twins import Caught

HERE = Path(__file__).parent
PHONE = HERE.parents[1] / "aftercall" / "phone"


@dataclass(frozen=True)
class Blind:
    """What a hurried hand takes out of a module, and the test that must name it."""

    promise: str
    tests: str
    module: str
    check: str
    instead: str
    names: str


KEY, CARD = "signed(idkey, unb64(e.kem_sig)", "signed(root, unb64(e.cert)"
BLIND = {
    "the key's signature is not checked": Blind(
        "P8", "false_keys", "directory", KEY, KEY.replace("signed", "(() => true)"), "nothing is sealed to a sealing key"
    ),
    "the card is not checked": Blind(
        "P8", "false_keys", "directory", CARD, CARD.replace("signed", "(() => true)"), "nothing is sealed to another name"
    ),
    "an older list is believed": Blind(
        "P8", "false_keys", "directory", "if (known?.issued && issued <", "if (false && issued <", "nothing is believed of an older"
    ),
    "a letter is shown twice": Blind("P8", "false_keys", "seal", "if (seq <= seen)", "if (false)", "a letter that was replayed"),
    "a phone seals all its contact blocks under one nonce": Blind(
        "P3",
        "two_asks",
        "ask",
        "fitting(choice.contact ?? {}), random",
        "fitting(choice.contact ?? {}), () => new Uint8Array(12)",
        "of two asks of one phone",
    ),
    "a phone names the peers in the same order each time": Blind(
        "P3", "two_asks", "ask", "const j = Math.floor((n / 2 ** 32) * (i + 1));", "const j = 0;", "their orders differ"
    ),
    "who is left out gets no copy": Blind(
        "P4", "same_ask", "ask", "out } = ask.keys[pid];", "out } = ask.keys[pid]; if (out) continue;", "an ask has one length"
    ),
}


def failed(tests: str, phone: Path) -> list[str]:
    """Names of the tests that failed on the phones in that folder; [] when all passed."""
    ended = subprocess.run(
        ["node", "--test", "--test-reporter=tap", str(HERE / f"{tests}.test.mjs")],
        env={**os.environ, "PHONE": f"{phone.as_uri()}/"}, capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert re.search(r"^# tests [1-9]", ended.stdout, re.MULTILINE), ended.stdout + ended.stderr
    bad = re.findall(r"^\s*not ok \d+ - (.*)$", ended.stdout, re.MULTILINE)
    assert bool(bad) == (ended.returncode != 0), ended.stdout
    return bad


def test_a_browser_seals_nothing_to_a_false_key_and_shows_no_letter_that_is_not_the_colleagues() -> None:
    assert failed("false_keys", PHONE) == []


def test_a_browsers_ask_is_the_same_in_length_and_copies_whatever_was_chosen() -> None:
    assert failed("same_ask", PHONE) == []


def test_a_browsers_two_asks_have_nothing_in_common() -> None:
    assert failed("two_asks", PHONE) == []


@pytest.mark.parametrize("leak", BLIND)
def test_a_browser_without_one_of_its_checks_is_caught(leak: str, tmp_path: Path, caught: Caught) -> None:
    this, phone = BLIND[leak], tmp_path / "phone"
    shutil.copytree(PHONE, phone)
    module = phone / f"{this.module}.mjs"
    code = module.read_text("utf-8")
    assert code.count(this.check) == 1, f"{module.name} has changed: plant the leak anew"
    module.write_text(code.replace(this.check, this.instead), "utf-8")
    bad = [name for name in failed(this.tests, phone) if name.startswith(this.names)]
    caught(this.promise, f"browser: {leak}", next(iter(bad), ""))
    assert bad
