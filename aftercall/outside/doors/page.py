"""The pages and what they load, from memory, compressed once. The numbers stand in the page itself: they always show."""

import gzip
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

from babel import Locale
from fastapi import APIRouter, Depends, Header, Request
from jinja2 import BytecodeCache, Environment, FileSystemLoader, Template
from jinja2.bccache import Bucket
from starlette.responses import Response

from aftercall import phone
from aftercall.config import Outside
from aftercall.locale import DRAFTS, LANGUAGES, prefer, translations
from aftercall.outside.doors.answers import gone
from aftercall.phone.notes import NOTES
from aftercall.words import print_of

router = APIRouter()
FOLDER = Path(phone.__file__).parent
SHOWN = {".mjs": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html; charset=utf-8"}
PAGES = {
    "/": "care.html",
    "/five": "five.html",
    "/days": "days.html",
    "/home": "athome.html",
    "/friend": "friend.html",
    "/peer": "peer.html",
}
TEMPLATES = (*PAGES.values(), "leaf.html", "parts.html", "drawn.html")


class Kept(BytecodeCache):
    """A page is compiled once for all its languages, and for all halves of one process: this is most of their start."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


KEPT = Kept()


def tongue(language: str) -> Environment:
    """The templates in one language."""
    env = Environment(
        loader=FileSystemLoader(FOLDER),
        bytecode_cache=KEPT,
        autoescape=True,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    return env


def by_place(lines: list[dict[str, str]]) -> list[tuple[str, list[dict[str, str]]]]:
    """Numbers under the places they are for, in the order given; those for everywhere come first."""
    places: dict[str, list[dict[str, str]]] = {"": []}
    for line in lines:
        places.setdefault(line.get("place", ""), []).append(line)
    return list(places.items())


class Shelf:
    """Every file and every page in every language, made once at start."""

    def __init__(self, settings: Outside, root: bytes) -> None:
        self._files = {
            str(path.relative_to(FOLDER)): (path.read_bytes(), gzip.compress(path.read_bytes(), 9, mtime=0), SHOWN[path.suffix])
            for path in FOLDER.rglob("*")
            if path.suffix in SHOWN and path.name not in TEMPLATES
        }
        tongues = {language: tongue(language) for language in LANGUAGES}
        self._pages = {
            (name, language): self._made(env.get_template(name), language, settings, root)
            for name in PAGES.values()
            for language, env in tongues.items()
        }

    def _made(self, template: Template, language: str, settings: Outside, root: bytes) -> tuple[bytes, bytes, str]:
        html = template.render(
            lang=language,
            dir="ltr",
            to=lambda path: f"{path}?lang={language}",
            programme=settings.name,
            programme_id=settings.programme,
            host_name=settings.run_by,
            duty_tel=settings.duty_tel,
            lines=settings.lines,
            places=by_place(settings.lines),
            cover=settings.cover,
            care_number=settings.care_number if settings.inbound_token else "",
            rest=settings.rest,
            hours=settings.hours,
            languages=LANGUAGES,
            named=lambda code: Locale(code).get_display_name(code),
            notes=NOTES,
            draft=language in DRAFTS,
            root_print=print_of(root),
            asset=lambda file: f"/phone/{file}",
        ).encode()
        return html, gzip.compress(html, 9, mtime=0), SHOWN[".html"]

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


def _shown_at(name: str) -> Callable[..., Awaitable[Response]]:
    async def shown(here: On, request: Request) -> Response:
        return here.page(name, _language(request), _packed(request))

    return shown


for path, name in PAGES.items():
    router.add_api_route(path, _shown_at(name), name=name.removesuffix(".html"))


@router.get("/phone/{name:path}")
async def file(here: On, name: str, request: Request, if_none_match: Annotated[str, Header()] = "") -> Response:
    return here.file(name, _packed(request), if_none_match)
