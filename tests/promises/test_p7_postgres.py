"""P7 on PostgreSQL: of a letter that was read no piece is left in any file, log included; of an ask's copies none in the tables'.

What is said truly: the copies of an ask are logged, so that an accepted ask outlives a crash (DECISIONS 2). They stand in the
write-ahead log until it is used again.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from aftercall.outside.store import days
from tests.conftest import Postgres
from tests.promises.twins import Caught
from tests.world import Night

PIECE = 24  # bytes of a sealed thing that are looked for; sealed bytes are like none other
WORDS = ("He was nineteen.", "w" * 900, "x" * 3900)  # one of each size


@pytest.fixture
def night(tmp_path: Path, postgres: Postgres) -> Iterator[Night]:
    this = Night(tmp_path, "", postgres("outside"))
    yield this
    this.close()


def found(postgres: Postgres, where: str, sealed: list[bytes]) -> int:
    """How many of these have left a piece in the files of that folder, everything having been written out."""
    with TemporaryDirectory() as folder:
        postgres.copy("outside", Path(folder))
        blobs = [path.read_bytes() for path in (Path(folder) / where).rglob("*") if path.is_file()]
    pieces = [[one[at : at + PIECE] for at in range(16, len(one) - PIECE, 200)] for one in sealed]
    return sum(any(piece in blob for blob in blobs for piece in some) for some in pieces)


def column(night: Night, table: str, name: str) -> list[bytes]:
    found = night.run(night.outside_store.do(lambda conn: conn.exec_driver_sql(f"SELECT {name} FROM {table}").scalars().all()))
    return [bytes(one) for one in found if one is not None]


def test_of_what_has_gone_no_piece_is_left_where_it_may_not_be(night: Night, postgres: Postgres) -> None:
    night.all_peers()
    grace, phone = night.peers["Grace"], night.asker()
    night.run(phone.ask(everyone=True, name="Amina", tel="+254700000002"))
    copies, contact = column(night, "page_copy", "ct"), column(night, "box", "contact")
    (page,) = night.run(grace.pages())
    assert night.run(grace.take(page.box))
    night.run(grace.write(page.box, "I'm here."))
    night.run(phone.read())
    for text in WORDS:
        night.run(phone.write(text))
    letters = column(night, "msg", "ct")
    assert sorted(map(len, letters))[-3:] == [288, 1056, 4128]
    assert found(postgres, "base", letters) == len(letters)  # the control: a search finds what is there
    assert found(postgres, "pg_wal", copies) == len(copies)
    assert found(postgres, "pg_wal", letters) == 0

    assert night.run(grace.read(page.box)) == list(WORDS)
    night.run(grace.read(page.box))
    night.run(phone.close())
    assert days.sweep(night.outside_store.engine, days.LETTERS)
    assert found(postgres, "base", letters) == 0
    assert found(postgres, "pg_wal", letters) == 0
    assert found(postgres, "base", copies) == len(copies)  # deleted, and still in their file
    assert days.sweep(night.outside_store.engine, days.LOGGED)
    assert found(postgres, "base", copies + contact) == 0


def test_a_day_goes_whole(night: Night, postgres: Postgres) -> None:
    night.all_peers()
    night.run(night.asker().ask(everyone=True, name="Amina"))
    copies = column(night, "page_copy", "ct")
    night.pass_time(days=8)
    assert night.rows("outside", "box", "page_copy", "ring") == {"box": [], "page_copy": [], "ring": []}
    assert found(postgres, "base", copies) == 0  # nobody swept: the file itself has gone


def test_a_half_that_never_writes_its_files_anew_is_caught(
    night: Night, postgres: Postgres, monkeypatch: pytest.MonkeyPatch, caught: Caught
) -> None:
    """The database's own habit: what was deleted stays where it was."""
    monkeypatch.setattr(days, "sweep", lambda *_: True)
    grace, phone = night.peer("Grace"), night.asker()
    night.run(phone.ask())
    (page,) = night.run(grace.pages())
    night.run(grace.take(page.box))
    night.run(grace.write(page.box, "I'm here."))
    letters = column(night, "msg", "ct")
    night.run(phone.close())
    assert days.sweep(night.outside_store.engine, days.LETTERS)
    left = found(postgres, "base", letters)
    caught("P7", "PostgreSQL: files are never written anew", f"{left} of {len(letters)} letters lie in base/" * bool(left))
    assert left == 1


def test_a_letter_is_swept_by_whoever_saw_it_go(night: Night, postgres: Postgres) -> None:
    """The worker's own round, with nothing pressed by the test."""
    grace, phone = night.peer("Grace"), night.asker()
    night.run(phone.ask())
    (page,) = night.run(grace.pages())
    night.run(grace.take(page.box))
    night.run(grace.write(page.box, "I'm here."))
    letters, company = column(night, "msg", "ct"), night.outside.half.company
    assert found(postgres, "base", letters) == 1
    night.run(phone.read())
    night.run(phone.read())
    assert company.unswept

    async def round_and_round() -> None:
        cleaning = asyncio.create_task(company.keep_clean(every=0.05))
        await asyncio.sleep(1.5)  # more rounds than it takes for both kinds of files
        cleaning.cancel()

    night.run(round_and_round())
    assert found(postgres, "base", letters) == 0
