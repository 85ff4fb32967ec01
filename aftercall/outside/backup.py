"""A backup of the care half: the peers' public entries and the settings, and not a byte more. No key, no ask, no count."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

from aftercall.outside.road.directory import Entry, entry_from
from aftercall.outside.road.seal import Forged

LIST = "directory.json"
"""Beside the database: the signed list as the running half last made it, with the sealing keys that phones have renewed."""


class BadBackup(Exception):
    """A backup that can't be read, or a place it can't be restored to. Says what to do."""


def made(config: Path, data: Path) -> str:
    """The backup, as text. Raises OSError, Forged."""
    newest = _newest(data)
    files = [entry_from(path.read_text("utf-8")) for path in sorted((data / "peers").glob("*.json"))]
    peers = [newest[e.pid] if e.pid in newest and newest[e.pid].kem_after > e.kem_after else e for e in files]
    return json.dumps(
        {"v": 1, "settings": config.read_text("utf-8"), "peers": [asdict(e) for e in peers]}, ensure_ascii=False, indent=1
    )


def _newest(data: Path) -> Mapping[str, Entry]:
    try:
        listed = json.loads(json.loads((data / LIST).read_text("utf-8"))["body"])["peers"]
    except FileNotFoundError:
        return {}  # the half has never run here: the files are all there is
    return {one["pid"]: Entry(**one) for one in listed}


def restored(text: str, folder: Path, data_of: Callable[[Path], Path]) -> list[str]:
    """Lay settings and peers into an empty folder. Gives the peers' names. `data_of`: which data folder settings name."""
    try:
        given = json.loads(text)
        if given["v"] != 1:
            raise BadBackup("this backup was made by a newer version; restore it with that one")
        settings, peers = str(given["settings"]), [entry_from(json.dumps(one)) for one in given["peers"]]
    except (ValueError, KeyError, TypeError, Forged):
        raise BadBackup("this is not a backup as `aftercall backup` makes it, or it is damaged") from None
    if folder.exists() and any(folder.iterdir()):
        raise BadBackup(f"{folder} is not empty; restore into a folder of its own, so that nothing is written over")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    private(folder / "outside.toml", settings)
    data = data_of(folder / "outside.toml")
    if data.exists() and any(data.iterdir()):
        (folder / "outside.toml").unlink()
        raise BadBackup(f"{data}, which the settings name as `data`, is not empty; nothing was restored")
    (data / "peers").mkdir(parents=True, mode=0o700)
    for entry in peers:
        private(data / "peers" / f"{entry.pid}.json", json.dumps(asdict(entry), ensure_ascii=False, indent=1))
    return [str(entry.known().get("name", entry.pid)) for entry in peers]


def private(path: Path, text: str) -> None:
    """A file that only its owner reads, whole or not at all. Never over another."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write(text)
