"""The peers' rota as the coordinator keeps it, in the folder `rota`: spreadsheets and calendars, read whole or not at all.

A spreadsheet has the columns peer,begins,ends. A calendar is one peer's where the file has their name; else each event says whose
it is, in X-AFTERCALL-PEER or in SUMMARY. A peer is named by the number, or by the name on the card where no other has it.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from icalendar import Component

from aftercall.outside.road.directory import Entry
from aftercall.outside.road.duty import AHEAD, LONGEST, Turn
from aftercall.rota.calendar import Happening, in_calendar, lines, parts
from aftercall.rota.rows import BadList, rows, time_in
from aftercall.words import Moment

COLUMNS = ("peer", "begins", "ends")
BESIDE = (".", "~")  # what an office program leaves beside the file that it has open


class Names:
    """The peers by what a rota may call them."""

    def __init__(self, peers: Iterable[Entry]) -> None:
        called = [(e.pid, str(e.known().get("name", "")).strip().casefold()) for e in peers]
        times = Counter(name for _, name in called)
        self._pids = {name: pid for pid, name in called if name and times[name] == 1} | {pid: pid for pid, _ in called}

    def find(self, text: str) -> str | None:
        return self._pids.get(text.strip().casefold())


def rota_files(folder: Path) -> list[Path]:
    """In their order; none where the folder isn't there."""
    if not folder.is_dir():
        return []
    return sorted(file for file in folder.iterdir() if file.is_file() and not file.name.startswith(BESIDE))


def turns_in(folder: Path, zone: ZoneInfo, peers: Iterable[Entry], now: Moment) -> list[Turn]:
    """All that isn't over; of what repeats, the next fourteen days. Raises BadList: file, row and column, and what to write."""
    names = Names(peers)
    turns: dict[tuple[str, Moment], Turn] = {}
    for file in rota_files(folder):
        for turn in _in_one(file, zone, names, now):
            same = turns.get((turn.pid, turn.begins))
            if turn.ends > now and (same is None or turn.ends > same.ends):
                turns[turn.pid, turn.begins] = turn
    return list(turns.values())


def _in_one(path: Path, zone: ZoneInfo, names: Names, now: Moment) -> list[Turn]:
    ending = path.suffix.lower()
    if ending == ".csv":
        return _in_rows(path, zone, names)
    if ending == ".ics":
        return _in_events(path, zone, names, now)
    raise BadList(f"{path}: a rota ends in .csv or .ics; save it as one of these, or take it out of the folder")


def _in_rows(path: Path, zone: ZoneInfo, names: Names) -> list[Turn]:
    turns = []
    for number, row in rows(path, COLUMNS):
        where = f"{path}: row {number}, column"
        pid = names.find(row["peer"])
        if pid is None:
            raise BadList(f"{where} peer: nobody of that name, or several; write the number that the file in peers has")
        begins, ends = (time_in(row[name], zone, f"{where} {name}") for name in ("begins", "ends"))
        if ends <= begins:
            raise BadList(f"{where} ends: {row['ends']} is not after {row['begins']}; a night ends on the next day")
        turns.append(_short(Turn(pid, begins, ends), f"{where} ends"))
    return turns


def _in_events(path: Path, zone: ZoneInfo, names: Names, now: Moment) -> list[Turn]:
    owner = names.find(path.stem)

    def whose(event: Component) -> list[str]:
        return [owner] if owner else _named(event, names)

    seen = in_calendar(path, zone, now - timedelta(days=1), now + AHEAD + timedelta(days=1), lambda event: bool(whose(event)))
    if not seen.happening and seen.passed_over:
        raise BadList(
            f"{path}: not one of {seen.passed_over} events names a peer; call the file as the peer, or write who in SUMMARY"
        )
    return [turn for one in seen.happening for turn in _turns(one, whose(one.event), path)]


def _named(event: Component, names: Names) -> list[str]:
    """Each once. Our own line wins over what stands in the summary."""
    said = lines(event, "X-AFTERCALL-PEER") or lines(event, "SUMMARY")
    return list(dict.fromkeys(pid for line in said for part in parts(line) if (pid := names.find(part))))


def _turns(one: Happening, pids: list[str], path: Path) -> list[Turn]:
    where = f"{path}: the event of {one.begins:%Y-%m-%d %H:%M} UTC, DTEND"
    return [_short(Turn(pid, one.begins, one.ends), where) for pid in pids if one.ends > one.begins]


def _short(turn: Turn, where: str) -> Turn:
    if turn.ends - turn.begins > LONGEST:
        hours = LONGEST // timedelta(hours=1)
        raise BadList(f"{where}: more than {hours} hours after it begins; nobody is rung day and night: write one for each duty")
    return turn
