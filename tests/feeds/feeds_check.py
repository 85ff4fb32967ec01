"""Read every message that others published and say what we made of it: `python tests/feeds/feeds_check.py FOLDER`.

Fails when the folder isn't there, when anything raised, or when a patient's message was neither read nor refused by name.
"""

import hashlib
import re
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from aftercall.inside.feeds.hl7 import Reading, Site, read
from aftercall.inside.road.notice import Marks, Notice, Sign, Unread, tells_something

SITE = Site(zone=ZoneInfo("UTC"), dead_dispositions=frozenset({"20", "40", "41", "42", "dead", "expired", "dcd"}))
_PATIENT = re.compile(rb"[\r\n]PID[^\w\s]", re.IGNORECASE)
_PLACE = re.compile(r"[A-Z][A-Z0-9]{2}-\d+")


def mark(text: str) -> Marks:
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Marks(digest, (digest,))


def is_death(signs: tuple[Sign, ...]) -> bool:
    """What the signs say together, before any doubt: PID-29 beside PID-30=N is a conflict, not a death (FEEDS 8a)."""
    said = {sign.path: sign.value for sign in signs}
    timed = said.get("PID-29") in ("time", "day") and said.get("PID-30") != "no"
    return said.get("PID-30") == "yes" or timed or said.get("PV1-36") == "expired"


def judge(reading: Reading, path: Path, now: datetime, counts: Counter[str], believed: list[str]) -> None:
    heard = reading.heard
    counts["messages"] += 1
    if isinstance(heard, Unread):
        counts["refused"] += 1
        counts[f"refused: {heard.code} at {heard.where}"] += 1
        return
    counts["read"] += 1
    if not tells_something(heard):
        return
    counts["with a sign"] += 1
    if not is_death(heard.signs):
        counts["signs, but no death"] += 1
        return
    counts["deaths told"] += 1
    if heard.doubt:
        counts[f"doubted: {heard.doubt}"] += 1
        return
    counts["believed deaths"] += 1
    counts["believed and said within 72 h of today"] += heard.said_at > now - timedelta(hours=72)
    believed.append(_line(path, heard))


def _line(path: Path, heard: Notice) -> str:
    signs = " ".join(f"{sign.path}={sign.value}" for sign in heard.signs)
    return f"{path.parent.name}/{path.name}  {heard.kind}  {signs}  said {heard.said_at:%Y-%m-%d}"


def check(folder: Path, now: datetime) -> tuple[dict[str, Counter[str]], list[str], list[str]]:
    """Counts for each source, the deaths believed, and what must not be."""
    tables: dict[str, Counter[str]] = {}
    believed: list[str] = []
    faults: list[str] = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        counts = tables.setdefault(path.relative_to(folder).parts[0], Counter())
        counts["files"] += 1
        body = path.read_bytes()
        try:
            readings = read(body, SITE, mark, now)
        except Exception as error:
            faults.append(f"{path}: raised {type(error).__name__}")
            continue
        for reading in readings:
            judge(reading, path, now, counts, believed)
            if isinstance(reading.heard, Unread) and not _PLACE.fullmatch(reading.heard.where):
                faults.append(f"{path}: refused at {reading.heard.where!r}, which is no segment and field")
        patients = len(_PATIENT.findall(body.replace(b"\x00", b"")))
        counts["PID segments"] += patients
        if patients > len(readings):
            faults.append(f"{path}: {patients} PID segments, {len(readings)} readings")
    return tables, believed, faults


def main(arguments: list[str]) -> int:
    folder = Path(arguments[0] if arguments else "") / "hl7v2"
    if not arguments or not folder.is_dir():
        print(f"feeds_check: there is no folder {folder}")
        return 1
    tables, believed, faults = check(folder, datetime.now(UTC))
    whole = Counter[str]()
    for counts in tables.values():
        whole.update(counts)
    rows = sorted(whole, key=lambda row: (":" in row, row))
    print(f"{'':44}" + "".join(f"{name[:12]:>14}" for name in (*tables, "all")))
    for row in rows:
        print(f"{row:44}" + "".join(f"{counts[row]:14}" for counts in (*tables.values(), whole)))
    print("\nbelieved deaths:", *believed or ["none"], sep="\n  ")
    print("\nfaults:", *faults or ["none"], sep="\n  ")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
