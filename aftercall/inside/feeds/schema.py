"""Say what in an ambulance file isn't as its schema has it: a report for whoever sends it, never a gate.

What a value was is never repeated: only where it stands and which kind of rule it breaks.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import cast

from lxml import etree

MOST = 200  # lines of one report
_SIZE = 32 * 1024 * 1024
_EXPECTED = re.compile(r"Expected is \(? ?(?:one of \( )?([^)]*)\)")
_NAME = re.compile(r"\{[^}]*\}|[\s*]")
_RULES = (
    ("ELEMENT_CONTENT", "is not expected here, or something before it is missing"),
    ("ENUMERATION", "is none of the codes of the list"),
    ("PATTERN", "hasn't the form that the standard wants"),
    ("LENGTH", "is too long or too short"),
    ("INCLUSIVE", "is too large or too small"),
    ("EXCLUSIVE", "is too large or too small"),
    ("DATATYPE", "is no value of its type"),
    ("ATTRIBUTE", "has an attribute that is missing, wrong or not expected"),
    ("CVC_ELT", "is not known, or is empty where it must not be"),
)


def report(body: bytes, folder: Path) -> tuple[str, ...]:
    """Lines "element path: what", none when all is as it should be. `folder` holds the schema, as EMSDataSet_v3.xsd."""
    if len(body) > _SIZE:
        return ("file: has more than 32 MB",)
    try:
        tree = etree.fromstring(body, _parser()).getroottree()
    except etree.XMLSyntaxError as problem:
        return (f"line {(problem.position or (0, 0))[0]}: is no XML from here on",)
    if tree.docinfo.internalDTD is not None:
        return ("DOCTYPE: a file with a DTD or entities is not read",)
    name = etree.QName(tree.getroot()).localname
    try:
        schema = _schema(folder / f"{name}_v3.xsd")
    except (OSError, etree.XMLSyntaxError, etree.XMLSchemaParseError):
        return (f"{name[:40]}: no schema of that name can be read in the schema folder",)
    if schema.validate(tree):
        return ()
    found = cast(Iterable[etree._LogEntry], schema.error_log)
    return tuple(dict.fromkeys(_line(tree, entry) for entry in found))[:MOST]


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)


@lru_cache(maxsize=8)
def _schema(path: Path) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(path), etree.XMLParser(no_network=True)))


def _line(tree: etree._ElementTree, entry: etree._LogEntry) -> str:
    rule = next((words for part, words in _RULES if part in entry.type_name), "is not as the schema has it")
    wanted = _EXPECTED.search(entry.message) if "ELEMENT_CONTENT" in entry.type_name else None
    names = ", ".join(_NAME.sub("", one) for one in wanted[1].split(",")) if wanted else ""
    return f"{_path(tree, entry)}: {rule}" + (f" (wanted: {names[:200]})" if names else "")


def _path(tree: etree._ElementTree, entry: etree._LogEntry) -> str:
    """The elements from the outermost on, as EMSDataSet/Header/PatientCareReport[2]/eArrest/eArrest.18."""
    spaces = {prefix: uri for prefix, uri in tree.getroot().nsmap.items() if prefix}
    try:
        found = tree.xpath(entry.path, namespaces=spaces) if entry.path else []
    except etree.XPathError:  # a prefix that only an inner element declares
        found = []
    if not isinstance(found, list) or not found or not isinstance(found[0], etree._Element):
        return f"line {entry.line}"
    root = tree.getroot()
    inner = "" if found[0] is root else "/" + tree.getelementpath(found[0])
    return re.sub(r"\{[^}]*\}", "", etree.QName(root).localname + inner)
