"""A file is there whole or not at all, whoever else writes it at the same moment."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

OURS = 0o600  # only its owner may read it


def write(path: Path, content: bytes) -> None:
    """In place of what was there. Raises OSError when the disk is full or the folder is not ours; then nothing has changed."""
    with _beside(path, content, 0o666) as fresh:
        fresh.rename(path)


def make(path: Path, content: bytes) -> None:
    """A secret of a half. Of several workers that make it, the first one's stays, and all go by that."""
    with contextlib.suppress(FileExistsError):
        new(path, content)


def new(path: Path, content: bytes) -> None:
    """For its owner's eyes, and never over another. Raises FileExistsError."""
    with _beside(path, content, OURS) as fresh:
        os.link(fresh, path)


@contextlib.contextmanager
def _beside(path: Path, content: bytes, mode: int) -> Iterator[Path]:
    """A name of its own: two writers with one name would take the file out of each other's hands."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        yield fresh
    finally:
        fresh.unlink(missing_ok=True)
