"""Watch a folder that another program writes reports into: each whole file is heard once and then gone.

A report names a patient, so it must not lie about: it is deleted as soon as what it said is stored. What can't be read waits in
`refused/`, beside it a text that says what to do, for those who sent it. After a crash a file may be heard twice; that is harmless.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from aftercall.inside.road.notice import Unread

LARGEST = 32 * 1024 * 1024
REFUSED, DONE = "refused", "done"
_UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", ".filepart", "~")
_log = logging.getLogger(__name__)

Take = Callable[[str, bytes], Awaitable[tuple[Unread, ...]]]
"""Store what a file says, and come back when it is stored: with what couldn't be read, () when all could."""


@dataclass(frozen=True, order=True)
class Seen:
    """A file as it stood at one look: the same at two looks is whole. Older ones come first."""

    changed: int  # nanoseconds
    name: str
    size: int
    inode: int


@dataclass
class Memory:
    """What stood there at the last look, and what of it was heard but couldn't be put away yet."""

    stood: frozenset[Seen] = frozenset()
    heard: dict[Seen, tuple[Unread, ...]] = field(default_factory=dict)


async def watch(folder: Path, take: Take, pause: Callable[[], Awaitable[None]], *, keep: bool = False) -> None:
    """Look, pause, look, for ever. With `keep` a file that was stored goes to `done/` instead."""
    memory = Memory()
    while True:
        await look(folder, take, memory, keep=keep)
        await pause()


async def look(folder: Path, take: Take, memory: Memory, *, keep: bool = False) -> None:
    """Take every file that stands as it stood at the look before."""
    try:
        now = await asyncio.to_thread(_files, folder)
    except OSError as problem:
        _log.warning("The watched folder can't be read (%s). It is tried again.", type(problem).__name__)
        now = frozenset()
    for seen in sorted(now & memory.stood):
        try:
            if seen not in memory.heard:
                memory.heard[seen] = await _hear(folder, seen, take)
            await asyncio.to_thread(_put_away, folder, seen, memory.heard[seen], keep)
            del memory.heard[seen]
        except Exception as problem:  # whatever it is, the next file must be heard, and this one is tried again
            what = "put away" if seen in memory.heard else "stored"
            _log.warning("A file of the watched folder could not be %s (%s). It is tried again.", what, type(problem).__name__)
    memory.stood = now


async def _hear(folder: Path, seen: Seen, take: Take) -> tuple[Unread, ...]:
    if seen.size > LARGEST:
        text = "A file may have 32 MB. Send fewer reports at once."
        return (Unread("", "too-large", f"byte {LARGEST}", text),)
    return await take(seen.name, await asyncio.to_thread((folder / seen.name).read_bytes))


def _files(folder: Path) -> frozenset[Seen]:
    with os.scandir(folder) as entries:
        whole = (one for one in entries if not one.name.startswith(".") and not one.name.lower().endswith(_UNFINISHED))
        return frozenset(seen for one in whole if one.is_file(follow_symlinks=False) and (seen := _seen(Path(one.path))))


def _seen(path: Path) -> Seen | None:
    try:
        stat = path.lstat()
    except FileNotFoundError:
        return None
    return Seen(stat.st_mtime_ns, path.name, stat.st_size, stat.st_ino)


def _put_away(folder: Path, seen: Seen, refused: tuple[Unread, ...], keep: bool) -> None:
    path = folder / seen.name
    if _seen(path) != seen:
        return  # it was written anew meanwhile: the new one is heard at the next looks
    if refused:
        why = "".join(f"{one.code}\t{one.where}\t{one.text}\n" for one in refused)
        _folder(folder / REFUSED)
        (folder / REFUSED / f"{seen.name}.why.txt").write_text(why, "utf-8")
        path.replace(folder / REFUSED / seen.name)
    elif keep:
        _folder(folder / DONE)
        path.replace(folder / DONE / seen.name)
    else:
        path.unlink()


def _folder(path: Path) -> None:
    """For this account alone: these are patients' reports."""
    path.mkdir(mode=0o700, exist_ok=True)
