"""What a hospital installs: everything it needs, and nothing of the stage."""

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from aftercall.config import Inside, Outside, Wrong, example, read

ROOT = Path(__file__).parents[2]
STAGE = ("aftercall_stage", "SIGKILL", "failpoint", "StageClock", "handset", "before-commit.")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1795305600"}
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, env=environment)
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_the_wheel_holds_pages_words_rules_and_migrations(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    for name in (
        "aftercall/inside/pages/unit.html",
        "aftercall/phone/care.html",
        "aftercall/phone/vendor/hpke.mjs",
        "aftercall/inside/weights.toml",
        "aftercall/locale/sw/LC_MESSAGES/aftercall.po",
        "aftercall/inside/store/migrations/versions/0001_first.py",
        "aftercall/outside/store/migrations/env.py",
    ):
        assert name in names


def test_the_wheel_knows_no_stage_and_no_way_to_stop_or_move_time(wheel: zipfile.ZipFile) -> None:
    for name in wheel.namelist():
        text = wheel.read(name).decode("utf-8", "replace")
        for word in STAGE:
            assert word not in text, (name, word)
    settings = {name for kind in (Inside, Outside) for name in kind.__dataclass_fields__}
    assert not {name for name in settings if "clock" in name or "rand" in name or "seed" in name}


@pytest.mark.parametrize("kind", [Inside, Outside])
def test_the_example_file_names_every_setting_and_can_be_read(kind: type[Inside] | type[Outside], tmp_path: Path) -> None:
    text = example(kind)
    for name in kind.__dataclass_fields__:
        assert f"\n{name} = " in text or f"\n# {name} = " in text
    filled = tomllib.loads(text)
    (tmp_path / "x.toml").write_text(
        "\n".join(f"{k} = {v!r}" if v != [] else f"{k} = []" for k, v in filled.items()).replace("''", "'x'")
    )
    assert read(kind, tmp_path / "x.toml").data == tmp_path / "x"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "data is missing"),
        ('data = "x"\ncare_link = 5', "care_link should be text"),
        ('data = "x"\ncare_link = "x"\nport = "many"', "port should be a whole number"),
        ('data = "x"\ncare_link = "x"\nfrobnicate = 1', "no setting called frobnicate"),
        ("data = ", "Invalid value"),
    ],
)
def test_a_setting_that_can_not_be_used_says_which_and_what_to_write(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "inside.toml").write_text(text)
    with pytest.raises(Wrong, match=says):
        read(Inside, tmp_path / "inside.toml")


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inside.toml").write_text('data = "x"\ncare_link = "y"\nport = 1')
    monkeypatch.setenv("AFTERCALL_INSIDE_PORT", "2")
    monkeypatch.setenv("AFTERCALL_INSIDE_SMS_TOKEN", "a token of ours")
    settings = read(Inside, tmp_path / "inside.toml")
    assert settings.port == 2
    assert "a token of ours" not in repr(settings)
    assert settings.sms_token.open() == "a token of ours"


FOLLOWED = (
    "http://www.w3.org/2000/svg",
    "https://signal.me",
    "https://wa.me",
    "https://doi.org",
    "https://www.talkdebrief.org",
    "https://www.svhs.org.au",
    "https://thepause.me",
)
"""A name, and what opens only when somebody presses it; the policy of the page lets nothing else in (tests/browser)."""


def test_no_page_and_no_program_asks_anything_from_elsewhere() -> None:
    for path in (ROOT / "aftercall" / "phone").rglob("*"):
        if path.suffix in (".html", ".mjs", ".js", ".css") and "vendor" not in path.parts:
            text = path.read_text("utf-8")
            for address in FOLLOWED:
                text = text.replace(address, "")
            assert "://" not in text, path
