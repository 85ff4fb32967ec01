"""What other rules would have done to the last 90 days: losses and messages by weight, never people, and nothing changes."""

import html

import httpx
import pytest

from aftercall.inside.half import WEIGHTS
from tests.stories.ward import Ward, hidden, opened, press, see, sign_in
from tests.world import Night

RULES = WEIGHTS.read_text("utf-8")


@pytest.fixture
def ward(night: Night) -> Ward:
    wire = opened(night)
    sign_in((night, wire))
    return night, wire


def attempt(ward: Ward, rules: str, csrf: str = "") -> httpx.Response:
    night, wire = ward
    token = csrf or hidden(see(ward), "csrf")
    return night.run(wire.post("/desk/weights", files={"csrf": (None, token), "rules": (None, rules)}))


def rows(page: str) -> list[list[str]]:
    """The figures of the table, line by line."""
    table = page.partition("<tbody>")[2].partition("</tbody>")[0]
    return [html.unescape(row).replace("becomes", "").split() for row in _bare(table).split("#") if row.strip()]


def _bare(table: str) -> str:
    out, inside = "", False
    for letter in table.replace("</tr>", "#"):
        inside = letter == "<" or (inside and letter != ">")
        out += "" if inside else " " if letter == ">" else letter
    return out


def test_the_rules_as_they_stand_show_what_was(ward: Ward) -> None:
    night, wire = ward
    press(ward)
    press(ward, expected="yes")
    page = night.run(wire.get("/desk/weights")).text
    assert rows(page) == [["0", "1", "0"], ["1", "1", "6"], ["2", "0", "0"], ["3", "0", "0"]]
    for name in ("juma", "Wanjiru", "+2547", "RES"):
        assert name not in page


def test_other_rules_show_what_would_have_been_and_change_nothing(ward: Ward) -> None:
    night, _ = ward
    press(ward)
    before = night.rows("inside", "event", "attendance")
    page = attempt(ward, RULES.replace("points = 1", "points = 2", 1)).text
    assert rows(page)[1:3] == [["1", "1", "→", "0", "6", "→", "0"], ["2", "0", "→", "1", "0", "→", "6"]]
    assert night.rows("inside", "event", "attendance") == before
    assert night.inside.half.rules.weights[0].points == 1


def test_a_rule_on_a_fact_not_kept_says_so(ward: Ward) -> None:
    night, _ = ward
    rules = night.inside.half.rules
    fewer = tuple(rule for rule in rules.weights if rule.fact != "child")
    night.inside.half.rules = type(rules)(**{**rules.__dict__, "weights": fewer})
    page = html.unescape(attempt(ward, RULES).text)
    assert '"child" can\'t be previewed' in page


def test_rules_that_cant_be_read_are_said_with_rule_and_key_and_the_text_stays(ward: Ward) -> None:
    answer = attempt(ward, '[[rule]]\nfact = "moon"\n</textarea><script>')
    assert answer.status_code == 400
    assert "<script>" not in answer.text
    assert "&lt;/textarea&gt;" in answer.text


def test_nobody_else_may_try(ward: Ward) -> None:
    night, wire = ward
    assert attempt(ward, RULES, "x").status_code == 403
    night.run(wire.post("/desk/out", data={"csrf": hidden(see(ward), "csrf")}))
    assert night.run(wire.get("/desk/weights")).status_code == 403
