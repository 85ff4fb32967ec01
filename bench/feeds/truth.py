"""What a message plainly says, by a splitter of its own that shares no code with any reader. It judges simple messages only."""

from pathlib import Path
from typing import NamedTuple


class Plain(NamedTuple):
    """One ADT message that leaves no room for opinions: its bytes as the file has them, and four of its fields."""

    body: bytes
    patient: str  # PID-3.1
    died: str  # PID-29.1
    dead: str  # PID-30
    left: str  # PV1-36.1

    @property
    def with_cr(self) -> bytes:
        """As a well-behaved sender puts it on the wire."""
        return self.body.replace(b"\r\n", b"\r").replace(b"\n", b"\r")


def adt_in(folder: Path) -> tuple[list[Plain], int]:
    """The different ADT messages of a folder's files, and how many more there are that are not plain."""
    found: dict[bytes, Plain] = {}
    odd: set[bytes] = set()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        for body in _cut(path.read_bytes()):
            fields = body.splitlines()[0].split(body[3:4]) if len(body) > 8 else []
            if len(fields) > 8 and fields[8][:3] == b"ADT":
                if plain := _plain(body):
                    found[plain.with_cr] = plain
                else:
                    odd.add(body)
    return list(found.values()), len(odd)


def _cut(raw: bytes) -> list[bytes]:
    """A file's messages: each begins with MSH at the beginning of a line."""
    raw = raw.removeprefix(b"\xef\xbb\xbf").strip(b"\x0b\x1c\r\n ")
    parts = ("\n" + raw.decode("latin-1")).replace("\r\n", "\n").replace("\r", "\n").split("\nMSH")
    end = "\r\n" if b"\r\n" in raw else "\n" if b"\n" in raw else "\r"
    return [("MSH" + part.strip("\n")).replace("\n", end).encode("latin-1") for part in parts[1:]]


def _plain(body: bytes) -> Plain | None:
    """One PID and at most one PV1, usual delimiters, UTF-8, no escape, no quotes, no second repetition in what is compared."""
    try:
        lines = body.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        return None
    if not lines[0].startswith("MSH|^~\\&|") or any(len(line) > 3 and line[3] != "|" for line in lines):
        return None
    pid, pv1 = ([line.split("|") for line in lines if line[:4] == name] for name in ("PID|", "PV1|"))
    if len(pid) != 1 or len(pv1) > 1 or not _at(pid[0], 3):
        return None
    said = (_at(pid[0], 3), _at(pid[0], 29), _at(pid[0], 30), _at(pv1[0], 36) if pv1 else "")
    if any(mark in word for word in said for mark in '\\"~& ') or any("~" in _raw(pid[0], n) for n in (29, 30)):
        return None
    return Plain(body, *said)


def _raw(fields: list[str], number: int) -> str:
    return fields[number] if number < len(fields) else ""


def _at(fields: list[str], number: int) -> str:
    return _raw(fields, number).split("~")[0].split("^")[0].strip()


def agrees(plain: Plain, said: list[str] | None, *, whole: bool) -> bool:
    """Did a reader find the patient and the three marks of death? Ours whole gives classes of values, not the values."""
    if said is None or said[2].strip() != plain.patient:
        return False
    if not whole:
        return tuple(said[n].strip() for n in (3, 4, 6)) == (plain.died, plain.dead, plain.left)
    yes = {"y": "yes", "n": "no"}.get(plain.dead[:1].lower(), "")
    return said[4] == yes and (said[3] != "") == _is_time(plain.died)


def _is_time(text: str) -> bool:
    """A year at least, and not a string of zeros; whether it can be believed is not judged here."""
    return text[:4].isdigit() and text[:2] in ("18", "19", "20", "21")
