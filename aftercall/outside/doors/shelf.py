"""Every file and every page in every language, made and compressed once at start; and what a phone keeps of it, under one hash."""

import gzip
import hashlib
import json
import re
from dataclasses import dataclass

from babel import Locale
from jinja2 import BytecodeCache, Environment, FileSystemLoader, Template
from jinja2.bccache import Bucket

from aftercall.config import Outside
from aftercall.locale import DRAFTS, LANGUAGES, translations
from aftercall.phone import frame
from aftercall.phone.light import FOLDER, light
from aftercall.phone.notes import GUIDES, NOTES
from aftercall.words import print_of

SHOWN = {".mjs": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html; charset=utf-8"}
PAGES = {
    "/": "care.html",
    "/five": "five.html",
    "/days": "days.html",
    "/check": "check.html",
    "/home": "athome.html",
    "/friend": "friend.html",
    "/peer": "peer.html",
}
CARE = tuple(path for path in PAGES if path != "/peer")  # what a phone keeps; a peer's page needs the network
TEMPLATES = (*PAGES.values(), "leaf.html", "parts.html", "drawn.html", "questions.html")
WITHIN = (*TEMPLATES, *frame.PARTS)  # handed out within a page only
NEUTRAL = ("blank.html", "blank.css", "icon.svg")  # what is left on the screen of somebody who left
SCRIPTS = ("start.mjs", "home.mjs", "five.mjs", "days.mjs", "check.mjs", "plain.mjs")
IMPORTED = re.compile(r"(?:from |import )'\./([\w/.-]+\.mjs)'")
NAMED = re.compile(r"'\./([\w/.-]+\.mjs)'")  # also what is fetched later


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


def reached(scripts: tuple[str, ...], links: re.Pattern[str] = NAMED) -> list[str]:
    """These scripts and all modules they lead to, in the order met."""
    found = list(scripts)
    for name in found:  # it grows as we go
        text = (FOLDER / name).read_text("utf-8")
        found += [other for other in dict.fromkeys(links.findall(text)) if other not in found]
    return found


@dataclass(frozen=True)
class Sheet:
    """One thing as it goes over the wire, plain and packed."""

    plain: bytes
    packed: bytes
    kind: str
    tag: str

    @classmethod
    def of(cls, plain: bytes, kind: str) -> "Sheet":
        return cls(plain, gzip.compress(plain, 9, mtime=0), kind, hashlib.sha256(plain).hexdigest()[:16])


class Shelf:
    """What the phone can be handed. A name that isn't here is a KeyError."""

    def __init__(self, settings: Outside, root: bytes) -> None:
        self.files = {
            str(path.relative_to(FOLDER)): Sheet.of(light(path), SHOWN[path.suffix])
            for path in FOLDER.rglob("*")
            if path.suffix in SHOWN and path.name not in WITHIN
        }
        tongues = {language: tongue(language) for language in LANGUAGES}
        self.pages = {
            (path, language): self._page(env.get_template(name), language, settings, root)
            for path, name in PAGES.items()
            for language, env in tongues.items()
        }
        self.manifests = {language: self._manifest(language) for language in LANGUAGES}
        self.keeper = self._keeper()

    def _page(self, template: Template, language: str, settings: Outside, root: bytes) -> Sheet:
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
            chat=settings.chat,
            languages=LANGUAGES,
            named=lambda code: Locale(code).get_display_name(code),
            notes=NOTES,
            guides=GUIDES,
            frame=frame,
            instruments=frame.instruments(language),
            draft=language in DRAFTS,
            root_print=print_of(root),
            asset=lambda file: f"/phone/{file}",
            modules=lambda script: " ".join(reached((script,), IMPORTED)),
        )
        return Sheet.of(html.encode(), SHOWN[".html"])

    def _manifest(self, language: str) -> Sheet:
        """What a phone shows of an installed page: a notebook."""
        name = translations(language).gettext("Notes")
        icon = {"src": "/phone/icon.svg", "sizes": "any", "type": "image/svg+xml", "purpose": "any"}
        said = {
            "name": name,
            "short_name": name,
            "lang": language,
            "id": "/",
            "start_url": f"/?lang={language}",
            "scope": "/",
            "display": "standalone",
            "background_color": "#15181d",
            "theme_color": "#15181d",
            "icons": [icon],
        }
        return Sheet.of(json.dumps(said, ensure_ascii=False).encode(), "application/manifest+json")

    def _keeper(self) -> Sheet:
        """The service worker: one for all languages, new whenever anything it keeps is."""
        names = [*NEUTRAL, "phone.css", *reached(SCRIPTS)]
        code = light(FOLDER / "offline.js")
        tags = [code.hex(), *(self.files[name].tag for name in names)]
        tags += [sheet.tag for (path, _), sheet in self.pages.items() if path in CARE]
        said = {
            "VERSION": hashlib.sha256(" ".join(tags).encode()).hexdigest()[:16],
            "PAGES": CARE,
            "FILES": [f"/phone/{name}" for name in names],
            "NEUTRAL": [f"/phone/{name}" for name in NEUTRAL],
        }
        first = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in said.items())
        return Sheet.of(first.encode() + code, SHOWN[".mjs"])
