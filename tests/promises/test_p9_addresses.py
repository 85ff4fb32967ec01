"""We keep no addresses: two hundred phones called, each with address, forwarded address and browser of its own; no file has any.

What a proxy before the care half writes is its own affair: the ones that we ship write nothing (deploy/).
"""

from tests.promises.checks import addresses_kept
from tests.promises.people import CALLERS, addresses
from tests.promises.recorded import Night


def test_no_address_and_no_browser_of_anybody_who_called_stands_in_any_file(night: Night) -> None:
    assert addresses_kept(night) == []


def test_they_are_six_hundred_and_each_is_another() -> None:
    callers = {what: value for what, value in addresses().items() if what.startswith("caller ")}
    assert len(callers) == len(set(callers.values())) == 3 * CALLERS
