"""A first run asks what it needs, says what was wrong, keeps what was typed, and leaves one file or none."""

import io
import sys
import tomllib
from pathlib import Path

import pytest

from aftercall.config import Inside, Outside, Wrong, read, toml
from aftercall.setup import care, first, hospital
from aftercall.setup.asking import ask_all, look_through, taken
from aftercall.setup.question import BadAnswer, Question, settings_of
from aftercall.setup.written import WHERE, text
from aftercall.words import Sealed

RUNNING = Path(__file__).parents[2] / "docs" / "running.md"
CARE = {
    "name": "Peers of Kisumu",
    "run_by": 'The "association"',
    "duty_tel": "+254700000099",
    "port": "0",
    "sms_url": "https://gateway.example/sms",
    "sms_token": "of-the-care-half",
}
WARD = {"care_link": "https://care.example/#amber-river-lamp-wind", "sms_url": "https://gateway.example/i", "sms_token": "i"}


def _number(typed: str) -> int:
    if len(typed) > 5:
        raise BadAnswer("too long")
    return int(typed)


class Script:
    """Somebody at a terminal who types these lines, one for each prompt."""

    def __init__(self, *lines: str) -> None:
        self._lines, self.secret_lines = iter(lines), 0
        self.said: list[str] = []
        self.prompts: list[tuple[str, str]] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def line(self, prompt: str, typed: str) -> str:
        self.prompts.append((prompt, typed))
        return next(self._lines)

    def secret(self, prompt: str) -> str:
        self.secret_lines += 1
        return next(self._lines)


def question(name: str, questions: tuple[Question, ...] = care.QUESTIONS) -> Question:
    return next(one for one in questions if one.name == name)


# one question --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "typed", "says"),
    [
        ("programme", "Peers of Kisumu", "small letters"),
        ("neutral", "maybe", "yes or no"),
        ("zone", "Nairobi", "Africa/Nairobi"),
        ("country", "254", r"\+254"),
        ("duty_tel", "0700 000 099", "with its country"),
        ("lines", "Befrienders 1199", "name; number; hours"),
        ("code", "one two three", "four words"),
        ("port", "80a", "1 to 65535"),
        ("address", "care.example.org", "https://"),
        ("address", "https://care.example.org/page", "nothing behind|without anything"),
        ("by", "telegram", "one of: gateway"),
        ("sms_url", "http://[::1", "whole address"),
        ("push_contact", "care at example", "one address"),
        ("name", "x" * 2001, "longer than"),
        ("name", "a\x1b[2J", "can't be printed"),
        ("run_by", "", "nothing was typed"),
    ],
)
def test_a_bad_answer_says_what_was_wrong_and_how_to_write_it(name: str, typed: str, says: str) -> None:
    with pytest.raises(BadAnswer, match=says):
        question(name).check(typed, {})


def test_the_hospital_needs_the_four_words_in_its_link() -> None:
    with pytest.raises(BadAnswer, match="four words"):
        question("care_link", hospital.QUESTIONS).check("https://care.example/", {})


def test_a_number_is_read_in_its_country_and_a_choice_by_its_beginning() -> None:
    assert question("duty_tel").check("0700 000 099", {"country": "+254"}) == "+254700000099"
    assert question("by").check("tw", {}) == "twilio"
    assert question("programme").usual({"name": "Peers of Kisumu!"}) == "peers-of-kisumu"


@pytest.mark.parametrize("questions", [care.QUESTIONS, hospital.QUESTIONS])
def test_each_question_says_what_it_is_for_and_its_own_example_and_default_are_good_answers(
    questions: tuple[Question, ...],
) -> None:
    kind = Outside if questions is care.QUESTIONS else Inside
    known = {name for home in WHERE for name in getattr(kind, "__dataclass_fields__", {})} | {"code", "by"}
    so_far: dict[str, str] = {}
    for one in questions:
        if not one.when({"address": "", **so_far}):
            continue
        assert one.why.endswith((".", "no.")), one.name
        assert one.name in known
        for good in (one.usual(so_far), one.example.split(", ")[0]):
            if good and one.name not in ("port", "mllp_port"):
                one.check(good, so_far)
        so_far[one.name] = one.usual(so_far) or one.example


# all of them ---------------------------------------------------------------------------------------------------------------

FEW = (
    Question("name", "Name", "Why.", must=True),
    Question("port", "Port", "Why.", default="8402", read=lambda typed, _: _number(typed)),
    question("by"),
    question("sms_url"),
    question("sms_token"),
    Question("mail_host", "Mail", "Why.", when=lambda so_far: so_far["by"] == "none"),
)


def test_what_was_typed_stands_there_to_be_changed_and_a_short_word_is_typed_anew() -> None:
    at = Script("Kisumu", "70000000", "8402", "tele", "gate", "gateway.example/sms", "https://gateway.example/sms", "t")
    answers = ask_all(FEW, at, {})
    assert [typed for _, typed in at.prompts] == ["", "", "70000000", "", "", "", "gateway.example/sms"]
    assert answers == {
        "name": "Kisumu", "port": "8402", "by": "gateway", "sms_url": "https://gateway.example/sms", "sms_token": "t",
    }  # fmt: skip
    assert at.secret_lines == 1
    assert sum("can't be taken" in text for text in at.said) == 3


def test_enter_takes_what_stands_in_brackets_and_a_dash_takes_nothing() -> None:
    mail = Question("push_contact", "Push", "Why.", default="a@b.example")
    assert ask_all((mail,), Script(""), {}) == {"push_contact": "a@b.example"}
    assert ask_all((mail,), Script("-"), {}) == {"push_contact": ""}
    assert settings_of((mail,), {"push_contact": ""}) == {}


def test_all_answers_are_looked_through_and_another_one_opens_other_questions() -> None:
    before = {"name": "Kisumu", "port": "8402", "by": "gateway", "sms_url": "https://g.example/", "sms_token": "secret"}
    at = Script("9", "3", "none", "", "")
    answers = look_through(FEW, at, before)
    assert answers == {"name": "Kisumu", "port": "8402", "by": "none", "mail_host": ""}
    assert any("write a number from 1 to 5" in text for text in at.said)
    assert not any("secret" in text for text in at.said)


def test_lines_are_asked_for_until_an_empty_one() -> None:
    answers = ask_all((question("lines"),), Script("Befrienders; 1199; day and night", "Red Cross; 1199; 08-17", ""), {})
    assert [line["name"] for line in settings_of((question("lines"),), answers)["lines"]] == ["Befrienders", "Red Cross"]


# the file ------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def ports_are_free(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a test asks nothing of this machine."""
    for questions in (care.QUESTIONS, hospital.QUESTIONS):
        for one in questions:
            if one.name in ("port", "mllp_port"):
                monkeypatch.setitem(vars(one), "read", lambda typed, _: int(typed))


def set_up(half: str, given: dict[str, object], config: Path) -> str:
    said: list[str] = []
    if half == "inside":
        first.set_up(first.INSIDE, config, given, said.append)
    else:
        first.set_up(first.OUTSIDE, config, given, said.append)
    return "\n".join(said)


@pytest.mark.usefixtures("ports_are_free")
def test_the_file_is_ours_alone_says_what_was_asked_and_is_read_back_as_it_was_answered(tmp_path: Path) -> None:
    said = set_up("outside", {**CARE, "port": 8500, "country": "+254"}, tmp_path / "o.toml")
    made = (tmp_path / "o.toml").read_text()
    assert (tmp_path / "o.toml").stat().st_mode & 0o777 == 0o600
    s = read(Outside, tmp_path / "o.toml")
    assert (s.programme, s.run_by, s.port, s.sms_token.open()) == ("peers-of-kisumu", 'The "association"', 8500, "of-the-care-half")
    assert "# Port the web door listens on. Default: 8402\nport = 8500\n" in made
    assert "# docs/running.md, Providers:\n# sms = []\n" in made
    assert "\n# hours = 4\n" in made
    words = said.partition(f"{s.address}/#")[2].partition("\n")[0]
    assert words
    assert words not in made
    assert "of-the-care-half" not in said
    assert (tmp_path / "care").stat().st_mode & 0o777 == 0o700


@pytest.mark.usefixtures("ports_are_free")
def test_it_is_never_asked_again_and_never_written_over(tmp_path: Path) -> None:
    config = tmp_path / "inside.toml"
    set_up("inside", dict(WARD), config)
    (tmp_path / "staff.csv").write_text("staff,name\n")
    before = config.read_bytes()
    said = set_up("inside", {"care_link": "nonsense"}, config)
    assert "is there already" in said
    assert "edit it there" in said
    assert config.read_bytes() == before
    assert (tmp_path / "rota.csv").read_text() == "unit,staff,begins,ends\n"


@pytest.mark.usefixtures("ports_are_free")
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"duty_tel": "07", "neutral": "perhaps"}, "neutral.*\n.*duty_tel"),  # all that is wrong, at once
        ({"colour": "blue"}, "no setting called colour"),
        ({"voice": ["twilio"]}, "voice: twilio is not set up"),  # not asked, and the half would not start
        ({"every": "soon"}, "every should be a whole number"),
        ({"name": ""}, "name.*nothing was typed"),
    ],
)
def test_answers_that_make_no_half_leave_nothing_behind(tmp_path: Path, change: dict[str, object], says: str) -> None:
    with pytest.raises(Wrong, match=says):
        set_up("outside", {**CARE, "port": 8500, **change}, tmp_path / "o.toml")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("ports_are_free")
def test_a_hospital_without_a_way_out_is_told_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(Wrong, match="no message can leave"):
        set_up("inside", {"care_link": WARD["care_link"], "by": "none"}, tmp_path / "i.toml")
    assert list(tmp_path.iterdir()) == []


def test_where_nobody_sits_it_says_how_to_give_the_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with pytest.raises(Wrong, match="--answers FILE"):
        first.set_up(first.OUTSIDE, tmp_path / "o.toml", None, print)
    assert list(tmp_path.iterdir()) == []


def test_every_setting_stands_in_the_file_once_and_each_heading_in_the_docs() -> None:
    headings = {line.lstrip("# ") for line in RUNNING.read_text("utf-8").splitlines() if line.startswith("#")}
    assert set(WHERE.values()) <= headings
    for kind in (Inside, Outside):
        lines = text(kind, {"zone": "UTC"}).splitlines()
        for name in kind.__dataclass_fields__:
            assert sum(line.removeprefix("# ").startswith(f"{name} = ") for line in lines) == 1, name


def test_any_text_comes_back_from_the_file_as_it_was() -> None:
    for value in ('a "b" \\ c', "mama mboga é", "x = 1 # no", True, 7, ["a", 'b"'], [{"name": 'n"', "tel": "1"}]):
        assert tomllib.loads(f"it = {toml(value)}")["it"] == value
    assert toml(Sealed("secret")) == '""'


def test_answers_from_a_file_get_the_defaults_of_what_they_leave_out() -> None:
    answers = taken(FEW, {"name": "Kisumu", "sms_url": "https://g.example/", "by": "Gate"})
    assert answers["by"] == "gateway"
    assert answers["port"] == "8402"
