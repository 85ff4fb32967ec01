"""The keys that turn a patient's number into a mark: files outside the database and its backup, one a day, three kept."""

import hmac
import os
from datetime import date, timedelta
from pathlib import Path

from aftercall.inside.road.notice import Marks
from aftercall.words import Moment, Randomness

KEPT = 3  # days; with the last of them gone, no mark can ever be made again


class JoinKeys:
    """Marks under today's key, and under those of the two days before."""

    def __init__(self, folder: Path, randomness: Randomness) -> None:
        self._folder, self._rand = folder, randomness
        self._today, self._keys = date.min, list[bytes]()

    def on(self, now: Moment) -> "JoinKeys":
        """Make today's key and destroy the old ones. Call it before marking."""
        if now.date() != self._today:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._today = now.date()
            for path in self._folder.glob("*.key"):
                if path.stem <= (self._today - timedelta(days=KEPT)).isoformat():
                    path.write_bytes(bytes(32))
                    path.unlink()
            before = sorted((p for p in self._folder.glob("*.key") if p.stem < self._today.isoformat()), reverse=True)
            today = key_file(self._folder / f"{self._today.isoformat()}.key", self._rand)
            self._keys = [today, *(path.read_bytes() for path in before)]
        return self

    def mark(self, text: str) -> Marks:
        made = tuple(hmac.new(key, text.encode(), "sha256").hexdigest()[:32] for key in self._keys)
        return Marks(made[0], made)


def key_file(path: Path, randomness: Randomness) -> bytes:
    """The key in that file, made when it isn't there; only its owner may read it."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(file, "wb") as out:
        out.write(randomness(32))
        out.flush()
        os.fsync(out.fileno())
    return path.read_bytes()
