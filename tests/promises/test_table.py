"""The table of the promises says what is missing: a promise without a test, without a leak, or with one that slipped through."""

from tests.promises.table import PROMISES, lines, promises_of, shown, wrong

TESTS = [(f"tests/promises/test_{name.lower()}_x.py::test_it", True) for name in PROMISES if name.startswith("P")]
TESTS.append(("tests/promises/test_nothing_moves.py::test_it", True))
LEAKS = [(name, "a leak", "the log, byte 7") for name in PROMISES]


def test_with_a_test_and_a_caught_leak_for_each_there_is_nothing_to_say() -> None:
    assert list(wrong(lines(TESTS, LEAKS))) == []


def test_what_is_missing_is_named() -> None:
    assert list(wrong(lines(TESTS[1:], LEAKS))) == ["P1 has no test"]
    assert list(wrong(lines([(TESTS[0][0], False), *TESTS[1:]], LEAKS))) == ["P1: 1 of its tests failed"]
    assert "P1 has no planted leak: a check that can't fail doesn't count" in wrong(lines(TESTS, LEAKS[1:]))
    assert list(wrong(lines(TESTS, [*LEAKS, ("P9", "an access log", "")]))) == ["P9: not caught: an access log"]


def test_a_test_counts_for_the_promise_its_file_is_named_after() -> None:
    assert promises_of("tests/promises/test_p13_times.py::test_x[a]") == ("P13",)
    assert promises_of("tests/promises/test_browser_side.py::test_x") == ("P3", "P4", "P8")
    assert promises_of("tests/house/test_release.py::test_x") == ("P14",)
    assert promises_of("tests/house/test_wheel.py::test_x") == ()


def test_the_table_has_a_line_for_each_promise_and_each_leak() -> None:
    told = list(shown(lines(TESTS, LEAKS)))
    assert len(told) == 2 * len(PROMISES)
    assert told[0] == "P1   No message can be read from our disks: 1 passed (test_p1_x.py)"
    assert "caught: the log, byte 7" in told[1]
