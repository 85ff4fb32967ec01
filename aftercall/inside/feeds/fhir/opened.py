"""Open one JSON document of FHIR: what resources are in it, where each stands, and what could not be opened."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec
from msgspec import Raw

from aftercall.inside.feeds.fhir.shapes import Bundle, Entry, Loose, Named, Parameters, Request
from aftercall.inside.feeds.fhir.shaping import Unshaped, decode, shaped
from aftercall.inside.road.notice import Unread

SERVED = frozenset({"searchset", "history", "batch-response", "transaction-response", "subscription-notification", "ndjson", "one"})
"""Here a resource's address is the server's own; elsewhere it may mean something within the message only."""
MOST = 64 * 1024 * 1024  # bytes of one document
DEEP = 4  # bundles in bundles: a death certificate in its message, the answers to a batch


class Found(msgspec.Struct, frozen=True, gc=False):
    """One resource and where it stood."""

    type: str
    raw: Raw
    path: str  # "Bundle.entry[3].resource"
    url: str  # fullUrl, or what the request wrote to
    served: bool
    gone: bool = False  # a history says that it was deleted


@dataclass
class Opened:
    """A document. `bundle` is the outermost, empty when there is none."""

    body: bytes
    kind: str  # "Bundle/message", "Patient", "ndjson"
    type: str  # Bundle.type; "one" for a resource that stands alone
    bundle: Bundle = field(default_factory=Bundle)
    inner: list[Bundle] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)
    refused: list[Unread] = field(default_factory=list)

    def of(self, *types: str) -> Iterator[Found]:
        return (one for one in self.found if one.type in types)


def open_document(body: bytes) -> Opened | Unread:
    if len(body) > MOST:
        return Unread("", "too-large", f"byte {MOST}", "A document may have 64 MB. Ask for smaller pages (_count).")
    body = body.removeprefix(b"\xef\xbb\xbf").strip()
    opened = Opened(body, "Bundle", "")
    if (first := _FIRST.match(body)) and first[1] == b"Bundle":
        with suppress(Unshaped):  # mostly it is a bundle and sound, and then it is read once only
            _fill(opened, body, "Bundle", 0, decode(body, Bundle))
            return opened
    try:
        kind = decode(body, Named).resource_type
    except Unshaped as problem:
        if len(lines := body.splitlines()) > 1 and _type_of(lines[0]):
            return _lines(body, lines)
        return _no_json(body, problem)
    if not kind or not _NAME.fullmatch(kind):
        return Unread("", "not-ours", "resourceType", "There is no resourceType. Send a FHIR R4 resource or Bundle as JSON.")
    if kind != "Bundle":
        opened = Opened(body, kind, "one", found=[Found(kind, Raw(body), kind, "", served=True)])
        if kind == "Parameters":
            _unpack(opened, body)
        return opened
    _fill(opened, body, "Bundle", 0)
    return opened


def _fill(opened: Opened, raw: bytes | Raw, path: str, depth: int, sound: Bundle | None = None) -> None:
    bundle, refused = (sound, []) if sound else shaped(raw, Bundle, opened.kind, path)
    opened.refused.extend(refused)
    if bundle is None:
        bundle = _entry_by_entry(opened, raw, path)
    if depth == 0:
        opened.bundle, opened.type = bundle, bundle.type if bundle.type and _NAME.fullmatch(bundle.type) else ""
        opened.kind = f"Bundle/{opened.type}" if opened.type else "Bundle"
    else:
        opened.inner.append(bundle)
    served = bundle.type in SERVED
    for number, entry in enumerate(bundle.entry or ()):
        where = f"{path}.entry[{number}].resource"
        method = (entry.request.method or "").upper() if entry.request else ""
        url = entry.full_url or _written(entry.request, method)
        kind = _type_of(entry.resource)
        if kind == "Bundle" and depth < DEEP:
            _fill(opened, entry.resource, where, depth + 1)
        elif kind:
            opened.found.append(Found(kind, entry.resource, where, url, served or method in ("PUT", "PATCH", "GET")))
        elif method == "DELETE" and (kind := url.rpartition("/")[0].rpartition("/")[2]):
            opened.found.append(Found(kind, Raw(b"{}"), where, url, served=True, gone=True))
        elif bytes(entry.resource) not in (b"", b"null"):
            opened.refused.append(Unread(opened.kind, "not-ours", f"{where}.resourceType", "This entry has no resourceType."))


def _unpack(opened: Opened, body: bytes) -> None:
    """What an operation was given, or gave back: resources stand in its parameters."""
    parameters, refused = shaped(body, Parameters, opened.kind, opened.kind)
    opened.refused.extend(refused)
    for number, one in enumerate((parameters.parameter if parameters else None) or ()):
        where, kind = f"Parameters.parameter[{number}].resource", _type_of(one.resource)
        if kind == "Bundle":
            _fill(opened, one.resource, where, 1)
        elif kind:
            opened.found.append(Found(kind, one.resource, where, "", served=False))


def _written(request: Request | None, method: str) -> str:
    url = (request.url or "") if request and method != "POST" else ""
    return url if _ADDRESS.fullmatch(url) else ""


def _entry_by_entry(opened: Opened, raw: bytes | Raw, path: str) -> Bundle:
    """A bundle one of whose entries is broken gives all its others."""
    try:
        loose = decode(raw, Loose)
        bundle = Bundle(type=loose.type, timestamp=loose.timestamp, entry=[])
    except Unshaped:
        return Bundle()
    kept = bundle.entry if bundle.entry is not None else []
    for number, one in enumerate(loose.entry or ()):
        entry, refused = shaped(one, Entry, opened.kind, f"{path}.entry[{number}]")
        opened.refused.extend(refused if entry else refused[:1])
        kept.append(entry or Entry())
    del opened.refused[: 1 if kept else 0]  # it was said of the whole, and is now said of the entries
    return bundle


def _lines(body: bytes, lines: list[bytes]) -> Opened:
    """Newline-delimited JSON, as bulk exports write it."""
    opened = Opened(body, "ndjson", "ndjson")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if kind := _type_of(line):
            opened.found.append(Found(kind, Raw(line), f"line {number}", "", served=True))
        else:
            text = "This line is no FHIR resource. Write one JSON object a line, or the whole file as one Bundle."
            opened.refused.append(Unread("ndjson", "not-json", f"line {number}", text))
    return opened


def _type_of(raw: bytes | Raw) -> str:
    """Mostly it stands first, and then nothing more is read."""
    if (found := _FIRST.match(raw)) is not None:
        return found[1].decode()
    try:
        name = decode(raw, Named).resource_type or ""
    except Unshaped:
        return ""
    return name if _NAME.fullmatch(name) else ""


def _no_json(body: bytes, problem: Unshaped) -> Unread:
    if body.startswith(b"<"):
        text = "This is XML. Ask for JSON: Accept: application/fhir+json."
    elif _SHORTHAND.match(body):
        text = "This is FHIR Shorthand, the source of an example and no message. Send the JSON that is built from it."
    elif not body:
        text = "There is nothing in it."
    else:
        text = "This is no JSON, or not all of it. Send one FHIR R4 resource or Bundle as UTF-8 JSON, and send it whole."
    return Unread("", "not-json", f"byte {problem.byte or 0}", text)


_NAME = re.compile(r"[A-Za-z][A-Za-z-]{0,40}")
_ADDRESS = re.compile(r"[A-Z][A-Za-z]+/[A-Za-z0-9.-]{1,64}")
_FIRST = re.compile(rb'\s*\{\s*"resourceType"\s*:\s*"([A-Z][A-Za-z]{0,40})"')
_SHORTHAND = re.compile(rb"(?:\s*//[^\n]*\n)*\s*(?:Profile|Instance|Alias|RuleSet|CodeSystem|ValueSet|Extension|Invariant)\s*:")
