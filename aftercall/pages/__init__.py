"""Plain pages for whoever works here: they open on a cheap phone, load nothing from elsewhere, and keep nothing. Of no half."""

import gzip
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from babel import Locale
from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import Response

from aftercall.locale import LANGUAGES, prefer, translations
from aftercall.words import Moment

FOLDER = Path(__file__).parent
KINDS = {".css": "text/css", ".mjs": "text/javascript", ".js": "text/javascript"}
FIELDS, LONGEST = 20, 16 * 1024  # of a form that somebody filled in


class Pages:
    """The templates in every language, and the files they load."""

    def __init__(self, zone: ZoneInfo, own: Path, at: str, **same: object) -> None:
        """`own`: the half's folder, whose templates and files stand beside those here. `at`: where its files are asked for, as
        "/hand/". `same` stands in every page.
        """
        self._zone, self._at, self._same = zone, at, same
        self._spoken = {language: self._environment(language, own) for language in LANGUAGES}
        files = [file for folder in (FOLDER, own) for file in folder.iterdir() if file.suffix in KINDS]
        self._files = {file.name: (file.read_bytes(), KINDS[file.suffix]) for file in files}

    def _environment(self, language: str, own: Path) -> Environment:
        env = Environment(
            loader=FileSystemLoader((own, FOLDER)),
            autoescape=True,
            extensions=["jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
        )
        env.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
        env.filters["clock"] = self._clock
        env.filters["day"] = self._day
        env.filters["date"] = lambda day: day.strftime("%d.%m.%Y")  # one that has no hour
        return env

    def _clock(self, at: Moment) -> str:
        """Numbers alone, the same in every language."""
        return at.astimezone(self._zone).strftime("%d.%m. %H:%M")

    def _day(self, at: Moment) -> str:
        return at.astimezone(self._zone).strftime("%d.%m.%Y")

    def show(self, request: Request, page: str, status: int = 200, cookie: str = "", /, **given: object) -> Response:
        """The page in the reader's language. Never kept by a browser: what a shared screen shows is not for the next one."""
        language = language_of(request)
        html = (
            self._spoken[language]
            .get_template(page)
            .render(
                lang=language, languages=LANGUAGES, named=_named, here=page.partition(".")[0],
                asset=lambda file: self._at + file, **self._same, **given,
            )
        )  # fmt: skip
        headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding, Accept-Language"}
        answer = _packed(request, html.encode(), "text/html; charset=utf-8", headers, status)
        if cookie:
            answer.headers["Set-Cookie"] = cookie
        return answer

    def file(self, request: Request, name: str) -> Response | None:
        if name not in self._files:
            return None
        body, kind = self._files[name]
        return _packed(request, body, kind, {"Cache-Control": "max-age=3600", "Vary": "Accept-Encoding"}, 200)


def _packed(request: Request, body: bytes, kind: str, headers: Mapping[str, str], status: int) -> Response:
    if "gzip" in request.headers.get("accept-encoding", ""):
        body, headers = gzip.compress(body, 6, mtime=0), {**headers, "Content-Encoding": "gzip"}
    return Response(body, status, headers, media_type=kind)


def onwards(where: str, cookie: str = "") -> Response:
    """Done: the browser asks for the next page, so that pressing "again" there does nothing twice."""
    headers = {"Location": where}
    return Response(b"", 303, {**headers, "Set-Cookie": cookie} if cookie else headers)


def language_of(request: Request) -> str:
    chosen = request.query_params.get("lang", "")
    return chosen if chosen in LANGUAGES else prefer(request.headers.get("accept-language", ""))


def address(request: Request, path: str, **asked: str | int) -> str:
    """Of a page in the reader's language, with what is asked for; what is empty stands in no address."""
    given = {"lang": language_of(request), **asked}
    return f"{path}?{urlencode({name: value for name, value in given.items() if value})}"


def number_of(text: str, most: int = 10_000) -> int:
    """Of a page, as somebody's address has it: the first where that is no number."""
    return min(max(1, int(text)), most) if text.isascii() and text.isdigit() and len(text) < 9 else 1


def _named(language: str) -> str | None:
    return Locale(language).get_display_name(language)


def is_foreign(request: Request) -> bool:
    """Another site's page made the browser send this."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is not None and origin.partition("://")[2] != request.headers.get("host", "")


async def form_of(request: Request, wanted: Iterable[str], most: int = 200) -> dict[str, str]:
    """The wanted fields of a plain form, each at most so long, "" where one is missing. What can't be read is an empty form."""
    body = await request.body()
    try:
        given = dict(parse_qsl(body[:LONGEST].decode(), keep_blank_values=True, max_num_fields=FIELDS))
    except ValueError:
        given = {}
    return {name: given.get(name, "").replace("\x00", "").strip()[:most] for name in wanted}


def parts_of(body: bytes, kind: str) -> dict[str, bytes]:
    """The parts of a form with a file in it (RFC 7578). What can't be read has none."""
    found = re.search(r'boundary="?([^";,\s]{1,70})', kind)
    parts = dict[str, bytes]()
    if found:
        for piece in (b"\r\n" + body).split(b"\r\n--" + found[1].encode())[1:-1]:
            head, _, content = piece.partition(b"\r\n\r\n")
            if name := re.search(rb'\bname="([^"]{1,40})"', head[:1000]):
                parts[name[1].decode("ascii", "replace")] = content
    return parts
