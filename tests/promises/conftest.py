"""One scripted night for all promises, one more for each planted leak, and a table of what was caught."""

from collections.abc import Callable, Iterator

import pytest

from tests.promises import table
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
        record_property("caught", (promise, leak, named))

    return note


def ended(config: pytest.Config) -> dict[str, table.Line]:
    """What has come of every test and of every leak."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    stats = reporter.stats if reporter else {}
    reports = [(report, kind == "passed") for kind in ("passed", "failed", "error") for report in stats.get(kind, [])]
    leaks = [value for report, _ in reports for name, value in getattr(report, "user_properties", ()) if name == "caught"]
    return table.lines([(report.nodeid, passed) for report, passed in reports], leaks)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Which planted leak was caught, and in which words; all fifteen promises with `--promises`."""
    config = terminalreporter.config
    found, whole = ended(config), config.getoption("--promises")
    these = {promise: line for promise, line in found.items() if whole or line.leaks}
    if these:
        terminalreporter.section("promises" if whole else "planted leaks")
        for line in table.shown(these):
            terminalreporter.write_line(line)
    for problem in table.wrong(these) if whole else ():
        terminalreporter.write_line(f"NOT KEPT: {problem}", red=True)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """With `--promises` it is not enough that all tests pass: each promise has one, and a leak that it caught."""
    here = session.config
    if here.getoption("--promises") and not hasattr(here, "workerinput") and list(table.wrong(ended(here))):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
