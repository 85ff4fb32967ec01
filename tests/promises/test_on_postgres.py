"""P1, P2, P4 and P9 where each half stands on a PostgreSQL of its own: in its tables' files, its log, and its output."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.conftest import Postgres
from tests.promises.checks import told_by_size, unlinked, unreadable
from tests.promises.recorded import Night
from tests.promises.scan import Needles, column, pieces
from tests.promises.script import play


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    servers = {half: Postgres(tmp_path_factory.mktemp(half)) for half in ("inside", "outside")}
    try:
        yield asyncio.run(play(tmp_path_factory.mktemp("night"), servers=servers))
    finally:
        for server in servers.values():
            server.close()


def test_a_search_finds_what_stands_in_the_servers_files(night: Night) -> None:
    """The control: sealed copies, which may stand in the log, and staff, who may stand in the hospital's tables."""
    needles = Needles()
    needles.add("a copy", [one for ct in column(night.dbs("outside")[0], "page_copy", "ct") for one in pieces(ct)])
    needles.add("staff", [("the row", str(name).encode()) for name in column(night.dbs("inside")[0], "staff", "name")])
    found = [str(one) for half in ("outside", "inside") for one in needles.look_in(night.shot("ended", half) / "postgres")]
    assert any("a copy" in one and "pg_wal" in one for one in found)
    assert any("staff" in one and "base" in one for one in found)


def test_nothing_anybody_wrote_and_no_address_stands_in_them(night: Night) -> None:
    assert unreadable(night) == []


def test_no_value_of_one_half_stands_in_the_other(night: Night) -> None:
    assert unlinked(night) == []


def test_sizes_tell_nothing(night: Night) -> None:
    assert told_by_size(night) == []
