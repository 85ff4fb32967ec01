"""P1, P2, P4 and P9 where each half stands on a PostgreSQL of its own: in its tables' files, its log, and its output."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.conftest import HALVES, Postgres
from tests.promises.checks import addresses_kept, hospital_not_gone, told_by_size, unlinked, unreadable
from tests.promises.recorded import Night
from tests.promises.scan import Needles, column, pieces
from tests.promises.script import play
from tests.promises.twins import Caught


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, Postgres]]:
    with ExitStack() as open_now:
        folders = {half: open_now.enter_context(TemporaryDirectory()) for half in HALVES}  # pytest's own are for this user alone
        made = {half: Postgres(Path(folder)) for half, folder in folders.items()}
        for server in made.values():
            open_now.callback(server.close)
        yield made


@pytest.fixture(scope="module")
def night(servers: dict[str, Postgres], tmp_path_factory: pytest.TempPathFactory) -> Night:
    return asyncio.run(play(tmp_path_factory.mktemp("night"), servers=servers))


def test_a_search_finds_what_stands_in_the_servers_files(night: Night) -> None:
    """The control: sealed copies, which may stand in the log, and staff, who may stand in the hospital's tables."""
    needles = Needles()
    needles.add("a copy", [one for ct in column(night.dbs("outside")[0], "page_copy", "ct") for one in pieces(ct)])
    needles.add("staff", [("the row", str(name).encode()) for name in column(night.dbs("inside")[0], "staff", "name")])
    found = [str(one) for half in ("outside", "inside") for one in needles.look_in(night.shot("ended", half) / "postgres")]
    assert any("a copy" in one and "pg_wal" in one for one in found)
    assert any("staff" in one and "base" in one for one in found)


def test_nothing_anybody_wrote_and_no_address_stands_in_them(night: Night) -> None:
    assert unreadable(night) + addresses_kept(night) == []


def test_no_value_of_one_half_stands_in_the_other(night: Night, servers: dict[str, Postgres]) -> None:
    """But for words that stand in the catalogue of any PostgreSQL, as "confirmed" does in the name of a column of its own."""
    template1 = b"".join(path.read_bytes() for path in (servers["inside"].data / "base" / "1").iterdir())
    found = unlinked(night)
    ours = [one for one in found if not any(word.encode() in template1 for word in re.findall(r"'([^']+)' \(as it is\)", one))]
    assert ours == []
    assert all("/postgres/" in one for one in found)


def test_sizes_tell_nothing(night: Night) -> None:
    assert told_by_size(night) == []


LEAKS = {
    "outside": "every body stands in the log; a table of addresses and browsers; a cut hash of each staff phone",
    "inside": "what can't be read is kept to be looked at; attendance is archived",
}
CAUGHT = {  # promise -> which check, and what must stand in one line of what it found
    "P1": (unreadable, ("message is broken: family name", "inside/postgres/base")),
    "P2": (unlinked, ("staff.phone", "sha256 in hex", "outside/postgres/base")),
    "P7": (hospital_not_gone, ("attendance of EMP-1002", "inside/data/event.db")),  # its rows, told as SQLite
    "P9": (addresses_kept, ("caller 7's forwarded address", "outside/postgres/base")),
}


@pytest.fixture(scope="module")
def leaky(night: Night, servers: dict[str, Postgres], tmp_path_factory: pytest.TempPathFactory) -> Night:
    """After the plain night, for these are the same servers: what leaks stands in their logs from now on."""
    assert night.folder
    return asyncio.run(play(tmp_path_factory.mktemp("leaky"), LEAKS, crash=False, servers=servers))


@pytest.mark.parametrize("promise", CAUGHT)
def test_a_planted_leak_is_caught_and_named_on_postgresql_too(promise: str, leaky: Night, caught: Caught) -> None:
    check, names = CAUGHT[promise]
    named = [line for line in check(leaky) if all(name in line for name in names)]
    caught(promise, f"PostgreSQL: {names[0]}", next(iter(named), ""))
    assert named
