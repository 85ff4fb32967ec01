"""The two pages and what they load, from memory, compressed once. The numbers stand in the page itself: they always show."""

import gzip
import hashlib
from collections.abc import MutableMapping
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Annotated, Any

from babel import Locale
from fastapi import APIRouter, Depends, Header, Request
from jinja2 import Environment, Template
from starlette.responses import Response

from aftercall import phone
from aftercall.config import Outside
from aftercall.locale import LANGUAGES, prefer, translations
from aftercall.outside.doors.answers import gone
from aftercall.words import print_of

router = APIRouter()
FOLDER = Path(phone.__file__).parent
SHOWN = {".mjs": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html; charset=utf-8"}
TEMPLATES = ("care.html", "peer.html")


@cache
def _code(name: str) -> CodeType:
    """A page is read once for all its languages, and for all halves of one process: this is most of their start."""
    return _environment("en").compile((FOLDER / name).read_text("utf-8"), name, str(FOLDER / name))


def _environment(language: str) -> Environment:
    env = Environment(autoescape=True, extensions=["jinja2.ext.i18n"], trim_blocks=True, lstrip_blocks=True)
    env.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    return env


def _spoken(name: str, language: str) -> tuple[Environment, CodeType, MutableMapping[str, Any]]:
    env = _environment(language)
    return env, _code(name), env.make_globals(None)


class Shelf:
    """Every file and every page in every language, made once at start."""

    def __init__(self, settings: Outside, root: bytes) -> None:
        self._files = {
            str(path.relative_to(FOLDER)): (path.read_bytes(), gzip.compress(path.read_bytes(), 9, mtime=0), SHOWN[path.suffix])
            for path in FOLDER.rglob("*")
            if path.suffix in SHOWN and path.name not in TEMPLATES
        }
        self._pages = {(name, language): self._made(name, language, settings, root) for name in TEMPLATES for language in LANGUAGES}

    def _made(self, name: str, language: str, settings: Outside, root: bytes) -> tuple[bytes, bytes, str]:
        html = (
            Template.from_code(*_spoken(name, language))
            .render(
                lang=language,
                dir="ltr",
                programme=settings.name,
                programme_id=settings.programme,
                host_name=settings.run_by,
                duty_tel=settings.duty_tel,
                lines=settings.lines,
                care_number=settings.care_number if settings.inbound_token else "",
                rest=settings.rest,
                hours=settings.hours,
                chat=settings.chat,
                languages=LANGUAGES,
                named=lambda code: Locale(code).get_display_name(code),
                root_print=print_of(root),
                asset=lambda file: f"/phone/{file}",
            )
            .encode()
        )
        return html, gzip.compress(html, 9, mtime=0), SHOWN[".html"]

    @property
    def files(self) -> dict[str, bytes]:
        """Every file by its name, for whoever compares (aftercall verify)."""
        return {name: made[0] for name, made in self._files.items()}

    def made(self, name: str, language: str) -> bytes:
        """A page, as it is served unpacked."""
        return self._pages[name, language][0]

    def page(self, name: str, language: str, packed: bool) -> Response:
        return self._answer(self._pages[name, language], packed, "no-cache", "")

    def file(self, name: str, packed: bool, seen: str) -> Response:
        if name not in self._files:
            return gone()
        return self._answer(self._files[name], packed, "no-cache", seen)

    def _answer(self, made: tuple[bytes, bytes, str], packed: bool, cache: str, seen: str) -> Response:
        tag = f'"{hashlib.sha256(made[0]).hexdigest()[:16]}"'
        headers = {"ETag": tag, "Cache-Control": cache, "Vary": "Accept-Encoding, Accept-Language"}
        if seen == tag:
            return Response(status_code=304, headers=headers)
        if packed:
            headers["Content-Encoding"] = "gzip"
        return Response(made[1] if packed else made[0], media_type=made[2], headers=headers)


def _language(request: Request) -> str:
    chosen = request.query_params.get("lang", "")
    return chosen if chosen in LANGUAGES else prefer(request.headers.get("accept-language", ""))


def _packed(request: Request) -> bool:
    return "gzip" in request.headers.get("accept-encoding", "")


def shelf(request: Request) -> Shelf:
    this: Shelf = request.app.state.shelf
    return this


On = Annotated[Shelf, Depends(shelf)]


@router.get("/")
async def care(here: On, request: Request) -> Response:
    return here.page("care.html", _language(request), _packed(request))


@router.get("/peer")
async def peer(here: On, request: Request) -> Response:
    return here.page("peer.html", _language(request), _packed(request))


@router.get("/phone/{name:path}")
async def file(here: On, name: str, request: Request, if_none_match: Annotated[str, Header()] = "") -> Response:
    return here.file(name, _packed(request), if_none_match)
