"""The same without the stage: the commands a hospital types, two processes, two folders, and a peer certified face to face."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from aftercall_stage.phones import Asker, Peer, Refused
from aftercall_stage.provider import Provider
from aftercall_stage.troupe import free_ports

from tests.world import STAFF, UNITS, adt

GRACE = {"name": "Grace", "profession": "nurse", "unit": "ICU", "languages": ["en"], "tel": "+254700000010"}
PHRASE = {"AFTERCALL_ROOT_PASSPHRASE": "a lamp on the water at night"}


def aftercall(*words: str, cwd: Path, fails: bool = False) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "aftercall", *words],
        cwd=cwd,
        env={**os.environ, **PHRASE},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode == 1) is fails, done.stderr
    return done.stdout + done.stderr


@contextlib.contextmanager
def running(half: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / f"{half}.log").open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "aftercall", half, "--config", f"{half}.toml"], cwd=folder, stdout=log, stderr=log
        )
        try:
            yield child
        finally:
            child.terminate()
            child.wait(20)


def until_open(port: int, child: subprocess.Popen[bytes], patience: float = 30) -> None:
    end = time.monotonic() + patience
    while time.monotonic() < end and child.poll() is None:
        with contextlib.suppress(httpx.HTTPError):
            httpx.get(f"http://127.0.0.1:{port}/", trust_env=False)
            return
        time.sleep(0.1)
    raise AssertionError("it did not open its door")


def settings(folder: Path, half: str, **given: object) -> None:
    (folder / f"{half}.toml").write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in given.items()))


def test_from_an_empty_folder_to_a_talk(tmp_path: Path) -> None:
    assert len(aftercall("keys", "root", "--out", "root.pem", cwd=tmp_path).strip().splitlines()[-1].split("-")) == 6
    aftercall("keys", "steward", "--root", "root.pem", "--programme", "kisumu", "--data", "care", cwd=tmp_path)
    printed = aftercall("keys", "code", "amber", "river", "lamp", "wind", cwd=tmp_path)
    codes = [printed.split('"')[1]]
    asyncio.run(_night(tmp_path, codes))


async def _night(folder: Path, codes: list[str]) -> None:
    web, mllp, care = free_ports(3)
    now = datetime.now(UTC)
    for name, text in (("staff", STAFF), ("units", UNITS), ("rota", "unit,staff,begins,ends\n")):
        (folder / f"{name}.csv").write_text(text)
    (folder / "death.hl7").write_bytes(adt(now))
    async with Provider("inside-token", folder / "a.log") as hospital, Provider("outside-token", folder / "b.log") as union:
        link = f"http://127.0.0.1:{care}/#amber-river-lamp-wind"
        settings(
            folder, "inside", data="hospital", care_link=link, settle=0, port=web, mllp_port=mllp,
            sms_url=hospital.url, sms_token="inside-token", zone="Africa/Nairobi",
        )  # fmt: skip
        settings(
            folder, "outside", data="care", programme="kisumu", name="Kisumu", run_by="us", port=care, duty_tel="+254700000099",
            sms_url=union.url, sms_token="outside-token", codes=codes, lines=[],
        )  # fmt: skip
        with running("inside", folder) as inside, running("outside", folder) as outside:
            await asyncio.to_thread(until_open, web, inside)
            await asyncio.to_thread(until_open, care, outside)
            assert "holds this database" in await asyncio.to_thread(
                aftercall, "outside", "--config", "outside.toml", cwd=folder, fails=True
            )
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{care}", trust_env=False) as client:
                grace = Peer(
                    client,
                    {"name": "Grace", "profession": "nurse", "unit": "ICU", "languages": ["en"], "tel": "+254700000010"},
                    "kisumu",
                )
                (folder / "request.json").write_text(json.dumps(grace.request()))
                said = await asyncio.to_thread(
                    aftercall,
                    "keys",
                    "certify",
                    "request.json",
                    "--root",
                    "root.pem",
                    "--programme",
                    "kisumu",
                    "--data",
                    "care",
                    cwd=folder,
                )
                assert "Grace" in said
                await _signed_in(grace)
                await grace.duty(datetime.now(UTC) + timedelta(hours=8))

                acks = await asyncio.to_thread(aftercall, "replay", "death.hl7", "--to", f"127.0.0.1:{mllp}", cwd=folder)
                assert acks.split("\t")[3] == "AA"
                async with hospital.taken:
                    await asyncio.wait_for(hospital.taken.wait_for(lambda: hospital.handset("+254700000002").texts), 20)
                note = hospital.handset("+254700000002")
                assert note.link == link

                amina = Asker(client, note.code, lambda: datetime.now(UTC))
                assert await amina.ask() == 1
                async with union.taken:
                    await asyncio.wait_for(union.taken.wait_for(lambda: union.handset("+254700000010").texts), 20)
                (page,) = await grace.pages()
                assert await grace.take(page.box)
                await grace.write(page.box, "I'm here.")
                await amina.look()
                assert await amina.read() == ["I'm here."]
                await amina.close()


async def _signed_in(peer: Peer) -> None:
    """The server looks for new files every ten seconds."""
    for _ in range(60):
        try:
            return await peer.login()
        except Refused:  # not certified yet, as far as the server knows
            await asyncio.sleep(0.25)
    raise AssertionError("the server did not take the certified peer in")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("inside", "--config", "nowhere.toml"), "isn't there"),
        (("replay", "nowhere.hl7", "--to", "x"), "127.0.0.1:2575"),
        (("keys", "steward", "--root", "nowhere.pem", "--programme", "p", "--data", "d"), "isn't there"),
    ],
)
def test_a_command_that_can_not_be_done_says_why_in_one_line(tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    said = aftercall(*words, cwd=tmp_path, fails=True).strip()
    assert says in said
    assert "\n" not in said


def test_the_root_is_never_written_over_and_opens_with_its_passphrase_alone(tmp_path: Path) -> None:
    aftercall("keys", "root", "--out", "root.pem", cwd=tmp_path)
    before = (tmp_path / "root.pem").read_bytes()
    assert "never written over" in aftercall("keys", "root", "--out", "root.pem", cwd=tmp_path, fails=True)
    assert (tmp_path / "root.pem").read_bytes() == before
    assert (tmp_path / "root.pem").stat().st_mode & 0o777 == 0o600
    PHRASE["AFTERCALL_ROOT_PASSPHRASE"], right = "another phrase altogether", PHRASE["AFTERCALL_ROOT_PASSPHRASE"]
    try:
        assert "does not open" in aftercall(
            "keys", "steward", "--root", "root.pem", "--programme", "p", "--data", "d", cwd=tmp_path, fails=True
        )
    finally:
        PHRASE["AFTERCALL_ROOT_PASSPHRASE"] = right


def test_a_line_without_a_number_is_named_before_anybody_needs_it(tmp_path: Path) -> None:
    settings(
        tmp_path, "outside", data="care", programme="p", name="P", run_by="us", duty_tel="1", codes=["x"], lines=[{"name": "x"}]
    )
    (tmp_path / "outside.toml").write_text((tmp_path / "outside.toml").read_text().replace('{"name": "x"}', '{name = "x"}'))
    assert "lines: write each as" in aftercall("outside", "--config", "outside.toml", cwd=tmp_path, fails=True)
