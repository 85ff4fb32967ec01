"""One run: a half at work until the power goes, the next start from what the disk has, and a look at what was acknowledged."""

import asyncio
import contextlib
import gc
import random
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from aftercall.sql import Refused
from aftercall_stage.chaos.power.disk import Disk, Files
from aftercall_stage.chaos.power.driver import Error
from aftercall_stage.chaos.power.work import HALVES, Care, Hospital

SAFE, UNSAFE, NEVER = "FULL", "NORMAL", "OFF"
KEEPS = (0.0, 0.0, 0.5, 0.9)  # mostly what was synced and no more, now and then a part of the rest
FOLDS = (1.0, 0.01)  # seconds: as the product does it, and so often that most cuts fall into it


@dataclass(frozen=True)
class Cut:
    """One power cut. `at` of 0 is none; `synchronous` is as the halves set it, or a control's; `keeps` is the share of what was
    not synced that gets through all the same, None draws one.
    """

    half: str
    seed: int
    at: int
    synchronous: str = SAFE
    keeps: float | None = None


@dataclass(frozen=True)
class After:
    steps: int  # writes and syncs that there were, to the cut or to the end
    promised: int  # things acknowledged before it
    lost: tuple[str, ...]


def run(cut: Cut, folder: Path) -> After:
    """The folder is this run's alone, and is left empty."""
    shutil.rmtree(folder, ignore_errors=True)
    on, after = folder / "on", folder / "after"
    for one in (on, after):
        one.mkdir(parents=True, mode=0o700)
    half = HALVES[cut.half](on, FOLDS[cut.seed // 2 % 2])
    half.open("").close()  # the tables are there, and safe
    disk = Disk(cut.at)
    for path in on.glob(f"{half.file}*"):
        disk.load(path)
    with _synchronous(half, cut.synchronous):
        _live(half, disk, on / half.file)
    rand = random.Random(cut.seed)
    disk.left(rand, rand.choice(KEEPS) if cut.keeps is None else cut.keeps, after)
    damage = _damage(after / half.file)
    found = After(disk.steps, _promised(half), damage or tuple(half.lost(_Rows(half, after))))
    shutil.rmtree(folder)
    return found


def _live(half: Hospital | Care, disk: Disk, file: Path) -> None:
    vfs = Files(f"power-{id(disk)}", disk)
    with contextlib.suppress(Refused, Error, SQLAlchemyError):
        store = half.open(f"sqlite+power:///{file}?vfs=power-{id(disk)}")
        try:
            asyncio.run(half.live(store, lambda: disk.off))
        finally:
            disk.off = disk.off or disk.cut_at > 0  # nobody says goodbye: what a clean end would still write is not written
            with contextlib.suppress(Error, SQLAlchemyError):
                store.close()
    disk.over = True
    gc.collect()  # a connection that is still about would look for its files
    vfs.unregister()


@contextlib.contextmanager
def _synchronous(half: Hospital | Care, wanted: str) -> Iterator[None]:
    """The half's own settings, with that one changed."""
    before = getattr(half.module, half.pragmas)
    changed = tuple(f"synchronous={wanted}" if pragma == f"synchronous={SAFE}" else pragma for pragma in before)
    assert wanted == SAFE or changed != before
    setattr(half.module, half.pragmas, changed)
    try:
        yield
    finally:
        setattr(half.module, half.pragmas, before)


class _Rows:
    """What stands in the file after the next start of the half, with Python's own SQLite."""

    def __init__(self, half: Hospital | Care, after: Path) -> None:
        self._file = after / half.file
        half.open(f"sqlite:///{self._file}").close()

    def __call__(self, statement: str) -> list[tuple[Any, ...]]:
        with contextlib.closing(sqlite3.connect(self._file)) as db:
            return db.execute(statement).fetchall()


def _damage(file: Path) -> tuple[str, ...]:
    """A file that can't even be checked is damaged too: all that was acknowledged is lost with it."""
    try:
        with contextlib.closing(sqlite3.connect(file)) as db:
            said = [row[0] for row in db.execute("PRAGMA integrity_check")]
    except sqlite3.DatabaseError as error:
        said = [str(error)]
    return () if said == ["ok"] else (f"the database is damaged: {said[0]}",)


def _promised(half: Hospital | Care) -> int:
    if isinstance(half, Hospital):
        return len(half.told)
    return sum(box.asked + bool(box.holder) + len(box.letters) + box.closed for box in half.boxes)
