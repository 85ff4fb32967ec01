"""One scripted night for all promises, one more for each planted leak, and a table of what was caught."""

from collections.abc import Iterator

import pytest

from tests.promises.nights import Nights
from tests.promises.script import Night
from tests.promises.twins import CAUGHT


@pytest.fixture(scope="session")
def nights(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nights]:
    here = Nights(tmp_path_factory.mktemp("nights"))
    wanted = (item.callspec.params.get("twin") for item in request.session.items if hasattr(item, "callspec"))
    here.begin(twin for twin in wanted if twin)
    yield here
    here.close()


@pytest.fixture(scope="session")
def night(nights: Nights) -> Night:
    """The program as it is, with a crash of each half."""
    return nights.plain()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Which planted leak was caught, and in which words."""
    if CAUGHT:
        terminalreporter.section("planted leaks")
        for promise, leak, said in CAUGHT:
            terminalreporter.write_line(f"{promise}  {leak:46} {said[:110]}")
