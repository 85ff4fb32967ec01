"""A file that several write at once is one of theirs, whole, and nothing else is left lying about."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from aftercall import whole

TEXTS = [bytes([65 + n]) * 200_000 for n in range(8)]


def test_who_writes_at_the_same_moment_leaves_one_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "gaps.json"

    def often(text: bytes) -> None:
        for _ in range(20):
            whole.write(path, text)

    with ThreadPoolExecutor(len(TEXTS)) as pool:
        list(pool.map(often, TEXTS))
    assert path.read_bytes() in TEXTS
    assert list(tmp_path.iterdir()) == [path]


def test_of_a_secret_that_several_make_the_first_stays(tmp_path: Path) -> None:
    path = tmp_path / "push.pem"
    whole.make(path, b"first")
    whole.make(path, b"second")
    assert path.read_bytes() == b"first"
    assert path.stat().st_mode & 0o777 == whole.OURS
    assert list(tmp_path.iterdir()) == [path]
