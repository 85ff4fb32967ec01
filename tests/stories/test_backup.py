"""What a backup of the care half carries, what it must not, and how a machine comes back. And the policy, as the code has it."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from aftercall_stage.phones import Peer

from aftercall import retention
from aftercall.inside.store.tables import tables as inside_tables
from aftercall.outside import backup, keys
from aftercall.outside.store.tables import tables as outside_tables
from aftercall.send.push import push_key
from aftercall.send.ways import PUSH_KEY
from tests.commands import aftercall
from tests.promises.scan import Needles, shapes
from tests.world import START, Night

CONFIG = """data = "care"
programme = "kisumu"
name = "Kisumu peers"
run_by = "the county alliance"
duty_tel = "+254700000099"
place = "kenya"
codes = ["scrypt:AAAA:BBBB"]
lines = [{name = "Somebody to call", tel = "1199"}]
"""
OURS = ("peer", "directory", "alembic_version")  # what is in a backup, and what says nothing


def busy(night: Night) -> Peer:
    """An evening with an open ask, a talk, a letter that waits, roads, counts, keys."""
    grace = night.peer("Grace")
    night.peer("Peter")
    push_key(night.outside_settings.data / PUSH_KEY)
    road = "INSERT INTO reach VALUES ('kisumu', 'x', 'sms', '+254722000001', 0, true)"
    night.run(night.outside_store.do(lambda conn: conn.exec_driver_sql(road)))
    first, second = night.asker(), night.asker()
    night.run(first.ask(wish=grace.pid, tel="+254711222333"))
    night.run(second.ask())
    night.tick()
    page = next(p for p in night.run(grace.pages()) if p.box == first.held().box)
    night.run(grace.take(page.box))
    night.run(grace.write(page.box, "I have time."))
    (night.folder / "outside.toml").write_text(CONFIG)
    return grace


def everything_else(night: Night) -> Needles:
    """Every value of every other row, and every key."""
    needles = Needles()
    for table in outside_tables.tables:
        if table not in OURS:
            for row in night.rows("outside", table)[table]:
                for value in row:
                    raw = value if isinstance(value, bytes) else str(value).encode()
                    if len(raw) >= 12 and not any(raw == peer.pid.encode() for peer in night.peers.values()):
                        needles.add(f"{table} {raw[:8]!r}", shapes(raw))
    data = night.outside_settings.data
    for name in ("steward.json", PUSH_KEY):
        for line in (data / name).read_text().replace("\\n", "\n").splitlines():
            if len(line) > 60:
                needles.add(name, shapes(line[:60].encode()))
    return needles


def saved(night: Night, folder: Path) -> Path:
    folder.mkdir()
    text = backup.made(night.folder / "outside.toml", night.outside_settings.data)
    (folder / "backup.json").write_text(text, "utf-8")
    return folder


def test_a_backup_holds_peers_and_settings_and_of_all_else_nothing(night: Night, tmp_path: Path) -> None:
    grace = busy(night)
    needles = everything_else(night)
    assert night.outside_settings.url or len(needles.look_in(night.outside_settings.data)) > 5  # the control: there they stand
    folder = saved(night, tmp_path / "backup")
    assert [str(found) for found in needles.look_in(folder)] == []
    text = (folder / "backup.json").read_text()
    assert grace.pid in text
    assert "the county alliance" in text


def test_a_backup_that_takes_the_folder_along_is_caught(evening: Night, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    busy(evening)
    real = backup.made

    def made(config: Path, data: Path) -> str:
        kept = json.loads(real(config, data))
        return json.dumps(kept | {"rest": {path.name: path.read_bytes().hex() for path in data.glob("*.json")}})

    monkeypatch.setattr(backup, "made", made)
    needles = everything_else(evening)
    assert any("steward.json" in str(found) for found in needles.look_in(saved(evening, tmp_path / "backup")))


def test_an_empty_machine_comes_back_with_its_peers_and_their_newest_keys(evening: Night, tmp_path: Path) -> None:
    grace = busy(evening)
    evening.clock.move(days=28)
    evening.run(grace.login())
    evening.run(grace.renew_key())
    evening.tick()
    path = saved(evening, tmp_path / "backup") / "backup.json"
    said = aftercall("restore", str(path), "--into", "new", cwd=tmp_path)
    assert "2 peers are back" in said
    data = tmp_path / "new" / "care"
    assert json.loads((data / "peers" / f"{grace.pid}.json").read_text())["kem_after"] == grace.sealing[-1].after
    assert (tmp_path / "new" / "outside.toml").stat().st_mode & 0o077 == 0
    with pytest.raises(keys.NoKey, match="keys steward"):
        keys.read_steward(data)
    keys.new_steward(evening.root, "kisumu", data, START.date())
    evening.stop()
    evening.outside_settings = replace(evening.outside_settings, data=data)
    evening.start()
    people = evening.run(evening.asker().read_directory())
    assert grace.pid in people
    again = aftercall("restore", str(path), "--into", "new", cwd=tmp_path, fails=True)
    assert "is not empty" in again


@pytest.mark.parametrize("text", ["", "{}", '{"v": 2}', '{"v": 1, "settings": "", "peers": [{}]}', "[]"])
def test_what_is_no_backup_restores_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "b.json").write_text(text)
    assert "backup" in aftercall("restore", "b.json", "--into", "new", cwd=tmp_path, fails=True)
    assert not (tmp_path / "new").exists()


# the policy ----------------------------------------------------------------------------------------------------------------


def test_every_table_stands_in_the_policy_once_and_no_other() -> None:
    for rows, tables in ((retention.INSIDE, inside_tables), (retention.OUTSIDE, outside_tables)):
        assert sorted(name for row in rows for name in row.tables) == sorted(tables.tables)


def test_the_policy_is_printed_for_the_place(evening: Night) -> None:
    (evening.folder / "outside.toml").write_text(CONFIG)
    said = aftercall("policy", "outside", "--config", "outside.toml", cwd=evening.folder)
    assert "at most 7 days idle" in said
    assert "ODPC" in said
    assert "Have counsel read this" in said
    inside = retention.policy("inside", "the hospital", "", "", "")
    for time in ("72 hours", "13 weeks", "30 days", "48 hours", "7, 30, 90 days"):
        assert time in inside


def test_the_policy_cannot_say_other_than_the_code_does() -> None:
    """The one table is changed as a programmer would change it: code and policy follow together."""
    source = Path(retention.__file__).read_text("utf-8")
    hours = "NOTICE = timedelta(hours={})"
    for was, now in (("BOX = 7", "BOX = 3"), (hours.format(72), hours.format(71)), ("(7, 30, 90)", "(8, 31, 91)")):
        assert source.count(was) == 1
        source = source.replace(was, now)
    program = f"""
import sys, types
module = types.ModuleType("aftercall.retention")
import aftercall
sys.modules["aftercall.retention"] = aftercall.retention = module
exec(compile({source!r}, "retention.py", "exec"), module.__dict__)
from aftercall.inside.road import stay
from aftercall.inside.store import notices
from aftercall.outside.road import box
print(box.IDLE_DAYS, notices.KEPT, stay.DAYS)
print(module.policy("outside", "p", "", "", ""), module.policy("inside", "p", "", "", ""))
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said.startswith("3 2 days, 23:00:00 (8, 31, 91)")
    for time in ("at most 3 days", "71 hours", "8, 31, 91 days"):
        assert time in said
