"""The care half's pages for its coordinators: those of any desk (aftercall.pages), and what only this one shows."""

from pathlib import Path
from zoneinfo import ZoneInfo

from aftercall.pages import Pages

AT = "/desk/file/"  # where the pages' own files are asked for


def pages_of(zone: ZoneInfo, **same: object) -> Pages:
    """`same` stands in every page."""
    return Pages(zone, Path(__file__).parent, AT, half="outside", **same)
