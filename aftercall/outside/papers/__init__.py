"""The care half's plain pages, to be read in peace: no script, nothing to fill in, the same for everyone."""

import gzip
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from babel import Locale
from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import Response

from aftercall.locale import LANGUAGES, prefer, translations
from aftercall.places import said

FOLDER = Path(__file__).parent
STYLE = "paper.css"


class Papers:
    """The templates in every language. What stands in all of them is given once, at the start."""

    def __init__(self, **same: object) -> None:
        self._same = same
        self._spoken = {language: _environment(language) for language in LANGUAGES}

    def page(self, name: str, language: str, /, **given: object) -> str:
        def in_words(texts: Mapping[str, str]) -> tuple[str, str]:
            return said(texts, language)

        with_all = {"said": in_words, "lang": language, "languages": LANGUAGES, "named": _named, **self._same, **given}
        return self._spoken[language].get_template(name).render(with_all)

    def show(self, request: Request, name: str, /, **given: object) -> Response:
        html = self.page(name, language_of(request), **given)
        return packed(request, html.encode(), "text/html; charset=utf-8")

    def style(self, request: Request) -> Response:
        return packed(request, (FOLDER / STYLE).read_bytes(), "text/css")


def _environment(language: str) -> Environment:
    env = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, extensions=["jinja2.ext.i18n"], trim_blocks=True, lstrip_blocks=True
    )
    env.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]

    def long(day: date) -> str:
        return format_date(day, "long", locale=language)

    env.filters["long"] = long
    return env


def _named(language: str) -> str | None:
    return Locale(language).get_display_name(language)


def language_of(request: Request) -> str:
    chosen = request.query_params.get("lang", "")
    return chosen if chosen in LANGUAGES else prefer(request.headers.get("accept-language", ""))


def packed(request: Request, body: bytes, kind: str, more: Mapping[str, str] | None = None) -> Response:
    headers = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding, Accept-Language", **(more or {})}
    if "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["Content-Encoding"] = gzip.compress(body, 9, mtime=0), "gzip"
    return Response(body, 200, headers, media_type=kind)
