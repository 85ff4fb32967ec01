"""Is what a server hands out what was released? Every page in every language, every file, every header, as any phone gets them.

It finds a change made for everyone. It can't find one that is made for one person alone, and it sees the moment in which it looks.
"""

import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from aftercall.config import Outside
from aftercall.locale import LANGUAGES
from aftercall.outside.doors.cover import HEADERS
from aftercall.outside.doors.papers import about_of, papers_of
from aftercall.outside.doors.shelf import PAGES, Shelf
from aftercall.outside.papers import FOLDER as PAPERS
from aftercall.outside.papers import STYLE
from aftercall.outside.road.directory import steward_bytes
from aftercall.outside.road.seal import Forged, check
from aftercall.outside.road.sheet import read as read_sheet
from aftercall.release import NoRelease
from aftercall.words import Sealed, print_of, unb64

AGENTS = ("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36", "aftercall verify")


def differences(url: str) -> tuple[str, list[str]]:
    """What the server says of itself, for a person to compare with the poster; and what differs from this program. [] is well.

    Raises NoRelease when the server can't be reached or says nothing of itself.
    """
    with httpx.Client(base_url=url.rstrip("/"), timeout=20, follow_redirects=False) as wire:
        try:
            about = wire.get("/care/v1/about").json()
            settings, root, apart = _settings(about), unb64(about["root"]), bool(about["apart"])
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as problem:
            raise NoRelease(
                f"{url} does not say what it is ({type(problem).__name__}); is it the address of a care half?"
            ) from None
        found = [*_compared(wire, settings, root, apart), *_sheets(wire, settings.programme, root)]
    return _told(settings, root), found


def _settings(about: Mapping[str, Any]) -> Outside:
    """The settings of which pages are made, as the server states them. What it hides would show as a difference."""
    given = {name: value for name, value in about.items() if name in about_of(Outside(**_NOTHING), b"")}
    given.pop("root", None)
    number = str(given.get("care_number", ""))
    return Outside(**{**_NOTHING, **given, "inbound_token": Sealed("there is one" if number else "")})


_NOTHING: dict[str, Any] = {
    "data": Path(), "programme": "", "name": "", "run_by": "", "codes": [], "duty_tel": "", "lines": [],
}  # fmt: skip


def _compared(wire: httpx.Client, settings: Outside, root: bytes, apart: bool) -> Iterator[str]:
    """`apart`: says the server that its data lies outside machine snapshots?"""
    shelf, papers = Shelf(settings, root), papers_of(settings, root)
    for name, file in shelf.files.items():
        yield from _one(wire, f"/phone/{name}", file.plain, "")
    yield from _one(wire, "/sw.js", shelf.keeper.plain, "")
    yield from _one(wire, f"/paper/{STYLE}", (PAPERS / STYLE).read_bytes(), "")
    for language in LANGUAGES:
        for path in PAGES:
            yield from _one(wire, path, shelf.pages[path, language].plain, language)
        yield from _one(wire, "/notes.webmanifest", shelf.manifests[language].plain, language)
        yield from _one(wire, "/honest", papers.page("honest.html", language, apart=apart).encode(), language)


def _one(wire: httpx.Client, path: str, due: bytes, language: str) -> Iterator[str]:
    """One address, as a phone asks for it, packed and plain."""
    for agent, packing in zip(AGENTS, ("gzip", "identity"), strict=True):
        head = {"User-Agent": agent, "Accept-Encoding": packing, **({"Accept-Language": language} if language else {})}
        with wire.stream("GET", path, headers=head) as answer:
            raw = b"".join(answer.iter_raw())
        body = gzip.decompress(raw) if answer.headers.get("content-encoding") == "gzip" else raw
        where = f"{path}{f' ({language})' if language else ''}"
        if answer.status_code != 200:
            yield f"{where}: it answers {answer.status_code}"
        elif body != due:
            yield f"{where}: other bytes than in the release, from byte {_first(body, due)} on ({len(body)} of {len(due)})"
        wrong = [name for name, value in HEADERS.items() if answer.headers.get(name) != value]
        if wrong:
            yield f"{where}: other headers than in the release: {', '.join(wrong)}"
        if "set-cookie" in answer.headers:
            yield f"{where}: it sets a cookie"
        if body != due or wrong:
            return


def _first(body: bytes, due: bytes) -> int:
    return next((n for n, (a, b) in enumerate(zip(body, due, strict=False)) if a != b), min(len(body), len(due)))


def _sheets(wire: httpx.Client, programme: str, root: bytes) -> Iterator[str]:
    """The published numbers: is each signed by a steward of this root?"""
    for sheet in wire.get("/care/v1/sheet").json().get("sheets", []):
        try:
            read_sheet(json.dumps(sheet).encode())
            steward = json.loads(sheet["body"])["steward"]
            check(
                root, steward["cert"], steward_bytes(programme, unb64(steward["key"]), steward["not_after"]), "the sheet's steward"
            )
        except (Forged, ValueError, KeyError, TypeError) as problem:
            yield f"/care/v1/sheet: {problem}"


def _told(s: Outside, root: bytes) -> str:
    numbers = "".join(f"\n  {line.get('name')}: {line.get('tel')}" for line in s.lines)
    return (
        f"The server says that it is {s.name} ({s.programme}), run by {s.legal_name or s.run_by}.\n"
        f"Its root: {print_of(root)}\n  Duty phone: {s.duty_tel}{numbers}\n"
        "Compare the six words and the numbers with the poster: a program can't know which are yours."
    )
