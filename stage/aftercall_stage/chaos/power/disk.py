"""A disk that keeps what was synced, and of the rest whatever it likes. At one write or sync the power goes."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

SECTOR = 512  # bytes of which a torn write keeps all or none


class PowerOff(apsw.IOError):
    """Nothing can be written any more."""


@dataclass
class Content:
    """One file: what is safe, and what has happened to it since."""

    safe: bytes | None = None
    since: list[tuple[int, bytes | None]] = field(default_factory=list)  # (offset, bytes written), or (new size, None)

    def after(self, keeps: Callable[[], bool]) -> bytes | None:
        """What is found after the cut. `keeps`: did this sector, or this change of size, happen to get through?"""
        data, there = bytearray(self.safe or b""), self.safe is not None
        for at, written in self.since:
            if written is None:
                if keeps():
                    there = True
                    data[at:] = b""
                continue
            for part in range(0, len(written), SECTOR):
                if keeps():
                    there = True
                    piece = written[part : part + SECTOR]
                    data.extend(bytes(max(0, at + part - len(data))))
                    data[at + part : at + part + len(piece)] = piece
        return bytes(data) if there else None


class Disk:
    """`cut_at`: the write or sync, counted from 1, that doesn't happen any more. 0: never. `over`: what is written is dropped."""

    def __init__(self, cut_at: int) -> None:
        self.cut_at, self.steps, self.off, self.over = cut_at, 0, False, False
        self.files: dict[str, Content] = {}

    def step(self) -> None:
        self.steps += 1
        self.off = self.off or self.steps == self.cut_at
        if self.off:
            raise PowerOff("the power is off")

    def load(self, path: Path) -> None:
        self.files[str(path)] = Content(path.read_bytes())

    def left(self, rand: random.Random, share: float, folder: Path) -> None:
        """Put into that folder what is found after the cut: what was synced, and of the rest that share."""
        for name, content in self.files.items():
            if (data := content.after(lambda: rand.random() < share)) is not None:
                (folder / Path(name).name).write_bytes(data)


class Files(apsw.VFS):
    """The machine's own files, and the disk beneath them told of each write and sync. What is read is what was written."""

    def __init__(self, name: str, disk: Disk) -> None:
        self.disk = disk
        super().__init__(name, "")

    def xOpen(self, name: Any, flags: list[int]) -> Any:
        return File(self.disk, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        if self.disk.over:
            return
        self.disk.step()
        super().xDelete(filename, syncdir)
        self.disk.files.pop(filename, None)


class File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        super().__init__("", name, flags)
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._disk, self._content = disk, disk.files.setdefault(str(path), Content()) if path else Content()

    def xWrite(self, data: bytes, offset: int) -> None:
        if self._disk.over:
            return
        self._disk.step()
        super().xWrite(data, offset)
        self._content.since.append((offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:
        if self._disk.over:
            return
        self._disk.step()
        super().xTruncate(newsize)
        self._content.since.append((newsize, None))

    def xSync(self, flags: int) -> None:
        if self._disk.over:
            return
        self._disk.step()
        self._content.safe, self._content.since = self._content.after(lambda: True), []
