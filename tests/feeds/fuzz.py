"""Look for bytes that a reader raises on, hangs on, or misses a death in: `python tests/feeds/fuzz.py er7|fhir|nemsis SECONDS`.

Coverage-guided (atheris, libFuzzer). Ends with 0 when nothing was found; prints how many inputs were tried.
"""

import hashlib
import json
import signal
import sys
import tempfile
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import atheris  # type: ignore[import-untyped]  # it ships no types

with atheris.instrument_imports(include=["aftercall.inside.feeds"]):
    READERS: dict[str, Callable[..., Any]] = {}
    for name, module in (
        ("er7", "aftercall.inside.feeds.hl7"),
        ("fhir", "aftercall.inside.feeds.fhir.bundle"),
        ("nemsis", "aftercall.inside.feeds.nemsis"),
    ):
        if name in sys.argv[1:2]:
            READERS[name] = import_module(module).read

from aftercall_stage.simulate import simulate

from aftercall.inside.feeds.answer import acknowledge
from aftercall.inside.feeds.site import Site
from aftercall.inside.road.notice import DEAD, Marks, Notice, Unread

NOW = datetime(2026, 3, 11, 9, tzinfo=UTC)
SITE = Site(ZoneInfo("Africa/Nairobi"), frozenset({"20"}), mortuaries=frozenset({"MORGUE"}), mannequins=frozenset({"999"}))
SEEDS = Path(__file__).parent / "messages"
_ENDS = (b"\r", b"\n", b"\r\n", b"\n\r", b"\r\r\n")
_CHARSETS = (b"", b"8859/1", b"UNICODE UTF-8", b"ASCII", b"KLINGON", b"ISO IR87", b"~", b"GB 18030-2000", b"UNICODE UTF-16")
_SEGMENTS = (b"EVN", b"PV1", b"OBX", b"ROL", b"ZZZ", b"DG1", b"MRG", b"PDA")
_EVENTS = (b"ADT^A01", b"ADT^A03", b"ADT^A08", b"ORU^R01", b"SIU^S12", b"ADT", b"ADT^A40", b"ORM^O01^ORM_O01", b"ZZZ^Z01")
_MARKS = b"|^~\\&#@!*%$;+"


def mark(text: str) -> Marks:
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return Marks(digest)


def _late(_: int, __: FrameType | None) -> None:
    raise TimeoutError("longer than a second")


def heard_in(reader: Callable[..., Any], body: bytes) -> list[Notice | Unread]:
    """What was heard, within a second of the processor: on a busy machine a reader may wait longer for its turn."""
    signal.setitimer(signal.ITIMER_PROF, 1.0)
    try:
        found = reader(body, SITE, mark, NOW)
        for reading in found:
            if hasattr(reading, "heard"):
                acknowledge(reading, "AA", "", NOW)
        heard = [getattr(reading, "heard", reading) for reading in found]
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    for one in heard:
        assert isinstance(one, Notice | Unread), type(one)
    return heard


def a_death(data: bytes) -> bytes:
    """A message that says PID-30=Y, in delimiters, line ends and a charset of the fuzzer's choice, among segments of its making."""
    given = atheris.FuzzedDataProvider(data)
    marks = list(_MARKS)
    chosen = bytes(marks.pop(given.ConsumeIntInRange(0, len(marks) - 1)) for _ in range(5)) if given.ConsumeBool() else _MARKS[:5]
    field, end = chosen[:1], _ENDS[given.ConsumeIntInRange(0, len(_ENDS) - 1)]
    charset = _CHARSETS[given.ConsumeIntInRange(0, len(_CHARSETS) - 1)]
    event = _EVENTS[given.ConsumeIntInRange(0, len(_EVENTS) - 1)].replace(b"^", chosen[1:2])
    msh = [b"MSH" + field + chosen[1:], b"A", b"B", b"C", b"D", b"20260310150000", b"", event, b"1", b"P", b"2.5"]
    msh += [b"", b"", b"", b"", b"", charset]
    pid = [b"PID", b"1", b"", b"42", *[b""] * 26, b"Y"]
    if given.ConsumeBool():  # anything at all in the other fields, as long as it can't end the line or the field
        for n in (2, 4, 5, 6, 9, 11, 13):
            pid[n] = _harmless(given.ConsumeBytes(given.ConsumeIntInRange(0, 12)), field)
    lines = [field.join(msh), field.join(pid)]
    for _ in range(given.ConsumeIntInRange(0, 4)):
        at = given.ConsumeIntInRange(1, len(lines))
        junk = _harmless(given.ConsumeBytes(given.ConsumeIntInRange(0, 40)), b"")
        lines.insert(at, _SEGMENTS[given.ConsumeIntInRange(0, 7)] + field + junk)
    before = (b"", b"\x0b", b"\xef\xbb\xbf", b"\r\n", b"FHS|^~\\&|A\r")[given.ConsumeIntInRange(0, 4)]
    return before + end.join(lines) + end


def _harmless(junk: bytes, field: bytes) -> bytes:
    """Without what begins another line or field, or a letter that would swallow the next byte: no ESC and no high byte."""
    return bytes(b for b in junk if 0x20 <= b < 0x7F and bytes([b]) != field)


def er7(data: bytes) -> None:
    """Any bytes are read or refused; a death that anybody could read is heard, or refused aloud."""
    heard_in(READERS["er7"], data)
    heard = heard_in(READERS["er7"], a_death(data))
    died = any(isinstance(one, Notice) and any((s.path, s.value) == ("PID-30", "yes") for s in one.signs) for one in heard)
    assert died or any(isinstance(one, Unread) for one in heard), "a death was missed in silence"


def fhir(data: bytes) -> None:
    """Any bytes; and a dead patient whose other fields the fuzzer writes, among entries of its making."""
    heard_in(READERS["fhir"], data)
    given = atheris.FuzzedDataProvider(data)
    words = [given.ConsumeUnicodeNoSurrogates(12) for _ in range(6)]
    patient: dict[str, Any] = {"resourceType": "Patient", "id": "42", "deceasedBoolean": True}
    patient |= {
        "identifier": [{"value": "42", "system": words[0]}],
        "name": words[1],
        words[2]: words[3],
        "gender": given.ConsumeInt(4),
    }
    junk = {"resourceType": ("Encounter", "Observation", "Group", "")[given.ConsumeIntInRange(0, 3)], words[4]: words[5]}
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "collection", "timestamp": "2026-03-10T14:20:00+03:00"}
    entries = [{"resource": patient}, {"resource": junk}]
    _is_seen(
        READERS["fhir"], json.dumps(bundle | {"entry": entries[:: given.PickValueInList([1, -1])]}).encode(), "Patient.deceased"
    )


def nemsis(data: bytes) -> None:
    """Any bytes; and a report of somebody who died in the field, whose other elements the fuzzer writes."""
    heard_in(READERS["nemsis"], data)
    given = atheris.FuzzedDataProvider(data)
    names = ("eResponse.14", "eTimes.03", "eTimes.13", "eCrew.01", "ePatient.15", "eInjury.03", "eScene.07", "eOther.05")
    words = {name: escape("".join(c for c in given.ConsumeUnicodeNoSurrogates(16) if c.isprintable())) for name in names}
    inner = "".join(f"<{name}>{word}</{name}>" for name, word in words.items())
    record = "<eRecord><eRecord.01>42</eRecord.01></eRecord><eArrest><eArrest.18>3018003</eArrest.18></eArrest>"
    times = "<eTimes><eTimes.06>2026-03-10T14:20:00+03:00</eTimes.06></eTimes>"
    head = '<EMSDataSet xmlns="http://www.nemsis.org"><Header><DemographicGroup><dAgency.01>A</dAgency.01></DemographicGroup>'
    report = f'<PatientCareReport UUID="u1">{record}{times}<eMore>{inner}</eMore></PatientCareReport>'
    _is_seen(READERS["nemsis"], f"{head}{report}</Header></EMSDataSet>".encode(), "eArrest.18")


def _is_seen(reader: Callable[..., Any], body: bytes, path: str) -> None:
    heard = heard_in(reader, body)
    died = any(isinstance(one, Notice) and any(s.path == path and s.value in DEAD for s in one.signs) for one in heard)
    assert died or any(isinstance(one, Unread) for one in heard), "a death was missed in silence"


TARGETS = {"er7": er7, "fhir": fhir, "nemsis": nemsis}


def seeds(folder: Path, reader: str) -> None:
    """Our own messages; for the other two what the synthetic hospital's feeds would say."""
    bodies = [path.read_bytes() for path in SEEDS.rglob("*") if path.is_file()]
    if reader != "er7":
        bodies = [told.body for told in simulate(7, 60).stream if told.format == reader]
    for body in bodies:
        if len(body) < 100_000:
            (folder / hashlib.sha256(body).hexdigest()[:16]).write_bytes(body)


def main(arguments: list[str]) -> None:
    if len(arguments) != 2 or arguments[0] not in ("er7", "fhir", "nemsis"):
        sys.exit(__doc__)
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGPROF, _late)
    with tempfile.TemporaryDirectory() as folder:
        seeds(Path(folder), arguments[0])
        limits = [f"-max_total_time={arguments[1]}", "-timeout=60", "-max_len=20000", "-rss_limit_mb=2048"]
        said = ["-print_final_stats=1", f"-artifact_prefix={tempfile.gettempdir()}/"]
        atheris.Setup(["fuzz", *limits, *said, folder], TARGETS[arguments[0]])
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
