"""The watched folder: a whole file is heard once and is gone, a half one waits, a bad one is put aside with what to do."""

import asyncio
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from aftercall.inside.feeds.folder import Memory, look, watch
from aftercall.inside.road.notice import Unread

BAD = Unread("EMSDataSet", "not-xml", "line 3, column 1", "It is cut off. Send it again.")


@dataclass
class Ward:
    """Remembers what it heard; can refuse, or lose its database."""

    heard: list[tuple[str, bytes]] = field(default_factory=list)
    refuse: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    meanwhile: Callable[[], object] | None = None

    async def take(self, name: str, body: bytes) -> tuple[Unread, ...]:
        self.heard.append((name, body))
        if self.meanwhile:
            self.meanwhile()
        if name in self.broken:
            raise ConnectionError("the database is gone")
        return (BAD,) if name in self.refuse else ()


def looks(folder: Path, ward: Ward, *between: Callable[[], object], keep: bool = False) -> None:
    """One look, then for each thing that happens another one."""

    async def go() -> None:
        memory = Memory()
        await look(folder, ward.take, memory, keep=keep)
        for happens in between:
            happens()
            await look(folder, ward.take, memory, keep=keep)

    asyncio.run(go())


def nothing() -> None:
    """Time passes."""


def test_a_file_is_heard_when_it_stood_still_and_then_is_gone(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(b"<a/>")
    ward = Ward()
    looks(tmp_path, ward)
    assert ward.heard == []
    looks(tmp_path, ward, nothing, nothing)
    assert ward.heard == [("a.xml", b"<a/>")]
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_still_being_written_waits(tmp_path: Path) -> None:
    file, ward = tmp_path / "a.xml", Ward()
    file.write_bytes(b"<a")
    looks(tmp_path, ward, lambda: file.write_bytes(b"<a>"), lambda: file.write_bytes(b"<a></a>"))
    assert ward.heard == []
    looks(tmp_path, ward, nothing)
    assert ward.heard == [("a.xml", b"<a></a>")]


def test_half_files_hidden_files_folders_and_links_are_left_alone(tmp_path: Path) -> None:
    for name in ("a.xml.tmp", "b.PART", ".c.xml", "d.xml~"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "inner").mkdir()
    (tmp_path / "link.xml").symlink_to(tmp_path / "a.xml.tmp")
    ward = Ward()
    looks(tmp_path, ward, nothing)
    assert ward.heard == []
    assert len(list(tmp_path.iterdir())) == 6


def test_what_is_refused_waits_aside_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(b"<a")
    (tmp_path / "b.xml").write_bytes(b"<b/>")
    ward = Ward(refuse=("a.xml",))
    looks(tmp_path, ward, nothing, nothing, nothing)
    assert [name for name, _ in ward.heard] == ["a.xml", "b.xml"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["refused"]
    assert (tmp_path / "refused" / "a.xml").read_bytes() == b"<a"
    assert (tmp_path / "refused" / "a.xml.why.txt").read_text() == "not-xml\tline 3, column 1\tIt is cut off. Send it again.\n"
    assert (tmp_path / "refused").stat().st_mode & 0o077 == 0


def test_what_was_stored_can_be_kept(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(b"<a/>")
    looks(tmp_path, Ward(), nothing, keep=True)
    assert (tmp_path / "done" / "a.xml").read_bytes() == b"<a/>"


def test_a_database_that_is_gone_loses_no_file_and_stops_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "Mwangi.xml").write_bytes(b"<a/>")
    (tmp_path / "b.xml").write_bytes(b"<b/>")
    ward = Ward(broken=("Mwangi.xml",))
    with caplog.at_level(logging.WARNING):
        looks(tmp_path, ward, nothing)
    assert (tmp_path / "Mwangi.xml").exists()
    assert not (tmp_path / "b.xml").exists()
    assert "ConnectionError" in caplog.text
    assert "Mwangi" not in caplog.text  # a file's name may be a patient's
    ward.broken = ()
    looks(tmp_path, ward, nothing)
    assert list(tmp_path.iterdir()) == []


def test_a_crash_between_storing_and_deleting_only_means_to_hear_it_twice(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(b"<a/>")
    ward = Ward(broken=("a.xml",))  # stored, and then the process was killed
    looks(tmp_path, ward, nothing)
    ward.broken = ()
    looks(tmp_path, ward, nothing)
    assert ward.heard == [("a.xml", b"<a/>")] * 2
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_written_anew_while_it_is_heard_is_heard_again(tmp_path: Path) -> None:
    file = tmp_path / "a.xml"
    file.write_bytes(b"old")
    ward = Ward(meanwhile=lambda: file.write_bytes(b"newer"))
    looks(tmp_path, ward, nothing)
    assert file.read_bytes() == b"newer"
    ward.meanwhile = None
    looks(tmp_path, ward, nothing)
    assert ward.heard == [("a.xml", b"old"), ("a.xml", b"newer")]


def test_a_file_that_cant_be_put_away_is_heard_only_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "a.xml").write_bytes(b"<a/>")
    (tmp_path / "done").write_bytes(b"a file where the folder should be")
    ward = Ward()
    looks(tmp_path, ward, nothing, nothing, (tmp_path / "done").unlink, nothing, keep=True)
    assert [name for name, _ in ward.heard if name == "a.xml"] == ["a.xml"]
    assert "put away" in caplog.text
    assert (tmp_path / "done" / "a.xml").exists()


def test_too_large_a_file_is_put_aside_unread(tmp_path: Path) -> None:
    with (tmp_path / "a.xml").open("wb") as file:
        file.truncate(32 * 1024 * 1024 + 1)
    ward = Ward()
    looks(tmp_path, ward, nothing)
    assert ward.heard == []
    assert (tmp_path / "refused" / "a.xml.why.txt").read_text().startswith("too-large\t")


def test_older_files_are_heard_first(tmp_path: Path) -> None:
    for name, at in (("a.xml", 300), ("b.xml", 100), ("c.xml", 200)):
        (tmp_path / name).write_bytes(b"x")
        os.utime(tmp_path / name, (at, at))
    ward = Ward()
    looks(tmp_path, ward, nothing)
    assert [name for name, _ in ward.heard] == ["b.xml", "c.xml", "a.xml"]


def test_a_folder_that_goes_and_comes_back_is_heard_again(tmp_path: Path) -> None:
    folder, ward, steps = tmp_path / "in", Ward(), 0

    async def pause() -> None:
        nonlocal steps
        steps += 1
        if steps == 2:
            folder.mkdir()
            (folder / "a.xml").write_bytes(b"<a/>")
        if steps == 5:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(watch(folder, ward.take, pause))
    assert ward.heard == [("a.xml", b"<a/>")]
