"""Read HL7 v2 written as XML (urn:hl7-org:v2xml) by turning it into the lines that the other reader reads."""

import re
from collections.abc import Iterator
from itertools import groupby

from lxml import etree

from aftercall.inside.feeds.er7 import USUAL, Message
from aftercall.inside.road.notice import Unread

LARGEST = 8 * 1024 * 1024
_MOST = 200_000  # elements, twice: each begins and ends with "<"
_CODING = USUAL._replace(codec="utf-8")
_SPACE = b" \t\r\n\x00"
_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{2}")
_DANGER = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ENCODING = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)""")
# Any other encoding could hide a DTD from us, and libxml2 knows many.
_KNOWN = re.compile(rb"(utf-?(8|16(le|be)?)|us-ascii|ascii|iso-8859-\d{1,2}|windows-125\d)", re.IGNORECASE)
_ESCAPED = str.maketrans({"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"})

_BAD = Unread("", "not-xml", "MSH-1", "This XML can't be read. Send well-formed v2.xml, or HL7 v2 with pipes (ER7).")
_DTD = Unread("", "not-xml", "MSH-1", "XML with a document type or entities is refused. Send v2.xml without a DTD.")
_LARGE = Unread("", "too-large", "MSH-1", f"XML above {LARGEST // 1024 // 1024} MiB is refused. Send it without its documents.")


def is_xml(body: bytes) -> bool:
    head = body[:64].lstrip(b"\xef\xbb\xbf\xff\xfe" + _SPACE)
    return head[:1] == b"<"


def messages(body: bytes) -> tuple[Message, ...] | Unread:
    """Every element that holds an MSH is a message. Entities, a DTD, what is too large and what is no XML are refused unread."""
    flat = body.replace(b"\x00", b"")  # a DTD in UTF-16 is one as well
    if len(body) > LARGEST or flat.count(b"<") > _MOST:
        return _LARGE
    said = _ENCODING.search(flat[:200])
    if _DANGER.search(flat) or (said and not _KNOWN.fullmatch(said[1])):
        return _DTD
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(body.strip(b" \t\r\n") if body[:1] in b" \t\r\n" else body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return _BAD
    if root is None or root.getroottree().docinfo.internalDTD is not None:
        return _DTD
    tops = dict.fromkeys(head.getparent() for head in root.iter("{*}MSH"))
    return tuple(message for top in tops if top is not None and (message := _message(top)))


def _message(top: etree._Element) -> Message | None:
    lines = [line.encode() for line in _segments(top)]
    if not lines or not lines[0].startswith(b"MSH|"):
        return None
    return Message(_CODING, lines, b"\r".join(lines), headed=True, msh=[b"MSH", b"|", *lines[0][4:].split(b"|")], xml=True)


def _segments(top: etree._Element) -> Iterator[str]:
    """In document order, through groups (`ADT_A03.PROCEDURE`), and never into another message."""
    waiting = [iter(top)]
    while waiting:
        for child in waiting[-1]:
            name = _name(child)
            if _SEGMENT.fullmatch(name):
                yield _segment(name, child)
            elif len(waiting) < 12 and child.find("{*}MSH") is None:
                waiting.append(iter(child))
                break
        else:
            waiting.pop()


def _segment(name: str, element: etree._Element) -> str:
    """`<PID.3>` twice is one field of two repetitions. MSH-1 and 2 are the delimiters we write with."""
    fields: dict[int, str] = {}
    for number, same in groupby((child for child in element), _number):
        if 0 < number < 200:
            said = "~".join(_value(one, ("^", "&")) for one in same)
            fields[number] = f"{fields[number]}~{said}" if number in fields else said
    if name == "MSH":
        return "|".join(["MSH", "^~\\&", *(fields.get(n, "") for n in range(3, max(fields, default=2) + 1))])
    return "|".join([name, *(fields.get(n, "") for n in range(1, max(fields, default=0) + 1))])


def _value(element: etree._Element, between: tuple[str, ...]) -> str:
    """Its text, or its parts at their places (`<CX.4>`, `<HD.1>`)."""
    parts = {number: child for child in element if 0 < (number := _number(child)) < 50} if between else {}
    if not parts:
        return " ".join("".join(map(str, element.itertext())).split()).translate(_ESCAPED)
    return between[0].join(_value(parts[n], between[1:]) if n in parts else "" for n in range(1, max(parts) + 1))


def _name(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _number(element: etree._Element) -> int:
    number = _name(element).rpartition(".")[2]
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 4 else 0


def acknowledgement(lines: list[str]) -> bytes:
    """An answer of ours, written in ER7, as v2.xml."""
    root = etree.Element(f"{_SPACE_OF}ACK", nsmap={None: _SPACE_OF[1:-1]})  # type: ignore[dict-item]  # the default namespace
    for line in lines:
        name, *fields = line.split("|")
        segment = etree.SubElement(root, _SPACE_OF + name)
        for number, said in enumerate(["|", *fields] if name == "MSH" else fields, 1):
            if said:
                _field(etree.SubElement(segment, f"{_SPACE_OF}{name}.{number}"), said, _TYPES.get(f"{name}.{number}", ""))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


_SPACE_OF = "{urn:hl7-org:v2xml}"
_TYPES = {
    "MSH.3": "HD",
    "MSH.4": "HD",
    "MSH.5": "HD",
    "MSH.6": "HD",
    "MSH.7": "TS",
    "MSH.9": "MSG",
    "MSH.11": "PT",
    "MSH.12": "VID",
}
_TYPES |= {"ERR.2": "ERL", "ERR.3": "CWE"}


def _field(element: etree._Element, said: str, kind: str) -> None:
    """The parts of a field that has any stand under the name of its type; the delimiters stand as they are."""
    if not kind:
        element.text = said if said == "^~\\&" else _CODING.text(said.encode())
        return
    for number, part in enumerate(said.split("^"), 1):
        if part:
            etree.SubElement(element, f"{_SPACE_OF}{kind}.{number}").text = _CODING.text(part.encode())
