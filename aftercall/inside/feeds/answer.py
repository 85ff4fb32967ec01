"""Answer a sender in its own terms: stored, could not be stored, or not something we can read, with a sentence why."""

import re
from dataclasses import dataclass, field
from typing import Literal

from aftercall.inside.feeds.er7 import USUAL, Coding, at, escaped, messages
from aftercall.inside.road.notice import Notice, Unread
from aftercall.words import Moment

Code = Literal["AA", "AE", "AR"]

NOT_HL7 = Unread("", "not-hl7", "MSH-1", "No MSH segment was found. Send HL7 v2 with pipes (ER7), not XML, JSON or text.")

_SAID = {"AA": "Stored.", "AE": "Not stored. Please send it again.", "AR": "This can't be read, and sending it again won't help."}
_LONGEST = 199  # MSH-10 in HL7 v2.7; a longer one is no number
# HL7 table 0357: a field is missing, a field holds the wrong kind of thing, segments are out of order, our own error.
_ERRORS = {"no-patient": "101", "time": "102", "charset": "102", "not-hl7": "100", "half-frame": "100"}


@dataclass(frozen=True)
class Header:
    """What an answer needs of the MSH, and nothing else of the message."""

    coding: Coding = USUAL
    sender: tuple[bytes, bytes] = (b"", b"")  # MSH-3, MSH-4
    receiver: tuple[bytes, bytes] = (b"", b"")  # MSH-5, MSH-6
    trigger: str = ""
    control: bytes = b""
    processing: str = "P"
    version: str = "2.5"
    accept: str = ""  # MSH-15: AL, NE, ER, SU or nothing
    application: str = ""  # MSH-16


@dataclass(frozen=True)
class Reading:
    """One message as we understood it, or didn't, with what its answer needs."""

    heard: Notice | Unread
    header: Header = field(default_factory=Header)


def header_of(coding: Coding, msh: list[bytes]) -> Header:
    """Fields that hold no code are left out: where a line end was lost, a patient's number may stand in them."""

    def word(number: int) -> str:
        return coding.text(coding.first(at(msh, number) or b"")).upper()

    version, kind = word(12), (at(msh, 9) or b"").split(coding.component)
    trigger = coding.text(kind[1]).upper() if len(kind) > 1 else ""
    accept, application = word(15), word(16)
    return Header(
        coding=coding,
        sender=((at(msh, 3) or b"")[:_LONGEST], (at(msh, 4) or b"")[:_LONGEST]),
        receiver=((at(msh, 5) or b"")[:_LONGEST], (at(msh, 6) or b"")[:_LONGEST]),
        trigger=trigger if _TRIGGER.fullmatch(trigger) else "",
        control=(at(msh, 10) or b"")[:_LONGEST],
        processing=(word(11) or "P")[:1] if len(word(11)) <= 1 else "?",
        version=version if _VERSION.fullmatch(version) else "2.5",
        accept=accept if accept in _WANTS or not accept else "AL",
        application=application if application in _WANTS or not application else "AL",
    )


_TRIGGER, _VERSION = re.compile(r"[A-Z][A-Z0-9]{2}"), re.compile(r"2\.\d(\.\d){0,2}")
_WANTS: dict[str, tuple[Code, ...]] = {"": (), "NE": (), "AL": ("AA", "AE", "AR"), "ER": ("AE", "AR"), "SU": ("AA",)}


def answer_code(header: Header, code: Code) -> str:
    """The code as this sender wants it: AA in original mode, CA in enhanced mode, "" when it wants no answer (HL7 2.9.2)."""
    if not header.accept and not header.application:
        return code
    if code in _WANTS[header.accept]:
        return "C" + code[1]
    return code if code in _WANTS[header.application] else ""


def wants_answer(body: bytes) -> bool:
    """Would a message that was stored be answered at all? `replay` waits only then."""
    return all(answer_code(header_of(m.coding, m.header()), "AA") for m in messages(body) if m.headed)


def acknowledge(reading: Reading, code: Code, problem: str, now: Moment | None) -> bytes:
    """An ACK without any patient data: the sender's own header turned round, and a sentence. b"" when none is wanted."""
    header = reading.header
    said = answer_code(header, code)
    if not said:
        return b""
    heard = reading.heard
    text = problem or (heard.text if isinstance(heard, Unread) else "") or _SAID[code]
    control = header.coding.ours(header.control)
    addresses = "|".join(header.coding.ours(raw) for raw in (*header.receiver, *header.sender))
    at_time = now.strftime("%Y%m%d%H%M%S%z") if now else ""
    processing = header.processing if header.processing in ("P", "T", "D") else "P"
    kind = f"ACK^{header.trigger}^ACK" if header.trigger else "ACK"
    lines = [
        f"MSH|^~\\&|{addresses}|{at_time}||{kind}|ACK{control}|{processing}|{header.version}||||||UNICODE UTF-8",
        f"MSA|{said}|{control}|{escaped(text)}",
    ]
    if isinstance(heard, Unread) and code != "AA":
        lines.append(_err(heard, header.version, text))
    return "".join(line + "\r" for line in lines).encode()


def _err(heard: Unread, version: str, text: str) -> str:
    segment, _, number = heard.where.partition("-")
    place = (segment, number) if segment.isalnum() and number.isdigit() else ("", "")
    error = _ERRORS.get(heard.code, "207")
    if version < "2.5":
        return f"ERR|{place[0]}^1^{place[1]}^{error}"
    location = f"{place[0]}^1^{place[1]}" if place[0] else ""
    return f"ERR||{location}|{error}^^HL70357|E||||{escaped(text)}"
