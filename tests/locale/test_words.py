"""Our words in every language: complete, true, the same for everyone, and telling nothing on a locked screen."""

import re
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import aftercall
from aftercall.inside.half import PROMPT
from aftercall.inside.posting import NOTE
from aftercall.inside.road.report import PROVE
from aftercall.locale import HERE, LANGUAGES, prefer, speak, translations
from aftercall.locale.revealing import revealing
from aftercall.outside.doors.basic import CALLED, OTHER
from aftercall.outside.doors.ussd import ASK as MENU
from aftercall.outside.ringing import CALL, RING
from aftercall.outside.road.basic import WORDS, asks
from aftercall.send.heard import STOP, bare
from aftercall.send.kannel import GSM7, GSM7_TWICE, places

SOURCES = Path(aftercall.__file__).parent
OURS = tuple(language for language in LANGUAGES if language != "en")
LINK = "https://care.example.org/#four-words-of-a-staff-code-in-full".ljust(60, "x")[:60]
SMS = (
    *(f"inside/{name}.py" for name in ("half", "posting", "road/report", "doors/mine")),
    *(f"outside/{name}.py" for name in ("ringing", "doors/basic", "doors/ussd")),
    "phone/notes.py",
)
FILLED = {"link": LINK, "tel": "+254 711 000 000", "time": "06:47", "code": "12345678"}


# What we can't keep, and so never say (PRIVACY 2); "confidential" in any form, because a life in danger comes first.
DISHONEST = {
    "en": """anonym, confidential, nobody can ever, no one can ever, military, even we can, hipaa, privileged, end-to-end,
        end to end, free of bias, unbiased, untraceable, 100%""",
    "sw": """anonim, bila kujulikana, usiyejulikana, asiyejulikana, siri kabisa, siri kamili, faragha kamili, hakuna atakayejua,
        hakuna anayeweza kujua, kijeshi, hata sisi, hipaa, mwisho hadi mwisho, upendeleo, 100%""",
    "fr": """anonym, confiden, personne ne saura, personne ne peut savoir, militaire, même nous, hipaa, secret professionnel,
        secret médical, privilégié, bout en bout, sans biais, intraçable, 100""",
    "es": """anónim, anonim, confiden, nadie sabrá, nadie puede saber, nadie podrá saber, militar, incluso nosotros, hipaa,
        ni siquiera nosotros, secreto profesional, privilegi, extremo a extremo, sin sesgo, irrastreable, 100""",
}

# A sentence that names a button has to name it as the button does.
NAMED = {
    "Leave hides this page. Your talk waits behind it.": "Leave",
    "Leave ends your talk and clears it.": "Leave",
    "Leave ends the talk and clears this phone.": "Leave",
    "Were you there yourself, or at something hard in the last 72 hours? Then press Not me.": "Not me",
    'Say: "I\'m not safe." That is enough. If someone is near, go to them and stay with them.': "I'm not safe",
}


def _extracted() -> Iterator[tuple[str, str]]:
    """Every marked text, and the file it stands in."""
    mapping = ConfigParser()
    mapping.read(HERE / "babel.cfg")
    methods, options = [], {}
    for section in mapping.sections():
        method, _, pattern = section.partition(":")
        methods.append((pattern.strip(), method))
        options[pattern.strip()] = dict(mapping[section])
    for file, _, text, _, _ in extract_from_dir(SOURCES, methods, options):
        yield (text if isinstance(text, str) else text[0]), Path(file).as_posix()


MARKED = tuple(_extracted())
TEXTS = frozenset(text for text, _ in MARKED)
SENT = tuple(sorted({text for text, file in MARKED if file in SMS}))
SENT_INSIDE = frozenset(text for text, file in MARKED if file in SMS and file.startswith("inside/"))


def _catalogue(language: str) -> Catalog:
    with (HERE / language / "LC_MESSAGES" / "aftercall.po").open("rb") as file:
        return read_po(file, abort_invalid=True)


def _said(language: str) -> dict[str, str]:
    """English text to the text in that language, as it stands in the catalogue."""
    if language == "en":
        return {text: text for text in TEXTS}
    return {str(message.id): str(message.string) for message in _catalogue(language) if message.id}


def _blanks(text: str) -> list[str]:
    """What is filled in: {name} by us and by the page, %(name)s by the template."""
    return sorted(re.findall(r"\{\w*\}|%\(\w+\)s", text))


def _listed(words: str) -> list[str]:
    return [word.strip() for word in words.split(",")]


# the catalogues ------------------------------------------------------------------------------------------------------------


def test_the_texts_are_found_at_all() -> None:
    assert len(TEXTS) > 200
    assert NOTE in SENT
    assert {NOTE, PROMPT, PROVE, RING, CALL, CALLED, OTHER, MENU} <= set(SENT)


@pytest.mark.parametrize("language", OURS)
def test_every_text_stands_translated_and_none_is_left_over(language: str) -> None:
    said = _said(language)
    assert {text for text in TEXTS if not said.get(text, "").strip()} == set(), "run `make translations`, then translate these"
    assert set(said) - TEXTS == set(), "run `make translations`: nobody says these any more"


def test_the_collected_texts_are_those_in_the_sources() -> None:
    with (HERE / "aftercall.pot").open("rb") as file:
        assert {str(message.id) for message in read_po(file) if message.id} == TEXTS, "run `make translations`"


@pytest.mark.parametrize("language", OURS)
def test_no_translation_is_a_guess(language: str) -> None:
    catalogue = _catalogue(language)
    assert not catalogue.fuzzy
    assert [message.id for message in catalogue if message.fuzzy] == []


@pytest.mark.parametrize("language", OURS)
def test_a_catalogue_says_whose_language_it_is_and_who_signed_it(language: str) -> None:
    head = (HERE / language / "LC_MESSAGES" / "aftercall.po").read_text("utf-8").partition('msgid "You')[0]
    assert f'"Language: {language}\\n"' in head
    assert "Plural-Forms: nplurals=" in head
    assert "charset=utf-8" in head
    assert re.search(r"^# (Draft: no human speaker has signed this translation yet\.|Signed by .+)$", head, re.MULTILINE)


@pytest.mark.parametrize("language", OURS)
def test_what_is_filled_in_is_the_same_in_every_language(language: str) -> None:
    assert {text: said for text, said in _said(language).items() if _blanks(text) != _blanks(said)} == {}


@pytest.mark.parametrize("language", OURS)
def test_no_translation_can_break_the_page_it_stands_in(language: str) -> None:
    # A template takes a translation as it is, into attributes too, and fills it in with %.
    bare = {text: re.sub(r"%\(\w+\)s", "", said) for text, said in _said(language).items()}
    assert {text: said for text, said in bare.items() if set(said) & set('<>"&%')} == {}


@pytest.mark.parametrize("language", OURS)
def test_a_button_is_called_by_its_own_name(language: str) -> None:
    _ = speak(language)
    assert set(NAMED) <= TEXTS
    assert {text: _(button) for text, button in NAMED.items() if _(button) not in _(text)} == {}


@pytest.mark.parametrize("language", OURS)
def test_the_catalogue_is_what_is_spoken(language: str) -> None:
    assert {text: speak(language)(text) for text in TEXTS} == _said(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_promised_that_we_cannot_keep(language: str) -> None:
    said = _said(language).values()
    assert [(word, text) for text in said for word in _listed(DISHONEST[language]) if word in text.lower()] == []


# what leaves by text message -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", SENT)
def test_a_text_message_is_one_text_message(text: str, language: str) -> None:
    sent = speak(language)(text).format(**FILLED)
    assert set(sent) - GSM7 - GSM7_TWICE == set()
    assert places(sent) <= 160


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", SENT)
def test_a_text_message_is_the_same_for_everyone(text: str, language: str) -> None:
    blanks = [name for _, name, _, _ in Formatter().parse(speak(language)(text)) if name is not None]
    assert blanks == [name for _, name, _, _ in Formatter().parse(text) if name is not None]
    assert set(blanks) <= set(FILLED)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", SENT)
def test_a_text_message_tells_a_stranger_nothing(text: str, language: str) -> None:
    assert revealing(language, speak(language)(text)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_word_that_ends_the_notes_is_one_the_gateway_knows(language: str) -> None:
    given = re.search(r"\((\w+) ?:", speak(language)(NOTE))
    assert given is not None
    assert "".join(bare(given[1])) in STOP


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_word_that_asks_is_one_the_care_half_knows(language: str) -> None:
    assert language in WORDS.values()
    assert any(asks([word]) for word in bare(speak(language)(OTHER)))


# which language ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("sw-KE,sw;q=0.9,en;q=0.8", "sw"),
        ("sw", "sw"),
        ("fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        ("es-419,es;q=0.9", "es"),
        ("en-GB,en;q=0.9,sw;q=0.8", "en"),
        ("luo,sw-KE;q=0.9,en;q=0.8", "sw"),
        ("de-DE,de;q=0.9", "en"),
        ("*", "en"),
        ("", "en"),
        (" , ;q=1", "en"),
    ],
)
def test_the_page_speaks_the_language_that_the_phone_asks_for(accepted: str, language: str) -> None:
    assert prefer(accepted) == language


def test_a_language_that_we_do_not_have_is_answered_in_english() -> None:
    assert translations("de").gettext("Take a minute") == "Take a minute"
    assert speak("sw")("Take a minute") != "Take a minute"
