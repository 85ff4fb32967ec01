"""Answer a sender in its own terms: stored, could not be stored, or not something we can read, with a sentence why."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from aftercall.inside.feeds import v2xml
from aftercall.inside.feeds.er7 import USUAL, Coding, escaped, messages
from aftercall.inside.road.notice import Notice, Unread
from aftercall.words import Moment

Code = Literal["AA", "AE", "AR"]

NOT_HL7 = Unread("", "not-hl7", "MSH-1", "No MSH segment was found. Send HL7 v2 with pipes (ER7) or as v2.xml.")

_SAID = {"AA": "Stored.", "AE": "Not stored. Please send it again.", "AR": "This can't be read, and sending it again won't help."}
_CODE = 64  # no code is longer, and what is kept for speed stays small
_LONGEST = 199  # MSH-10 in HL7 v2.7; a longer one is no number
# HL7 table 0357: a field is missing, a field holds the wrong kind of thing, segments are out of order, our own error.
_ERRORS = {"no-patient": "101", "time": "102", "charset": "102", "not-hl7": "100", "half-frame": "100", "not-xml": "100"}


# By the standard these name no patient, or need not: master files, queries, acknowledgements, stock, schedules, staff, devices.
_NOBODYS = frozenset(
    [
        "MFN",
        "MFK",
        "MFQ",
        "MFR",
        "MFD",
        "NMD",
        "NMQ",
        "NMR",
        "ACK",
        "MCF",
        "QRY",
        "QBP",
        "QCK",
        "QCN",
        "QSB",
        "QSX",
        "QVR",
        "QRF",
        "DSR",
        "DSP",
        "RSP",
        "RTB",
        "RTQ",
        "TBR",
        "VQQ",
        "VQR",
        "EQQ",
        "ERQ",
        "ERP",
        "ORF",
        "OSQ",
        "OSR",
        "SQM",
        "SQR",
        "SRM",
        "SRR",
        "SIU",
        "SSR",
        "SSU",
        "INR",
        "INU",
        "INV",
        "LSR",
        "LSU",
        "TCR",
        "TCU",
        "EAC",
        "EAN",
        "EAR",
        "ESR",
        "ESU",
        "OMN",
        "ORN",
        "OMD",
        "ORD",
        "OMS",
        "ORS",
        "OUL",
        "PMU",
        "SDR",
        "SDS",
        "SLR",
        "SLN",
        "SLS",
        "STC",
        "SCN",
        "SMD",
        "STI",
        "BAR",
        "BPS",
        "BRP",
        "RRI",
        "RPI",
        "RPL",
        "RPR",
        "RQC",
        "RQI",
        "RQP",
        "RQQ",
        "UDM",
        "SUR",
    ]
)


class Header(NamedTuple):
    """What an answer needs of the MSH, and nothing else of the message."""

    coding: Coding = USUAL
    sender: tuple[bytes, ...] = (b"", b"")  # MSH-3, MSH-4
    receiver: tuple[bytes, ...] = (b"", b"")  # MSH-5, MSH-6
    trigger: str = ""
    control: bytes = b""
    processing: str = "P"
    version: str = "2.5"
    accept: str = ""  # MSH-15: AL, NE, ER, SU or nothing
    application: str = ""  # MSH-16
    xml: bool = False  # it came as v2.xml, and is answered so


class Reading(NamedTuple):
    """One message as we understood it, or didn't, with what its answer needs."""

    heard: Notice | Unread
    header: Header = Header()
    learned: tuple[tuple[str, str], ...] = ()  # ("PV1-36", value): dispositions as the site writes them, for its list


def no_patient(kind: str, *, named: bool) -> Unread:
    """`named` says that a PID stands there. A kind that needs none is no fault of its sender, whose queue must not stop on it."""
    if not named and (kind[:3] in _NOBODYS or (kind[:1] == "Z" and len(kind) >= 3)):
        return Unread(kind, "not-ours", "MSH-9", "This kind of message names no patient. It can be left out of the feed.")
    text = "There is no patient number. Send PID-3 as number^^^authority, or leave this kind of message out of the feed."
    return Unread(kind, "no-patient", "PID-3", text)


def code_of(readings: Sequence[Reading]) -> Code:
    """One code for a payload: AA when anything in it was heard or wants no hearing, AR when none of it is HL7."""
    codes = {r.heard.code if isinstance(r.heard, Unread) else "" for r in readings}
    if codes & {"", "not-ours"}:
        return "AA"
    return "AR" if codes <= {"not-hl7", "not-xml", "too-large"} else "AE"


def header_of(coding: Coding, msh: list[bytes], *, xml: bool = False) -> Header:
    """Fields that hold no code are left out: where a line end was lost, a patient's number may stand in them."""
    f = msh if len(msh) > 16 else [*msh, *[b""] * (17 - len(msh))]
    said = _codes(coding, f[9][:_CODE], f[11][:_CODE], f[12][:_CODE], f[15][:_CODE], f[16][:_CODE])
    sender, receiver = (f[3][:_LONGEST], f[4][:_LONGEST]), (f[5][:_LONGEST], f[6][:_LONGEST])
    return Header(coding, sender, receiver, said[0], f[10].strip()[:_LONGEST], *said[1:], xml)


@lru_cache(maxsize=256)
def _codes(
    coding: Coding, kind: bytes, processing: bytes, version: bytes, accept: bytes, application: bytes
) -> tuple[str, str, str, str, str]:
    """Trigger, processing, version and the two wishes: the same in nearly every message of a sender."""
    words = [coding.text(coding.first(raw.strip())).upper() for raw in (processing, version, accept, application)]
    parts = kind.split(coding.component)
    trigger = coding.text(parts[1]).upper() if len(parts) > 1 else ""
    return (
        trigger if _TRIGGER.fullmatch(trigger) else "",
        (words[0] or "P")[:1] if len(words[0]) <= 1 else "?",
        words[1] if _VERSION.fullmatch(words[1]) else "2.5",
        words[2] if words[2] in _WANTS or not words[2] else "AL",
        words[3] if words[3] in _WANTS or not words[3] else "AL",
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
    control = header.control.decode("ascii") if header.control.isalnum() else header.coding.ours(header.control)
    addresses = _addresses(header.coding, header.receiver, header.sender)
    at_time = _written(now.replace(microsecond=0)) if now else ""
    processing = header.processing if header.processing in ("P", "T", "D") else "P"
    kind = f"ACK^{header.trigger}^ACK" if header.trigger else "ACK"
    lines = [
        f"MSH|^~\\&|{addresses}|{at_time}||{kind}|ACK{control}|{processing}|{header.version}||||||UNICODE UTF-8",
        f"MSA|{said}|{control}|{escaped(text)}",
    ]
    if isinstance(heard, Unread) and code != "AA":
        lines.append(_err(heard, header.version, text))
    return v2xml.acknowledgement(lines) if header.xml else "".join(line + "\r" for line in lines).encode()


@lru_cache(maxsize=256)
def _addresses(coding: Coding, receiver: tuple[bytes, ...], sender: tuple[bytes, ...]) -> str:
    """A sender's are the same in all its messages."""
    return "|".join(coding.ours(raw.strip()) for raw in (*receiver, *sender))


@lru_cache(maxsize=4)
def _written(now: Moment) -> str:
    return now.strftime("%Y%m%d%H%M%S%z")


def _err(heard: Unread, version: str, text: str) -> str:
    segment, _, number = heard.where.partition("-")
    place = (segment, number) if segment.isalnum() and number.isdigit() else ("", "")
    error = _ERRORS.get(heard.code, "207")
    if version < "2.5":
        return f"ERR|{place[0]}^1^{place[1]}^{error}"
    location = f"{place[0]}^1^{place[1]}" if place[0] else ""
    return f"ERR||{location}|{error}^^HL70357|E||||{escaped(text)}"
