"""Your boss sees only the page: every route of both halves, tried with everybody's credential at the running programs."""

from pathlib import Path

import pytest

from tests.promises import unguarded_inside, unguarded_outside
from tests.promises.doors import Pair, Tried, cells, wrong
from tests.promises.matrix import HALVES, NO, ROLES, ROWS, page, unlisted
from tests.promises.twins import Caught

DOC = Path(__file__).parents[2] / "docs" / "roles.md"
AJAR = {
    ("outside", "a route that forgets its check"): "POST /care/v1/box/spoken, nobody (another's) may not, and got 204",
    ("outside", "a forbidden answer of another size"): "box/pass, nobody (unknown) got 256 bytes, and nobody (own) 512",
    ("outside", "one statement more for a box that is there"): "DELETE /care/v1/box, nobody (unknown) made the database run",
    ("outside", "a route without a row"): 'add to OUTSIDE in tests/promises/matrix.py  Row("GET /care/v1/boxes"',
    ("inside", "a route that forgets its check"): "GET /desk/units, nobody (own) may not, and got 200",
    ("inside", "a route without a row"): 'add to INSIDE in tests/promises/matrix.py  Row("GET /board"',
}  # fmt: skip


@pytest.fixture(scope="module")
def tried(doors: Pair) -> list[Tried]:
    return list(cells(doors))


def test_every_route_has_a_row_and_every_row_a_route(doors: Pair) -> None:
    assert [line for half in HALVES for line in unlisted(half, doors.routes(half))] == []


def test_who_may_can_and_who_may_not_learns_nothing_by_answer_size_or_statement(doors: Pair, tried: list[Tried]) -> None:
    assert wrong(tried, doors.statements()) == []


def test_every_cell_was_tried(tried: list[Tried]) -> None:
    cells_there = {(one.half, one.row.route, one.role) for one in tried}
    assert cells_there == {(half, row.route, role) for half in HALVES for row in ROWS[half] for role in ROLES}
    assert any(one.may for one in tried)
    assert any(not one.may for one in tried)


def test_statements_were_heard(doors: Pair, tried: list[Tried]) -> None:
    """The control: a refusal that looks for a box, a session or a link does ask the database."""
    ran = doors.statements()
    for route in ("GET /care/v1/box/state", "GET /care/v1/peer/turns", "GET /tell/{token}", "GET /told/{form}"):
        assert all(ran[one.number] for one in tried if one.row.route == route and not one.may), route


def test_an_address_that_does_not_exist_answers_as_one_that_is_not_for_you(doors: Pair, tried: list[Tried]) -> None:
    for half, path in (("outside", "/care/v1/nothing"), ("inside", "/inside/v1/nothing"), ("inside", "/nothing")):
        unknown = doors.lines[half].get(path)
        told = {one.body for one in tried if one.half == half and one.row.no == "gone" and not one.may and one.body[:1] == b"{"}
        assert (unknown.status_code, {unknown.content}) == (404, told)


def test_every_refusal_of_the_care_half_has_one_size(tried: list[Tried]) -> None:
    """Its desk apart, which answers a browser with a page: always the same one, as the test above has it."""
    calls = [one for one in tried if one.half == "outside" and "/desk" not in one.row.path]
    assert {len(one.body) for one in calls if not one.may} == {256}


def test_the_printed_table_is_this_one() -> None:
    assert DOC.read_text("utf-8") == page(), "run: python -m tests.promises.matrix > docs/roles.md"


def test_every_row_says_what_the_others_get() -> None:
    for half in HALVES:
        for row in ROWS[half]:
            assert row.roles <= ROLES.keys(), f"{row.route}: a role that is not in ROLES"
            assert (row.may == "all") == (row.no == ""), f"{row.route}: say what the others get: one of {', '.join(NO)}"


def test_doors_left_ajar_are_found_and_named(tmp_path: Path, caught: Caught) -> None:
    planted = {("outside", leak) for leak in unguarded_outside.LEAKS} | {("inside", leak) for leak in unguarded_inside.LEAKS}
    assert planted == AJAR.keys()
    routes = ("POST /care/v1/box/spoken", "POST /care/v1/box/pass", "DELETE /care/v1/box", "GET /desk/units")
    with Pair(tmp_path, ajar=True) as pair:
        pair.meet()
        found = wrong(list(cells(pair, routes)), pair.statements())
        found += [line for half in HALVES for line in unlisted(half, pair.routes(half))]
    for (half, leak), words in AJAR.items():
        named = [line for line in found if words in line and line.startswith(half)]
        caught("P6", f"{half}: {leak}", next(iter(named), ""))
        assert named, f"{half}, {leak}: not among {found[:10]}"
