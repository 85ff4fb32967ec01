"""One scripted night for all promises, one more for each planted leak, and a table of what was caught."""

from collections.abc import Callable, Iterator

import pytest

from tests.promises.doors import Pair
from tests.promises.nights import Nights
from tests.promises.recorded import Night
from tests.promises.twins import Caught


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


@pytest.fixture(scope="session")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Both halves with every door open, and everybody with what opens theirs."""
    with Pair(tmp_path_factory.mktemp("doors")) as pair:
        pair.meet()
        yield pair


@pytest.fixture
def caught(record_property: Callable[[str, object], None]) -> Caught:
    """Notes a planted leak for the table at the end: promise, leak, and the words in which the check named it."""

    def note(promise: str, leak: str, named: str) -> None:
        record_property("caught", (promise, leak, f"caught: {named}" if named else "NOT CAUGHT"))

    return note


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Which planted leak was caught, and in which words."""
    ended = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, [])]
    caught = [value for report in ended for name, value in getattr(report, "user_properties", ()) if name == "caught"]
    if caught:
        terminalreporter.section("planted leaks")
        for promise, leak, said in caught:
            terminalreporter.write_line(f"{promise}  {leak:46} {said[:110]}")
