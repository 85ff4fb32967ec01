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

_EPCR = re.compile(rb"<(?:[\w.-]+:)?(?:EMSDataSet|DEMDataSet|StateDataSet|PatientCareReport)\b")
_HL7 = re.compile(rb"(?:^|[\r\n\x0b\x1c])\W{0,8}(?:MSH|FHS|BHS|PID)[^\w\s]|^\W{0,8}M\x00S\x00H|\x00M\x00S\x00H", re.IGNORECASE)
_V2XML = re.compile(rb"urn:hl7-org:v2xml|<(?:[\w.-]+:)?(?:MSH\.1|MSH)\b")
_ROW = re.compile(rb"^(?:sep=.[\r\n]+)?(?=.*\b(?:unit|patient)\b)(?=.*\bdied\b).*[,;\t]", re.IGNORECASE)
_PACKED = re.compile(
    rb"PK(?:\x03\x04|\x05\x06)|\x1f\x8b|7z\xbc\xaf\x27\x1c|Rar!|BZh[1-9]1AY|\xfd7zXZ|\x28\xb5\x2f\xfd|.{257}ustar", re.DOTALL
)
_TWO_BYTES = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be", b"{\x00": "utf-16-le", b"\x00{": "utf-16-be"}
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


def _refusal(text: str) -> Reader:
    return lambda body, site, mark, now: (Unread("", "not-ours", "byte 0", text),)


def _in_utf8(read: Reader) -> Reader:
    """JSON that some spreadsheet or shell saved with two bytes a letter."""

    def then(body: bytes, site: Site, mark: Mark, now: Moment) -> tuple[Heard, ...]:
        codec = _TWO_BYTES.get(body[:2])
        return read(body.decode(codec, "replace").lstrip("\ufeff").encode() if codec else body, site, mark, now)

    return then


HL7, FHIR, EPCR = Kind("hl7v2", _of_hl7), Kind("fhir", _in_utf8(bundle.read)), Kind("nemsis", nemsis.read)
KENYA, OPENMRS = Kind("kenya", _in_utf8(kenya.read)), Kind("openmrs", _in_utf8(openmrs.read_record))
LIST, UNKNOWN = Kind("list", linelist.read), Kind("unknown", _nothing)
FHIR_XML = Kind("fhir", _refusal("This is FHIR as XML. Send it as JSON."))
OTHER_XML = Kind(
    "unknown", _refusal("This XML is no report we know. Send v2.xml, NEMSIS, or the feed itself as HL7 v2 or FHIR JSON.")
)
PACKED = Kind("unknown", _refusal("This is a packed archive. Unpack it, and give the folder."))


def kind_of(body: bytes) -> Kind:
    """Which feed wrote this. What nobody knows is refused with a reason."""
    if _PACKED.match(body):
        return PACKED
    head = _plain(body[:65536])
    if head[:1] in (b"{", b"["):
        return _json(head, body.replace(b"\x00", b"") if body[:2] in _TWO_BYTES else body)
    if head[:1] == b"<":
        return _xml(head)
    if _HL7.search(head) or _HIDDEN.search(head):
        return HL7
    return LIST if _ROW.search(head) else UNKNOWN


def _plain(head: bytes) -> bytes:
    """As ASCII, as far as it is: what tells the feeds apart is."""
    if head[:2] in _TWO_BYTES or head[:2] in (b"<\x00", b"\x00<"):
        head = head.replace(b"\x00", b"").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    return head.lstrip(b"\xef\xbb\xbf \t\r\n\x00")


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
    return FHIR_XML if b"http://hl7.org/fhir" in head else OTHER_XML
