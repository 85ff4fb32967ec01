"""Read messages with ours or with what others publish for Python: python read.py NAME MESSAGES.json SECONDS. One line of JSON."""

import json
import secrets
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import hl7
import hl7apy.parser

from aftercall.inside.feeds import er7
from aftercall.inside.feeds.hl7 import read
from aftercall.inside.feeds.scene import identifiers, patients_of, word_of
from aftercall.inside.feeds.site import Site
from aftercall.inside.joinkeys import BYTES, KEPT, JoinKeys
from aftercall.inside.road.notice import Marks, Unread

Fields = list[str] | None
"""MSH-10, EVN-2, PID-3, PID-29, PID-30, PV1-3, PV1-36: the first component of each. None when it could not be read."""
SITE = Site(
    ZoneInfo("Africa/Nairobi"), frozenset({"20", "40", "41", "42"}), frozenset({"KISUMU:99999999"}), frozenset({"PAL", "HOSPICE"})
)
NOW = datetime.now(UTC)


def ours_whole(mark: Callable[[str], Marks]) -> Callable[[bytes], object]:
    return lambda body: read(body, SITE, mark, NOW)


def every_key() -> Callable[[str], Marks]:
    """As in production: today's key and those of the days before that are kept."""
    with tempfile.TemporaryDirectory() as folder:
        for days in range(1, KEPT):
            name = (NOW - timedelta(days=days)).date().isoformat()
            (Path(folder) / f"{name}.key").write_bytes(secrets.token_bytes(BYTES))
        return JoinKeys(Path(folder), secrets.token_bytes).on(NOW).mark


def no_key(text: str) -> Marks:
    return Marks(text)


def ours_fields(body: bytes) -> Fields:
    message = next(iter(er7.messages(body)))  # type: ignore[call-overload]
    patients, event = patients_of(message)
    pid, pv1, coding = patients[0].pid, patients[0].pv1, message.coding
    numbers = identifiers(coding, er7.at(pid, 3))
    wanted = [er7.at(message.msh, 10), er7.at(event, 2), er7.at(pid, 29), er7.at(pid, 30), er7.at(pv1, 3), er7.at(pv1, 36)]
    said = [word_of(coding, raw) if raw else "" for raw in wanted]
    return [*said[:2], numbers[0][1] if numbers else "", *said[2:]]


def ours_split(body: bytes) -> object:
    return list(er7.messages(body))


def hl7_fields(body: bytes) -> Fields:
    message = hl7.parse(body.decode("utf-8", "replace"))
    found = {name: message.segments(name)[0] if name in {str(s[0]) for s in message} else [] for name in ("EVN", "PID", "PV1")}

    def one(segment: object, number: int) -> str:
        if number >= len(segment):  # type: ignore[arg-type]
            return ""
        field = segment[number]  # type: ignore[index]
        while not isinstance(field, str):
            field = field[0] if len(field) else ""
        return field

    evn, pid, pv1 = found["EVN"], found["PID"], found["PV1"]
    return [one(message[0], 10), one(evn, 2), one(pid, 3), one(pid, 29), one(pid, 30), one(pv1, 3), one(pv1, 36)]


def hl7apy_fields(body: bytes) -> Fields:
    parsed = hl7apy.parser.parse_message(body.decode("utf-8", "replace"), validation_level=2, find_groups=False)

    def one(segment: str, field: str) -> str:
        found = getattr(parsed, segment)
        if not len(found):
            return ""
        value = getattr(found[0], field)
        return value[0].to_er7().split("^")[0] if len(value) else ""

    wanted = (("msh", "msh_10"), ("evn", "evn_2"), ("pid", "pid_3"), ("pid", "pid_29"), ("pid", "pid_30"), ("pv1", "pv1_3"))
    return [one(*name) for name in (*wanted, ("pv1", "pv1_36"))]


READERS: dict[str, Callable[[], Callable[[bytes], object]]] = {
    "aftercall, whole, every key": lambda: ours_whole(every_key()),
    "aftercall, whole, no key": lambda: ours_whole(no_key),
    "aftercall, same seven fields": lambda: ours_fields,
    "aftercall, er7 alone": lambda: ours_split,
    "hl7": lambda: hl7_fields,
    "hl7apy": lambda: hl7apy_fields,
}


def heard(name: str, body: bytes) -> Fields:
    """What the reader says of one message, for the comparison with the truth; ours whole by what it marks and signs."""
    try:
        if not name.startswith("aftercall, whole"):
            said = READERS[name]()(body)
            return said if said and isinstance(said[0], str) else None
        return _whole(body)
    except Exception:  # whatever the others raise, it was not read
        return None


def _whole(body: bytes) -> Fields:
    marked: list[str] = []

    def spy(text: str) -> Marks:
        marked.append(text)
        return no_key(text)

    one = read(body, SITE, spy, NOW)[0].heard
    if isinstance(one, Unread):
        return None
    person = next((text.rsplit("|", 1)[1] for text in marked if text.startswith("person|")), "")
    signs = {sign.path: sign.value for sign in one.signs}
    return ["", "", person, signs.get("PID-29", ""), signs.get("PID-30", ""), "", signs.get("PV1-36", "")]


def rate(work: Callable[[bytes], object], bodies: list[bytes], seconds: float) -> float:
    count, begun, end = 0, time.perf_counter(), time.perf_counter() + seconds
    while time.perf_counter() < end:
        for _ in range(16):
            with suppress(Exception):  # what is refused took its time too
                work(bodies[count % len(bodies)])
            count += 1
    return count / (time.perf_counter() - begun)


def main() -> None:
    name, path, seconds, compare = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]), sys.argv[4:]
    bodies = [text.encode("latin-1") for text in json.loads(path.read_text())]
    said = [heard(name, body) for body in bodies] if compare else []
    print(json.dumps({"rate": rate(READERS[name](), bodies, seconds), "fields": said}))


if __name__ == "__main__":
    main()
