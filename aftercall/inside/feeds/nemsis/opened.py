"""Open one ambulance file safely: no DTD, no entity, no network, no endless nesting; each report in it stands alone."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from io import BytesIO

from lxml import etree

from aftercall.inside.road.notice import Unread

LARGEST = 32 * 1024 * 1024  # bytes of one file
MOST = 5000  # reports in one file
WHOLE = 1024 * 1024  # below this a tree of the whole file is twice as fast as one report after the other (FEEDS 5)
LONGEST = 255  # no code, number or time of the standard is longer
_OURS = ("EMSDataSet", "DEMDataSet")
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_PROLOG = re.compile(rb"(?>\s+|<\?.*?\?>|<!--.*?-->)*+", re.DOTALL)
_ROOT = re.compile(rb"<(?:[\w.-]{1,40}:)?(\w{1,40})")


@dataclass(frozen=True)
class Part:
    """One element with all it holds, asked by the standard's own names ("eArrest.18"). Nil and empty are not said."""

    element: etree._Element
    agency: str = ""
    shape: str = "nested"  # "sections": a report; "flat": a group, which holds its values itself
    _read: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    def all(self, name: str) -> list[str]:
        """Of a report only the sections that somebody asks for are read: what stands in ePayment, nobody does."""
        section = name.partition(".")[0] if self.shape == "sections" else ""
        if section not in self._read:
            inner = tuple(self.element.iterchildren(f"{{*}}{section}")) if section else (self.element,)
            self._read[section] = _values(inner, self.shape == "flat")
        return self._read[section].get(name, [])

    def first(self, *names: str) -> str:
        """The first value of the first of these names that has one."""
        return next((value for name in names for value in self.all(name)), "")

    def has(self, name: str, codes: frozenset[str]) -> bool:
        return not codes.isdisjoint(self.all(name))

    def groups(self, name: str) -> Iterator["Part"]:
        """Each group of this name, such as one member of the crew."""
        return (Part(one, self.agency, "flat") for one in self.element.iter(f"{{*}}{name}"))


def _values(elements: tuple[etree._Element, ...], flat: bool) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for element in elements:
        for one in element if flat else element.iter(etree.Element):
            if one.text and (value := one.text.strip()) and len(value) <= LONGEST and one.get(_NIL) not in ("true", "1"):
                values.setdefault(str(one.tag).rpartition("}")[2], []).append(value)
    return values


def parts(body: bytes, kind: str, name: str) -> Iterator[Part | Unread]:
    """Every `name` of a file whose outermost element is a `kind`, with its agency's number; what can't be read as Unread."""
    if problem := _refused(body, kind):
        yield problem
        return
    agency, count = "", 0
    body = body.lstrip(b" \t\r\n") if body[:1].isspace() else body  # XML may begin with no blank line, and some exports do
    try:
        for one in _elements(body, ("{*}DemographicGroup", "{*}dAgency", f"{{*}}{name}")):
            if str(one.tag).rpartition("}")[2] != name:
                agency = Part(one).first("dAgency.02", "dAgency.01")
            elif count == MOST:
                yield Unread(kind, "too-large", f"line {one.sourceline}", f"A file may have {MOST} of {name}. Send fewer at once.")
                return
            elif next(one.iterancestors(f"{{*}}{name}"), None) is None:  # one in another one would be read twice
                count += 1
                yield _part(one, agency, "sections" if kind == "EMSDataSet" else "nested")
    except etree.XMLSyntaxError as problem_there:
        yield _not_xml(kind, problem_there)
    except _Declared:
        yield _dtd(kind)
    else:
        if not count:
            yield Unread(kind, "not-ours", name, f"There is no {name} in it. Send the agency's full export.")


def _part(one: etree._Element, agency: str, shape: str) -> Part:
    part = Part(one, agency, shape)
    return part if agency else replace(part, agency=part.first("eResponse.01"))


class _Declared(Exception):
    """A DTD that only the parser could see."""


def _elements(body: bytes, names: tuple[str, ...]) -> Iterator[etree._Element]:
    if len(body) < WHOLE:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True)
        root = etree.fromstring(body, parser)
        _look(root)
        yield from root.iter(*names)
        return
    each = etree.iterparse(
        BytesIO(body),
        ("end",),
        tag=names,
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    for _, one in each:
        _look(one)
        yield one
        if str(one.tag).rpartition("}")[2] != "dAgency":
            one.clear()
            while (parent := one.getparent()) is not None and one.getprevious() is not None:
                del parent[0]


def _look(element: etree._Element) -> None:
    if element.getroottree().docinfo.internalDTD is not None:
        raise _Declared


def root_of(body: bytes) -> str:
    """The name of the outermost element, "" where there is none."""
    plain = _plain(body)
    start = found.end() if (found := _PROLOG.match(plain)) else 0
    root = _ROOT.match(plain, start)
    return root[1].decode() if root else ""


def _plain(body: bytes) -> bytes:
    plain = body[:4096].replace(b"\0", b"") if b"\0" in body[:4] else body  # UTF-16: the letters before the root are ASCII
    return plain.removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")


def _refused(body: bytes, kind: str) -> Unread | None:
    if len(body) > LARGEST:
        return Unread(kind, "too-large", f"byte {LARGEST}", "A file may have 32 MB. Send fewer reports at once.")
    plain = _plain(body)
    start = found.end() if (found := _PROLOG.match(plain)) else 0
    if plain[start : start + 9].upper() == b"<!DOCTYPE":
        return _dtd(kind)
    root = _ROOT.match(plain, start)
    name = root[1].decode() if root else ""
    if name in _OURS and name != kind:
        what = "list of crew and no report. Hand it in where the half runs: it adds numbers to the staff list."
        return Unread(
            name, "not-ours", name, f"This is a {what if name == 'DEMDataSet' else 'report, no list of crew. Hand it in as one.'}"
        )
    if root is None:
        return Unread("", "not-xml", f"byte {start}", "There is no XML element. Send the file as the ambulance software wrote it.")
    return None


def _dtd(kind: str) -> Unread:
    return Unread(kind, "not-xml", "DOCTYPE", "A file with a DTD or entities is not read. NEMSIS files have none: export it again.")


def _not_xml(kind: str, problem: etree.XMLSyntaxError) -> Unread:
    line, column = (*(problem.position or (0, 0)), 0, 0)[:2]
    text = "From here on it is no XML: cut off, or damaged. Send it again."
    return Unread(kind, "not-xml", f"line {line}, column {column}", text)
