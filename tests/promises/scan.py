"""Search what a process wrote as a curious person with its disk would: every file, every likely shape, packed or not."""

import base64
import hashlib
import re
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

SHORTEST = 8  # bytes of a shape that is looked for: below, random bytes would look like it now and then
HASHES = ("md5", "sha1", "sha256", "sha512", "blake2b", "blake2s")


@dataclass(frozen=True)
class Found:
    """Something that should not stand there: what, in which shape, where."""

    what: str
    shape: str
    where: str

    def __str__(self) -> str:
        return f"{self.what} ({self.shape}) in {self.where}"


def shapes(secret: bytes) -> Iterator[tuple[str, bytes]]:
    """Every shape in which a text is likely to survive on a disk."""
    text = secret.decode("utf-8", "ignore")
    yield "as it is", secret
    yield "latin-1", text.encode("latin-1", "replace")
    yield "UTF-16LE", text.encode("utf-16le")
    yield "UTF-16BE", text.encode("utf-16be")
    yield "hex", secret.hex().encode()
    yield "HEX", secret.hex().upper().encode()
    yield "URL", quote(text, safe="").encode()
    yield "URL with +", quote(text, safe=" ").replace(" ", "+").encode()
    yield "JSON", text.encode("ascii", "backslashreplace")
    yield "backwards", secret[::-1]
    yield "lower case", text.lower().encode()
    yield "upper case", text.upper().encode()
    for off in range(3):  # the part that is the same whatever stands before and after
        core = base64.b64encode(bytes(off) + secret + bytes(2))[(0, 2, 3)[off] : (off + len(secret)) * 8 // 6]
        yield f"base64, {off} off", core
        yield f"URL base64, {off} off", core.replace(b"+", b"-").replace(b"/", b"_")


def digests(secret: bytes) -> Iterator[tuple[str, bytes]]:
    """Its hashes, cut to their first 8 bytes or 16 hex digits: a hash of a phone number is a phone number."""
    for name in HASHES:
        digest = hashlib.new(name, secret, usedforsecurity=False).digest()
        yield name, digest[:8]
        yield f"{name} in hex", digest.hex()[:16].encode()
        yield f"{name} in HEX", digest.hex().upper()[:16].encode()
        yield f"{name} in base64", base64.b64encode(digest)[:11]


def pieces(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Of a long value its parts, because a database page may end in the middle of it."""
    step = 16 if len(data) >= 64 else len(data)
    for at in range(0, len(data) - step + 1, 3 * step):
        yield f"bytes {at} to {at + step}", data[at : at + step]


class Needles:
    """Many things to look for at once."""

    def __init__(self) -> None:
        self._by_start: dict[bytes, list[tuple[bytes, str, str]]] = {}

    def add(self, what: str, shaped: Iterable[tuple[str, bytes]]) -> None:
        for shape, needle in shaped:
            if len(needle) >= SHORTEST:
                self._by_start.setdefault(needle[:SHORTEST], []).append((needle, what, shape))

    def look(self, where: str, hay: bytes) -> list[Found]:
        found: dict[str, Found] = {}
        known = self._by_start
        for at in range(len(hay) - SHORTEST + 1):
            for needle, what, shape in known.get(hay[at : at + SHORTEST], ()):
                if what not in found and hay.startswith(needle, at):
                    found[what] = Found(what, shape, f"{where}, byte {at}")
        return list(found.values())

    def look_in(self, *folders: Path) -> list[Found]:
        """In every file there and below; the same bytes are looked at once."""
        found, seen = list[Found](), set[bytes]()
        for folder in folders:
            for where, hay in haystacks(folder):
                digest = hashlib.sha256(hay).digest()
                if digest not in seen:
                    seen.add(digest)
                    found += self.look(f"{folder.parent.name}/{where}", hay)
        return found


def haystacks(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file, and whatever in it opens as a gzip or zlib run."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            raw = path.read_bytes()
            where = f"{folder.name}/{path.relative_to(folder)}"
            yield where, raw
            for at, plain in _inflated(raw):
                yield f"{where} (packed, from byte {at})", plain


_PACKED = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")


def _inflated(raw: bytes) -> Iterator[tuple[int, bytes]]:
    for start in _PACKED.finditer(raw):
        pump, out = zlib.decompressobj(47), b""
        try:
            for at in range(start.start(), len(raw), 512):  # in parts: what came before a broken end counts
                out += pump.decompress(raw[at : at + 512])
                if pump.eof or len(out) > 1 << 24:
                    break
        except zlib.error:
            pass
        if len(out) >= SHORTEST:
            yield start.start(), out


Cells = dict[str, tuple[list[str], list[tuple[Any, ...]]]]


@lru_cache(maxsize=64)
def cells(db: Path) -> Cells:
    """Every table with its columns and rows, whoever made it."""
    with closing(sqlite3.connect(f"file:{db}?mode=ro", uri=True)) as conn:
        names = [name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        tables = {}
        for name in names:
            rows = conn.execute(f'SELECT * FROM "{name}"')
            tables[name] = ([column[0] for column in rows.description], rows.fetchall())
        return tables


def column(db: Path, table: str, name: str) -> list[Any]:
    names, rows = cells(db).get(table, ([], []))
    return [row[names.index(name)] for row in rows] if name in names else []
