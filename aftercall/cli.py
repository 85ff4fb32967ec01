"""The command line: start a half, try a file on it, plan its duties; the coordinator's verbs are in office.py."""

import argparse
import asyncio
import json
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from aftercall import apart, office
from aftercall.capacity import Load, positive, share
from aftercall.capacity import table as how_many
from aftercall.config import Inside, Outside, Wrong, example, read
from aftercall.inside import run as inside
from aftercall.inside.feeds.lists import staff_in, units_in
from aftercall.inside.feeds.replay import replay
from aftercall.inside.joinkeys import BadKey
from aftercall.inside.rehearsal import rehearse, table
from aftercall.outside import planning
from aftercall.outside import run as outside
from aftercall.rota.rows import BadList
from aftercall.sql import Refused, Taken
from aftercall.words import SteadyClock

ONLY = "on PostgreSQL: do this part of the work and leave the others to other workers; may be given twice"


def main() -> None:
    """Exit code 0: done. 1: it could not be done, and the last line says why and what to do. 2: the command was not understood."""
    logging.basicConfig(format="%(levelname)s %(name)s %(message)s", level=logging.WARNING)
    given = _parser().parse_args()
    try:
        given.do(given)
    except (Wrong, Taken, Refused, BadList, BadKey, *office.REFUSALS, ValueError, OSError) as problem:
        sys.exit(f"aftercall: {problem}")
    except KeyboardInterrupt:
        sys.exit(130)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="aftercall", description="When a patient dies, nobody on the care team should carry it alone."
    )
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    for name, kind, run, what in (
        ("inside", Inside, inside, "run the hospital's half"),
        ("outside", Outside, outside, "run the care half"),
    ):
        half = verbs.add_parser(name, help=what, description=kind.__doc__)
        half.add_argument("--config", type=Path, metavar="FILE", help="settings (TOML); the environment wins over it")
        half.add_argument(
            "--example", action="store_true", help="print a settings file with every setting, its meaning and default"
        )
        half.add_argument("--only", action="append", choices=run.PARTS, metavar="PART", help=f"{ONLY}: {', '.join(run.PARTS)}")
        half.set_defaults(do=_inside if kind is Inside else _outside)
    again = verbs.add_parser("replay", help="send HL7 files over MLLP and print the answers")
    again.add_argument("files", nargs="+", type=Path, metavar="FILE")
    again.add_argument("--to", required=True, metavar="HOST:PORT")
    again.set_defaults(do=_replay)
    dry = verbs.add_parser("hear", help="say what we would make of these files; nothing is kept, nobody is written to")
    dry.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files and folders of any feed")
    dry.add_argument("--json", action="store_true", help="one JSON line a message")
    dry.add_argument("--stream", action="store_true", help="all messages in order as one stream; the losses stand at the end")
    dry.add_argument("--config", type=Path, metavar="FILE", help="the hospital's settings: its zone, lists and site map")
    dry.add_argument("--xsd", type=Path, metavar="FOLDER", help="NEMSIS schema: also say what in an ambulance file doesn't fit it")
    dry.add_argument("--now", metavar="TIME", help="hear it as if it were then, as 2026-11-22T22:47+03:00")
    dry.set_defaults(do=_hear)
    own = verbs.add_parser("prints", help="print what the other half needs to know that it shares no account with this one")
    own.add_argument("half", choices=("inside", "outside"))
    own.add_argument("--config", type=Path, required=True, metavar="FILE")
    own.set_defaults(do=_prints)
    both = verbs.add_parser("apart", help="do the two halves share an account, password, number, key or address?")
    both.add_argument("inside", type=Path, metavar="INSIDE.toml")
    both.add_argument("outside", type=Path, metavar="OUTSIDE.toml")
    both.set_defaults(do=_apart)
    _duty(verbs.add_parser("duty", help="the hours of the next 14 days at which fewer than two peers are on duty"))
    _capacity(verbs.add_parser("capacity", help="how many peers a programme needs"))
    office.add(verbs)
    return parser


def _duty(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="the care half's settings; the environment wins over it")
    parser.add_argument("--gaps", action="store_true", required=True, help="print them in the site's zone")
    parser.set_defaults(do=_gaps)


def _capacity(parser: argparse.ArgumentParser) -> None:
    usual = Load(1, 6, 0.1)
    parser.add_argument("--deaths", type=positive, required=True, metavar="N", help="a day")
    parser.add_argument("--team", type=positive, required=True, metavar="N", help="people at each")
    parser.add_argument("--accept", type=share, required=True, metavar="PART", help="of them who say yes, as 10%%")
    parser.add_argument("--contacts", type=positive, default=usual.contacts, metavar="N", help="for each yes (%(default)g)")
    parser.add_argument("--minutes", type=positive, default=usual.minutes, metavar="N", help="of each contact (%(default)g)")
    parser.add_argument("--hours", type=positive, default=usual.hours, metavar="N", help="a month of each peer (%(default)g)")
    parser.set_defaults(do=lambda given: print(how_many(_load(given))))


def _load(given: argparse.Namespace) -> Load:
    return Load(given.deaths, given.team, given.accept, given.contacts, given.minutes, given.hours)


def _inside(given: argparse.Namespace) -> None:
    if given.example:
        print(example(Inside))
    else:
        inside.main(read(Inside, given.config), given.only or inside.PARTS)


def _outside(given: argparse.Namespace) -> None:
    if given.example:
        print(example(Outside))
    else:
        outside.main(read(Outside, given.config), given.only or outside.PARTS)


def _replay(given: argparse.Namespace) -> None:
    host, _, port = given.to.rpartition(":")
    if not host or not port.isdigit():
        raise Wrong(f"--to {given.to}: write it as 127.0.0.1:2575")
    asyncio.run(replay(given.files, host, int(port), print))


def _hear(given: argparse.Namespace) -> None:
    settings = read(Inside, given.config) if given.config else Inside(data=Path("var"), care_link="")
    staff = staff_in(settings.staff) if given.config else []
    units = units_in(settings.units) if given.config else []
    xsd = given.xsd or (Path(settings.xsd) if settings.xsd else None)
    now = datetime.fromisoformat(given.now).astimezone(UTC) if given.now else datetime.now(UTC)
    for line in rehearse(given.paths, settings, staff, units, given.stream, now, xsd):
        print(json.dumps(line, ensure_ascii=False) if given.json else table(line))


def _prints(given: argparse.Namespace) -> None:
    found = apart.prints(read(Inside if given.half == "inside" else Outside, given.config))
    print(f"For the settings of the other half: theirs = {json.dumps(found)}")


def _apart(given: argparse.Namespace) -> None:
    if same := apart.shared(read(Inside, given.inside), read(Outside, given.outside)):
        names = ", ".join(f"{ours} and {theirs}" for ours, theirs in same)
        raise Wrong(f"the two halves have in common: {names}. Each needs its own")
    print("They share no account, password, number, key or address.")


def _gaps(given: argparse.Namespace) -> None:
    settings = read(Outside, given.config)
    found, problem = outside.gaps(settings, SteadyClock())
    if problem:
        print(f"The rota stays as it was: {problem}", file=sys.stderr)
    if found:
        print(planning.table(found, ZoneInfo(settings.zone)))
    else:
        print("At least two peers at every hour of the next 14 days.")
