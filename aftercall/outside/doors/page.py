"""The pages and what they load, from memory. The numbers stand in the page itself: they always show."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from starlette.responses import Response

from aftercall.locale import LANGUAGES, prefer
from aftercall.outside.doors.answers import gone
from aftercall.outside.doors.shelf import PAGES, Sheet, Shelf

router = APIRouter(include_in_schema=False)


def _answer(sheet: Sheet, request: Request, seen: str) -> Response:
    """Asked for anew each time, and then often not sent: a changed number must not wait in a browser's store."""
    tag = f'"{sheet.tag}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding, Accept-Language"}
    if seen == tag:
        return Response(status_code=304, headers=headers)
    packed = "gzip" in request.headers.get("accept-encoding", "")
    if packed:
        headers["Content-Encoding"] = "gzip"
    return Response(sheet.packed if packed else sheet.plain, media_type=sheet.kind, headers=headers)


def _language(request: Request) -> str:
    chosen = request.query_params.get("lang", "")
    return chosen if chosen in LANGUAGES else prefer(request.headers.get("accept-language", ""))


def shelf(request: Request) -> Shelf:
    this: Shelf = request.app.state.shelf
    return this


On = Annotated[Shelf, Depends(shelf)]
Seen = Annotated[str, Header(alias="If-None-Match")]


def _shown_at(path: str) -> Callable[..., Awaitable[Response]]:
    async def shown(here: On, request: Request, seen: Seen = "") -> Response:
        return _answer(here.pages[path, _language(request)], request, seen)

    return shown


for path, name in PAGES.items():
    router.add_api_route(path, _shown_at(path), name=name.removesuffix(".html"))


@router.get("/notes.webmanifest")
async def manifest(here: On, request: Request, seen: Seen = "") -> Response:
    return _answer(here.manifests[_language(request)], request, seen)


@router.get("/sw.js")
async def keeper(here: On, request: Request, seen: Seen = "") -> Response:
    return _answer(here.keeper, request, seen)


@router.get("/phone/{name:path}")
async def file(here: On, name: str, request: Request, seen: Seen = "") -> Response:
    return _answer(here.files[name], request, seen) if name in here.files else gone()
