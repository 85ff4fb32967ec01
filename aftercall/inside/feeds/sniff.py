"""Any report of any feed, told apart by what stands in it, never by its name."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from aftercall.inside.feeds import hl7, kenya, linelist, nemsis, openmrs
from aftercall.inside.feeds.fhir import bundle
from aftercall.inside.feeds.site import Mark, Site
from aftercall.inside.road.notice import Notice, Unread
from aftercall.words import Moment

LARGEST = 64 * 1024 * 1024  # bytes; a file, not a message

Heard = Notice | Unread
Reader = Callable[[bytes, Site, Mark, Moment], tuple[Heard, ...]]

_EPCR = re.compile(rb"<(?:\w+:)?(?:EMSDataSet|DEMDataSet|StateDataSet|PatientCareReport)\b")
_HL7 = re.compile(rb"(?:^|[\r\n\x0b\x1c])\W{0,8}(?:MSH|FHS|BHS|PID)[^\w\s]|^\W{0,8}M\x00S\x00H|\x00M\x00S\x00H", re.IGNORECASE)
_V2XML = re.compile(rb"urn:hl7-org:v2xml|<(?:MSH\.1|MSH)\b")
_ROW = re.compile(rb"^(?=.*\bunit\b)(?=.*\bdied\b).*[,;\t]", re.IGNORECASE)
_HIDDEN = re.compile(rb"MSH[^\w\s]{2}")


@dataclass(frozen=True)
class Kind:
    """A feed's name and its reader."""

    name: str
    read: Reader


def _of_hl7(body: bytes, site: Site, mark: Mark, now: Moment) -> tuple[Heard, ...]:
    return tuple(reading.heard for reading in hl7.read(body, site, mark, now))


def _nothing(body: bytes, site: Site, mark: Mark, now: Moment) -> tuple[Heard, ...]:
    what = "This is no report we know" if body.strip() else "The file is empty"
    return (
        Unread("", "not-ours", "byte 0", f"{what}. Send HL7 v2, FHIR JSON, NEMSIS XML, KenyaEMR or OpenMRS JSON, or a CSV list."),
    )


def _of_fhir_xml(body: bytes, site: Site, mark: Mark, now: Moment) -> tuple[Heard, ...]:
    return (Unread("", "not-ours", "byte 0", "This is FHIR as XML. Send it as JSON."),)


HL7, FHIR, EPCR = Kind("hl7v2", _of_hl7), Kind("fhir", bundle.read), Kind("nemsis", nemsis.read)
KENYA, OPENMRS, LIST = Kind("kenya", kenya.read), Kind("openmrs", openmrs.read_record), Kind("list", linelist.read)
UNKNOWN, FHIR_XML = Kind("unknown", _nothing), Kind("fhir", _of_fhir_xml)


def kind_of(body: bytes) -> Kind:
    """Which feed wrote this. What nobody knows is refused with a reason."""
    head = body[:65536].lstrip(b"\xef\xbb\xbf \t\r\n\x00")
    if head[:1] in (b"{", b"["):
        return _json(head, body)
    if head[:1] == b"<" or (head[:2] in (b"\xff\xfe", b"\xfe\xff") and b"\x00<" in body[:8] + b"<\x00"):
        return _xml(head)
    if _HL7.search(head) or _HIDDEN.search(head):
        return HL7
    return LIST if _ROW.search(head.split(b"\n", 1)[0]) else UNKNOWN


def _json(head: bytes, body: bytes) -> Kind:
    if b'"MESSAGE_HEADER"' in head or b'"PATIENT_IDENTIFICATION"' in head or b'"MESSAGE_TYPE"' in head:
        return KENYA
    if b'"resourceType"' in body:
        return FHIR
    if re.search(rb'"(?:dead|person|patient|encounterProviders|deathDate)"', body):
        return OPENMRS
    return UNKNOWN


def _xml(head: bytes) -> Kind:
    if _EPCR.search(head) or b"nemsis.org" in head:
        return EPCR
    if _V2XML.search(head):
        return HL7
    return FHIR_XML if b"http://hl7.org/fhir" in head else EPCR
