"""Messages for the plays of this folder: ours from files, or one told in a line; and how they are heard."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from aftercall.inside.feeds.clocks import Clocks
from aftercall.inside.feeds.hl7 import Site, read
from aftercall.inside.road.notice import Marks, Notice, Sign, Unread

OURS = Path(__file__).parent / "messages"
NOW = datetime(2026, 3, 11, 9, tzinfo=UTC)
SITE = Site(
    zone=ZoneInfo("Africa/Nairobi"),
    dead_dispositions=frozenset({"20", "1", "Dead"}),
    mannequins=frozenset({"999", "KISIWA:998"}),
    expected_services=frozenset({"PAL"}),
)
YES, NO = Sign("PID-30", "yes"), Sign("PID-30", "no")


def mark(text: str) -> Marks:
    digest = hashlib.sha256(b"a key of the day" + text.encode()).hexdigest()
    return Marks(digest)


def ours(name: str) -> bytes:
    return (OURS / name).read_bytes()


def hears(body: bytes, site: Site = SITE, now: datetime = NOW) -> Notice:
    """Alone: what an earlier test's message told of its sender's clock is not known here."""
    (reading,) = read(body, replace(site, clocks=Clocks()) if site is SITE else site, mark, now)
    assert isinstance(reading.heard, Notice), reading.heard
    return reading.heard


def refuses(body: bytes) -> Unread:
    (reading,) = read(body, SITE, mark, NOW)
    assert isinstance(reading.heard, Unread)
    return reading.heard


def line(name: str, **at: str) -> str:
    """A segment with the given fields: line("PID", f3="42", f30="Y")."""
    filled = {int(key[1:]): value for key, value in at.items()}
    return "|".join([name, *(filled.get(n, "") for n in range(1, max(filled, default=0) + 1))])


def told(
    pid: dict[str, str] | None = None,
    pv1: dict[str, str] | None = None,
    kind: str = "ADT^A08",
    msh11: str = "P",
    evn: str = "20260310150000",
) -> bytes:
    """One message of 10 March, 15:00 in Mombasa, of patient 42."""
    parts = [f"MSH|^~\\&|A|KISIWA|B|KISIWA|{evn}||{kind}|M1|{msh11}|2.5", line("EVN", f1="A08", f2=evn)]
    parts.append(line("PID", **({"f3": "42^^^KISIWA"} | (pid or {}))))
    if pv1 is not None:
        parts.append(line("PV1", **({"f2": "I", "f3": "ICU^1"} | pv1)))
    return "\r".join(parts).encode()
