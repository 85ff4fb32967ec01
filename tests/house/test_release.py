"""A release is the same bytes whoever builds it, and a server that hands out one other byte is found out."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aftercall_stage.troupe import free_ports
from cryptography.hazmat.primitives.asymmetric import ec

from aftercall import release
from aftercall.outside import keys
from aftercall.outside.road.seal import point
from aftercall.verify import differences
from aftercall.words import print_of
from tests.children import until_open
from tests.commands import aftercall
from tests.stories.test_without_the_stage import settings
from tests.world import PHRASE, SEALED

ROOT = Path(__file__).parents[2]


def tree(folder: Path) -> Path:
    """The sources as somebody else has them: another place, other times, other rights."""
    for name in ("aftercall", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"), copy_function=shutil.copyfile)
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, folder / name)
    return folder


def built(folder: Path, **environment: str) -> bytes:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist")]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, env={**os.environ, **environment})
    return next((folder / "dist").glob("*.whl")).read_bytes()


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    here, there = tree(tmp_path_factory.mktemp("here")), tree(tmp_path_factory.mktemp("there") / "deep" / "er")
    for path in there.rglob("*"):
        os.utime(path, (1, 1))
        path.chmod(0o700 if path.is_dir() else 0o600)
    return built(here, TZ="UTC", PYTHONHASHSEED="1"), built(there, TZ="Africa/Nairobi", PYTHONHASHSEED="2", LANG="sw_KE.UTF-8")


def test_two_who_build_it_get_the_same_bytes(wheels: tuple[bytes, bytes]) -> None:
    one, other = wheels
    assert one == other
    assert release.bundle(release.files_in(one)) == release.bundle(release.files_in(other))
    assert b"PeerCare" in release.bundle(release.files_in(one))


def test_a_manifest_is_believed_only_from_the_key_that_was_named(wheels: tuple[bytes, bytes], tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    text, _ = release.released("0.1.0", "a.whl", wheels[0], key)
    words = print_of(point(key.public_key()))
    manifest = release.read(text, words.replace("-", " "))
    release.own(manifest)  # the program that runs here is what was built
    with pytest.raises(release.NoRelease, match="not by the key you named"):
        release.read(text, "other-words")
    changed = json.loads(text)
    changed["body"] = changed["body"].replace("0.1.0", "0.1.1")
    with pytest.raises(release.NoRelease, match="the manifest does not hold"):
        release.read(json.dumps(changed), words)
    with pytest.raises(release.NoRelease, match="no manifest"):
        release.read("{}", words)
    with pytest.raises(release.NoRelease, match="here is not that of release"):
        release.own(manifest, tmp_path)


@contextmanager
def served(folder: Path, code: Path = ROOT) -> Iterator[str]:
    """A care half from this code, as a process of its own."""
    port = free_ports(1)[0]
    keys.new_steward(ec.generate_private_key(ec.SECP256R1()), "kisumu", folder / "data", datetime.now(UTC).date())
    settings(
        folder, "outside", data="data", programme="kisumu", name="Kisumu's <peers>", run_by="the county alliance", codes=[SEALED],
        duty_tel="+254700000099", port=port, place="us-az", care_number="+254700000088", inbound_token="long and secret",
    )  # fmt: skip
    with (folder / "outside.toml").open("a") as more:
        more.write('lines = [{name = "A line & more", tel = "1199", hours = "day and night"}]\n')
    command = [sys.executable, "-m", "aftercall", "outside", "--config", "outside.toml"]
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen(command, cwd=folder, env={**os.environ, "PYTHONPATH": str(code)}, stdout=log, stderr=log)
    try:
        until_open(port, child, 120)  # code that was just copied is compiled first
        yield f"http://127.0.0.1:{port}"
    finally:
        child.terminate()
        child.wait(20)


def test_a_true_server_is_found_true_at_the_command_line(wheels: tuple[bytes, bytes], tmp_path: Path) -> None:
    (tmp_path / "aftercall-0.1.0-py3-none-any.whl").write_bytes(wheels[0])
    with served(tmp_path) as url:
        words = keys.new_root(tmp_path / "release.pem", PHRASE)
        aftercall("release", "aftercall-0.1.0-py3-none-any.whl", "--key", "release.pem", "--out", "out", cwd=tmp_path)
        said = aftercall("verify", url, "--manifest", "out/aftercall-0.1.0.json", "--signer", words, cwd=tmp_path)
        assert "is that of release 0.1.0" in said
        assert "Duty phone: +254700000099" in said
    with pytest.raises(release.NoRelease, match="does not say what it is"):
        differences(url)


CHANGES = {  # one byte each
    "aftercall/phone/seal.mjs": (b"AES-GCM", b"AES-GCN"),
    "aftercall/phone/care.html": (b'name="chan" value="call"', b'name="chan" value="cal1"'),
    "aftercall/outside/doors/cover.py": (b"form-action 'none'", b"form-action 'self'"),
    "aftercall/outside/papers/honest.html": (b"<ol class", b"<ul class"),
}


def test_a_server_with_one_byte_changed_is_found_out_and_each_change_is_named(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    code = tree(tmp_path / "code")
    for name, (was, now) in CHANGES.items():
        text = (code / name).read_bytes()
        assert was in text
        (code / name).write_bytes(text.replace(was, now, 1))
    (tmp_path / "run").mkdir()
    with served(tmp_path / "run", code) as url:
        _, found = differences(url)
    for named in ("/phone/seal.mjs: other bytes", "/ (sw): other bytes", "/honest (fr): other bytes", "Content-Security-Policy"):
        caught = next((line for line in found if named in line), "")
        record_property("caught", ("P14", f"one byte changed, seen at {named.partition(':')[0]}", caught))
        assert caught, (named, found)
    assert not any(line.startswith("/phone/talk.mjs: other bytes") for line in found)
