"""Our words in each language, read from their catalogues once, with no step in between that could be forgotten."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from babel import negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

HERE = Path(__file__).parent
LANGUAGES = ("en", "sw", "fr", "es")


def _load(language: str) -> NullTranslations:
    path = HERE / language / "LC_MESSAGES" / "aftercall.po"
    if not path.exists():
        return NullTranslations()  # English stands in the source
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return Translations(compiled, domain="aftercall")


def _draft(language: str) -> bool:
    """Whether no human speaker has signed it; English is our own."""
    path = HERE / language / "LC_MESSAGES" / "aftercall.po"
    return path.exists() and "\n# Draft:" in path.read_text("utf-8").partition('msgid "')[0]


DRAFTS = frozenset(language for language in LANGUAGES if _draft(language))
_LOADED = {language: _load(language) for language in LANGUAGES}


def translations(language: str) -> NullTranslations:
    """For a template; English for a language we don't have."""
    return _LOADED.get(language, _LOADED["en"])


def speak(language: str) -> Callable[[str], str]:
    """A function from the English text to the text in that language."""
    return translations(language).gettext


def marked(text: str) -> str:
    """Marks a text for the catalogues, imported as `_`; it is translated where it is sent."""
    return text


def prefer(accepted: str) -> str:
    """Our language nearest to a browser's Accept-Language."""
    wished = [part.split(";")[0].strip().replace("-", "_") for part in accepted.split(",") if part.strip()]
    return negotiate_locale([w.split("_")[0] for w in wished], LANGUAGES) or "en"
