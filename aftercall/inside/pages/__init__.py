"""The hospital's plain pages: those of any desk (aftercall.pages), and what only the hospital shows."""

from pathlib import Path
from zoneinfo import ZoneInfo

from aftercall.pages import Pages, address, form_of, is_foreign, language_of, number_of, onwards

__all__ = ["Pages", "address", "form_of", "is_foreign", "language_of", "number_of", "onwards", "pages_of"]


def pages_of(zone: ZoneInfo, **same: object) -> Pages:
    """`same` stands in every page."""
    return Pages(zone, Path(__file__).parent, "/hand/", half="inside", **same)
