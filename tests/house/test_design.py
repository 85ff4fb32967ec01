"""What docs/design.md says of our pages is so: colours one can read, words we keep to, drawings that stay small."""

import re
from itertools import product
from pathlib import Path

import pytest

from aftercall import phone
from aftercall.locale import LANGUAGES
from aftercall.outside.doors.shelf import tongue
from aftercall.phone.light import TAIL, light
from tests.locale.test_words import TEXTS

FOLDER = Path(phone.__file__).parent
DOC = (Path(__file__).parents[2] / "docs" / "design.md").read_text("utf-8")
CSS = (FOLDER / "phone.css").read_text("utf-8")
SCENES = ("cups", "window", "table", "road", "house", "bench")
BODY = 7.0  # WCAG 2.2, 1.4.6
TEXT_ON = (
    *product(("ink", "soft", "lamp"), ("ground", "raised")),
    ("ink", "near"),  # my own letters
    ("ink", "glow"),
    ("alarm", "ground"),
    ("alarm", "alarm-ground"),
    ("ink", "alarm-ground"),
    ("on-lamp", "lamp"),
    ("ground", "ink"),
)


def _tokens() -> dict[str, dict[str, str]]:
    night, day = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)[:2]
    found = {"night": dict(re.findall(r"--([\w-]+): (#\w{6});", night)), "day": dict(re.findall(r"--([\w-]+): (#\w{6});", day))}
    assert set(found["night"]) == set(found["day"])
    return found


def _light(colour: str) -> float:
    """Relative luminance, as WCAG defines it."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((_light(one), _light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_formula_is_the_known_one() -> None:
    assert contrast("#000000", "#ffffff") == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


@pytest.mark.parametrize("time", ["night", "day"])
def test_body_text_can_be_read_through_tears(time: str) -> None:
    tokens = _tokens()[time]
    weak = {f"{text} on {ground}": contrast(tokens[text], tokens[ground]) for text, ground in TEXT_ON}
    assert {pair: round(value, 2) for pair, value in weak.items() if value < BODY} == {}


def test_the_page_of_colours_is_the_style_sheet() -> None:
    said = {name: (night, day) for name, night, day in re.findall(r"^\| (\w+) \| (#\w{6}) \| (#\w{6}) \|", DOC, re.MULTILINE)}
    tokens = _tokens()
    assert len(said) == 7
    assert said == {name: (tokens["night"][name], tokens["day"][name]) for name in said}


def _never() -> list[str]:
    part = DOC.partition("### Words we never use\n\n")[2].partition("\n\n")[0]
    return [word.strip() for word in part.replace("\n", " ").split(",")]


def _breaks(text: str) -> list[str]:
    """Words of a text that we never use, except in the quotes of what not to say."""
    ours = re.sub(r'"[^"]*"', "", text.lower())
    return [word for word in _never() if re.search(rf"\b{re.escape(word)}", ours)]


def test_no_text_uses_a_word_that_we_never_use() -> None:
    assert len(_never()) > 20
    assert _breaks("You are so strong, a real hero!") == ["hero", "strong"]
    assert {text: words for text in TEXTS if (words := _breaks(text))} == {}


@pytest.mark.parametrize("kind", SCENES)
def test_a_drawing_is_small_and_made_of_our_colours_alone(kind: str) -> None:
    drawn = tongue("en").from_string(f'{{% from "drawn.html" import scene %}}{{{{ scene("{kind}") }}}}').render()
    assert len(drawn) < 900 + len('<svg class="scene" viewBox="0 0 320 120" preserveAspectRatio="xMidYMax meet">')
    assert drawn.count("<path") + drawn.count("<circle") + drawn.count("<ellipse") > 3
    assert 'aria-hidden="true"' in drawn
    assert "fill=" not in drawn
    assert "style=" not in drawn


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_called_notes(language: str) -> None:
    for page in FOLDER.glob("*.html"):
        titles = re.findall(r"<title>(.*?)</title>", page.read_text("utf-8"))
        assert set(titles) <= {'{{ _("Notes") }}', "Notes"}, page.name
    assert tongue(language).from_string('{{ _("Notes") }}').render().strip()


def test_what_goes_over_the_wire_is_the_program_without_its_comments_and_indents() -> None:
    """A line that begins like a comment is one, also where a text goes over several lines; code stands on no line of one."""
    saved = 0
    for path in [one for one in FOLDER.glob("*") if one.suffix in (".mjs", ".js", ".css")]:
        whole, sent = re.sub("^ +", "", path.read_text("utf-8"), flags=re.MULTILINE), light(path).decode()
        saved += len(whole) - len(sent)
        if path.suffix == ".css":
            bare = re.sub(r"/\*.*?\*/", "", whole, flags=re.DOTALL)
            assert re.sub(r"\s", "", bare) == re.sub(r"\s", "", sent), path
            assert not [text for text in re.findall(r'"[^"]*"', bare) if text not in sent], path
            continue
        assert not [text for text in re.findall("`[^`]*`", sent) if text not in whole], path
        assert not re.search(r"^\s*(//|/\*)", sent, re.MULTILINE), path
        lines = set(sent.splitlines())
        assert not [
            line
            for line in set(whole.splitlines()) - lines
            if not line.lstrip().startswith(("/", "*")) and TAIL.sub(b"", line.encode()).decode() not in lines
        ], path
    assert saved > 10_000
    assert light(FOLDER / "vendor" / "hpke.mjs") == (FOLDER / "vendor" / "hpke.mjs").read_bytes()  # its page of origin has its hash


def test_a_phone_gets_no_comment_and_all_the_rest() -> None:
    """What goes at the end of a line stands after a whole string, never within one."""
    tails = [
        (path.name, line[: found.start()])
        for path in FOLDER.glob("*.mjs")
        for line in path.read_bytes().split(b"\n")
        if (found := TAIL.search(line))
    ]
    assert len(tails) > 50
    assert [(name, before) for name, before in tails if any(before.count(quote) % 2 for quote in (b"'", b'"', b"`"))] == []
    assert (
        TAIL.sub(b"", b"go('a;') // 'tis so\nat = 'x; // y';\ndone(); // why\nend")
        == b"go('a;') // 'tis so\nat = 'x; // y';\ndone();\nend"
    )
