"""Read HL7 v2 as it really arrives: any delimiters, line ends or letters, one message or many, and only what is asked for."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

DELETE = b'""'
"""A field that asks to forget what was said. A field is absent (None), empty (b""), DELETE, or a value; these differ."""

_ENDS = bytes.maketrans(b"\n\x0b\x1c", b"\r\r\r")  # an MLLP frame character left in a file ends a line as well
_JUNK = bytes(range(0x21))  # no segment begins or ends with a space or a control character
_BATCH = (b"FHS", b"BHS", b"BTS", b"FTS")
_LONGEST = 128  # an MSH-18 beyond is no list of charsets
_OURS = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"}

_CODECS = (
    {"ascii": "ascii", "isoir6": "ascii", "unicode": "utf-8", "utf8": "utf-8", "unicodeutf8": "utf-8"}
    | {"utf16": "utf-8", "unicodeutf16": "utf-8", "isoir192": "utf-8"}  # UTF-16 was turned into UTF-8 at the door
    | {f"{name}8859{n}": f"iso8859-{n}" for name in ("", "iso") for n in range(1, 17) if n != 12}
    | {f"{name}125{n}": f"cp125{n}" for name in ("windows", "cp", "win") for n in range(9)}
    | {f"isoir{ir}": f"iso8859-{n}" for ir, n in ((100, 1), (101, 2), (109, 3), (110, 4), (144, 5), (127, 6))}
    | {f"isoir{ir}": f"iso8859-{n}" for ir, n in ((126, 7), (138, 8), (148, 9), (203, 15))}
    | {name: "iso2022_jp_ext" for name in ("isoir13", "isoir14", "isoir87", "isoir159", "iso2022jp")}
    | {"isoir58": "iso2022_jp_2", "isoir149": "euc_kr", "ksx1001": "euc_kr", "euckr": "euc_kr", "isoir166": "tis-620"}
    | {"gb18030": "gb18030", "gb180302000": "gb18030", "gbk": "gbk", "big5": "big5", "shiftjis": "cp932", "sjis": "cp932"}
)
# In these a delimiter's byte can be half of a letter, so they become UTF-8 before anything is split.
_TWO_BYTE = ("iso2022_jp_ext", "iso2022_jp_2", "gb18030", "gbk", "big5", "cp932")


class Coding(NamedTuple):
    """How one message writes: its five delimiters, and the codec that its MSH-18 names."""

    field: bytes
    component: bytes
    repeat: bytes
    escape: bytes
    sub: bytes
    codec: str
    known: bool  # False when MSH-18 names a charset nobody knows

    def text(self, raw: bytes | None) -> str:
        """The words of a component, on one line; empty when it is absent, empty or a delete."""
        if not raw or raw == DELETE:
            return ""
        if raw.isalnum():  # ASCII only; nearly everything: codes, numbers and times
            return raw.decode("ascii")
        if self.escape in raw:
            raw = _escapes(self.escape).sub(self._unescape, raw)
        text = raw.decode("ascii") if raw.isascii() else _decode(raw, self.codec)
        return text.strip() if text.isprintable() else " ".join("".join(c if c.isprintable() else " " for c in text).split())

    def first(self, raw: bytes) -> bytes:
        """The first repetition's first component's first part: where most codes, numbers and times stand."""
        return raw.split(self.repeat, 1)[0].split(self.component, 1)[0].split(self.sub, 1)[0]

    def ours(self, raw: bytes) -> str:
        """A field in the delimiters we send with, so that what is echoed says the same."""
        return "^".join(
            "&".join(escaped(self.text(sub)) for sub in component.split(self.sub)) for component in raw.split(self.component)
        )

    def _unescape(self, found: re.Match[bytes]) -> bytes:
        what = found[1]
        if what[:1] == b"X":
            return bytes.fromhex(what[1:].decode()) if len(what) % 2 else b""
        plain = {b"F": self.field, b"S": self.component, b"T": self.sub, b"R": self.repeat, b"E": self.escape}
        return plain.get(what, b" " if what[:1] == b"." else b"")


USUAL = Coding(b"|", b"^", b"~", b"\\", b"&", "ascii", True)


class Message(NamedTuple):
    """One message as lines, the MSH first. `headed` is False for lines that came under no MSH at all."""

    coding: Coding
    lines: list[bytes]
    plain: bytes  # as it came, with CR between the segments: what a replay has the same
    headed: bool
    msh: list[bytes]
    xml: bool = False

    def header(self) -> list[bytes]:
        """The MSH by its field numbers: MSH-1 is the delimiter itself, so everything moves by one."""
        return self.msh


def messages(body: bytes) -> Iterator[Message]:
    """Every message of a payload, in order: batch wrappers are left out, a PID under no MSH is given with headed=False."""
    plain = body.strip(_JUNK)
    if _is_tidy(plain):
        yield _read(plain.split(b"\r"), plain, headed=True, tidy=True)
        return
    group: list[bytes] = []
    for line in _lines(body):
        name = line[:3].upper()
        if (name == b"MSH" or name in _BATCH) and _is_delimiter(line[3:4]):
            yield from _message(group)
            group = [line] if name == b"MSH" else []
        else:
            group.append(line)
    yield from _message(group)


def _is_tidy(plain: bytes) -> bool:
    """One message as the standard wants it. Nearly all are, and need none of the care below."""
    if not plain.startswith(b"MSH|") or b"\n" in plain or b"\x0b" in plain or b"\x1c" in plain:
        return False
    return _ODD.search(plain) is None


_ODD = re.compile(rb"\r(?:(?<=[\x00-\x20]\r)|(?![A-Z][A-Z0-9]{2}\|)|(?:MSH|FHS|BHS|BTS|FTS)\|)")


def at(fields: list[bytes], number: int) -> bytes | None:
    """A field by its number in the standard; None when the segment ends before it, which says nothing."""
    return fields[number].strip() if number < len(fields) else None


def escaped(text: str) -> str:
    """Text as one component, in the delimiters we send with."""
    return "".join(_OURS.get(c, c) for c in " ".join(text.split()))


def _lines(body: bytes) -> list[bytes]:
    if body[:3] == b"\xef\xbb\xbf":
        body = body[3:]
    elif body[:2] in (b"\xff\xfe", b"\xfe\xff") or body[:6] in (b"M\0S\0H\0", b"\0M\0S\0H"):
        little = body[:2] == b"\xff\xfe" or body[:1] == b"M"
        body = body.decode("utf-16-le" if little else "utf-16-be", "replace").lstrip("\ufeff").encode("utf-8", "replace")
    body = body.translate(_ENDS).replace(b"\r\xef\xbb\xbf", b"\r")
    return [_uncovered(line) for line in (part.strip(_JUNK) for part in body.split(b"\r")) if line]


def _uncovered(line: bytes) -> bytes:
    """`[SOM]MSH|`, or a frame character nobody knows: a line that begins like no segment is taken from its MSH on."""
    if line[:3].isalnum() and _is_delimiter(line[3:4]):
        return line
    found = _HIDDEN.search(line)
    return line[found.start() :] if found else line


_HIDDEN = re.compile(rb"MSH[^\w\s](?=[^\w\s])", re.IGNORECASE)


def _is_delimiter(byte: bytes) -> bool:
    return byte > b" " and not byte.isalnum()


def _message(group: list[bytes]) -> Iterator[Message]:
    if not group:
        return
    headed = group[0][:3].upper() == b"MSH" and _is_delimiter(group[0][3:4])
    if headed or any(line[:3].upper() == b"PID" and _is_delimiter(line[3:4]) for line in group):
        yield _read(group, b"\r".join(group), headed=headed, tidy=False)


def _read(group: list[bytes], plain: bytes, *, headed: bool, tidy: bool) -> Message:
    separator = group[0][3:4] if headed else b"|"
    fields = group[0][4:].split(separator) if headed else []
    codec, known = _codec(fields[16][:_LONGEST]) if len(fields) > 16 and fields[16] else ("ascii", True)
    coding = _coding(separator, fields[0][:5] if fields else b"", codec, known)
    if codec in _TWO_BYTE and (b"\x1b" in plain or not plain.isascii()):
        group = [line.decode(codec, "replace").encode() for line in group]
        coding = coding._replace(codec="utf-8")
        fields = group[0][4:].split(separator) if headed else []
    lines = group if tidy else _whole(group, separator)
    if len(lines[0]) != len(group[0]):
        fields = lines[0][4:].split(separator) if headed else []  # a line end was lost in the MSH, or came into it
    return Message(coding, lines, plain, headed, [b"MSH", separator, *fields] if headed else [])


def _whole(group: list[bytes], separator: bytes) -> list[bytes]:
    """Lines that begin like no segment belong to the field before them: a raw line end in an address must not cut a PID."""
    lines: list[bytes] = []
    more: list[bytes] = []  # joined in one go: a text of a million lines would else be copied a million times
    for line in group:
        if not lines or (line[:3].isalnum() and line[3:4] in (separator, b"")):
            if more:
                lines[-1] = b" ".join([lines[-1], *more])
                more = []
            lines.append(line)
        else:
            more.append(line)
    if more:
        lines[-1] = b" ".join([lines[-1], *more])
    return lines


@lru_cache(maxsize=64)
def _coding(separator: bytes, said: bytes, codec: str, known: bool) -> Coding:
    """MSH-2 with what is missing filled in. A doubled escape (`^~\\\\&`, a slip of many templates) counts once."""
    marks: list[bytes] = []
    for i in range(len(said)):
        mark = said[i : i + 1]
        if _is_delimiter(mark) and mark not in marks:
            marks.append(mark)
    for i, usual in enumerate((b"^", b"~", b"\\", b"&")):
        if len(marks) == i:
            marks.append(usual)
    return Coding(separator, marks[0], marks[1], marks[2], marks[3], codec, known)


@lru_cache(maxsize=64)
def _codec(said: bytes) -> tuple[str, bool]:
    """The first charset of MSH-18 that is more than ASCII (HL7 table 0211). Unknown ones are tried as UTF-8, then Latin-1."""
    parts = re.split(r"[^\w /.()-]", said.decode("latin-1"))
    names = [re.sub(r"[^a-z0-9]", "", part.lower()) for part in parts]
    codecs = [_CODECS.get(name, "") for name in names if name]
    wider = [codec for codec in codecs if codec not in ("", "ascii")]
    return (wider[0] if wider else "ascii"), bool(wider) or "" not in codecs


def _decode(raw: bytes, codec: str) -> str:
    for name in ("ascii", codec, "utf-8"):
        try:
            return raw.decode(name)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


@lru_cache(maxsize=16)
def _escapes(mark: bytes) -> re.Pattern[bytes]:
    e = re.escape(mark)
    return re.compile(e + rb"([FSTREHNP]|X[0-9A-Fa-f]+|\.[a-z]{2}[+-]?\d*|[CMZ][0-9A-Za-z]*)" + e)
