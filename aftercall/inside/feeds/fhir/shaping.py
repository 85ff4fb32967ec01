"""Give a resource its shape: as much of it as has the form that FHIR says, with the rest named by its path."""

import re
from typing import TypeVar

import msgspec
from msgspec import Raw

from aftercall.inside.feeds.fhir.shapes import Shape
from aftercall.inside.road.notice import Unread

S = TypeVar("S", bound=Shape)
_DECODERS: dict[type[Shape], msgspec.json.Decoder[Shape]] = {}
_VITAL = {"id", "identifier", "meta", "deceasedBoolean", "deceasedDateTime", "_deceasedDateTime", "status", "subject"}
_VITAL |= {"hospitalization", "entry", "resourceType", "parameter", "notificationEvent"}
_PLACE = re.compile(r"- at `\$([^`]*)`")
_BYTE = re.compile(r"\(byte (\d+)\)")


class Unshaped(Exception):
    """Not what FHIR says it is. `place` is a path below the resource, or a byte; never what stood there."""

    def __init__(self, place: str, byte: str = "") -> None:
        super().__init__()
        self.place, self.byte = place, byte


def decode(raw: bytes | Raw, shape: type[S]) -> S:
    """Raises Unshaped."""
    decoder = _DECODERS.get(shape)
    if decoder is None:
        decoder = _DECODERS[shape] = msgspec.json.Decoder(shape)
    try:
        return decoder.decode(raw)  # type: ignore[return-value]
    except msgspec.ValidationError as problem:
        found = _PLACE.search(str(problem))
        raise Unshaped(found[1] if found else "") from None
    except msgspec.DecodeError as problem:
        found = _BYTE.search(str(problem))
        raise Unshaped("", found[1] if found else "0") from None
    except (RecursionError, UnicodeDecodeError):
        raise Unshaped("", "0") from None


def shaped(raw: bytes | Raw, shape: type[S], kind: str, path: str) -> tuple[S | None, list[Unread]]:
    """The resource, less the fields that have a wrong form; each of those is named. None when one of them was vital."""
    refused: list[Unread] = []
    while len(refused) < 8:
        try:
            return decode(raw, shape), refused
        except Unshaped as problem:
            where = f"{path}{problem.place}" if not problem.byte else f"{path}, byte {problem.byte}"
            refused.append(Unread(kind, "not-json", where, "This part has not the form that FHIR R4 gives it. Send it as R4 says."))
            name = re.match(r"\.(\w+)", problem.place)
            if problem.byte or name is None or name[1] in _VITAL:
                return None, refused
            if not (raw := _without(raw, name[1])):
                return None, refused
    return None, refused


def _without(raw: bytes | Raw, name: str) -> bytes:
    """The same resource less one field; nothing, where its letters are no UTF-8."""
    try:
        parts = msgspec.json.decode(raw, type=dict[str, Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return b""
    parts.pop(name, None)
    return msgspec.json.encode(parts)
