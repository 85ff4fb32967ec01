"""The command line: start a half, try a file on it, plan its duties; the coordinator's verbs are in office.py."""

import argparse
import asyncio
import json
import logging
import os
import sys
from datetime import UTC, date, datetime
from io import TextIOWrapper
from pathlib import Path
from zoneinfo import ZoneInfo

import segno

from aftercall import apart, office, trying
from aftercall.capacity import Load, positive, share
from aftercall.capacity import table as how_many
from aftercall.config import Inside, Outside, Settings, Wrong, example, read
from aftercall.inside import run as inside
from aftercall.inside.feeds.lists import staff_in, units_in
from aftercall.inside.feeds.replay import replay
from aftercall.inside.joinkeys import BadKey
from aftercall.inside.rehearsal import rehearse, table
from aftercall.inside.watch import examine as examine_inside
from aftercall.outside import confirmed, keys, planning
from aftercall.outside import run as outside
from aftercall.outside.watch import examine as examine_outside
from aftercall.rota.rows import BadList
from aftercall.setup import first
from aftercall.setup.asking import told
from aftercall.sql import Refused, Taken
from aftercall.watch import hatch
from aftercall.watch.findings import BROKEN, Finding, as_json, exit_code
from aftercall.watch.findings import table as findings_table
from aftercall.words import Moment, SteadyClock

ONLY = "on PostgreSQL: do this part of the work and leave the others to other workers; may be given twice"


def main() -> None:
    """Exit code 0: done. 1: it could not be done, and the last line says why and what to do. 2: the command was not understood."""
    logging.basicConfig(format="%(levelname)s %(name)s %(message)s", level=logging.WARNING)
    given = _parser().parse_args()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a file's name, or a terminal, in letters of long ago
    try:
        given.do(given)
        sys.stdout.flush()
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except (Wrong, Taken, Refused, BadList, BadKey, *office.REFUSALS, *trying.REFUSALS, ValueError, OSError) as problem:
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
        half.add_argument("--first-coordinator", metavar="NAME", help="print a link with which NAME makes a passkey, once")
        half.add_argument("--setup", action="store_true", help="ask a few questions, write the settings file, and say what is next")
        half.add_argument("--answers", type=Path, metavar="FILE", help="--setup, and nobody is asked (TOML; - for standard input)")
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
    dry.add_argument("--now", metavar="TIME", type=_moment, help="hear it as if it were then, as 2026-11-22T22:47+03:00")
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
    _doctor(verbs.add_parser("doctor", help="is a half well? 0: yes, 1: somebody should look, 2: something is broken"))
    _capacity(verbs.add_parser("capacity", help="how many peers a programme needs"))
    office.add(verbs)
    trying.add(verbs)
    return parser


def _duty(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="the care half's settings; the environment wins over it")
    parser.add_argument("--gaps", action="store_true", required=True, help="print them in the site's zone")
    parser.set_defaults(do=_gaps)


def _doctor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("half", choices=("inside", "outside"))
    parser.add_argument("--config", type=Path, metavar="FILE", help="its settings; the environment wins over them")
    parser.add_argument("--json", action="store_true", help="for a program to read")
    parser.add_argument(
        "--dialled", metavar="NUMBER", help="outside: somebody has dialled this number today and heard whom the page promises"
    )
    parser.add_argument("--volume", metavar="NAME", help="outside: this person has looked today where the data folder lies")
    parser.set_defaults(do=_examine)


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
    elif given.first_coordinator is not None:
        _let_in(read(Inside, given.config), "inside", given.first_coordinator)
    elif given.setup or given.answers:
        first.set_up(first.INSIDE, given.config, told(given.answers) if given.answers else None, print)
    else:
        inside.main(read(Inside, given.config), given.only or inside.PARTS)


def _let_in(s: Settings, half: str, name: str) -> None:
    """The running half is asked; whoever can open its socket could read its rows as well."""
    try:
        told = hatch.pressed(s.data, "/coordinator", {"name": name})
    except hatch.Silent as which:
        raise Wrong(f"this half does not answer at {which}: is the name empty? Else end it and start it again") from None
    if told is None:
        raise Wrong(f"no process of this half runs on this machine; start it, and ask again: aftercall {half} --config FILE")
    print(f"{name} opens this once, within half an hour, and makes a passkey there:\n{told['link']}")
    if sys.stdout.isatty():
        segno.make(told["link"], error="l", micro=False).terminal(compact=True)


def _outside(given: argparse.Namespace) -> None:
    if given.example:
        print(example(Outside))
    elif given.first_coordinator is not None:
        _let_in(read(Outside, given.config), "outside", given.first_coordinator)
    elif given.setup or given.answers:
        first.set_up(first.OUTSIDE, given.config, told(given.answers) if given.answers else None, print)
    else:
        outside.main(read(Outside, given.config), given.only or outside.PARTS)


def _replay(given: argparse.Namespace) -> None:
    host, _, port = given.to.rpartition(":")
    if not host or not port.isdigit():
        raise Wrong(f"--to {given.to}: write it as 127.0.0.1:2575")
    asyncio.run(replay(given.files, host, int(port), print))


def _moment(text: str) -> Moment:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError("write it as 2026-11-22T22:47+03:00") from None


def _hear(given: argparse.Namespace) -> None:
    settings = read(Inside, given.config) if given.config else Inside(data=Path("var"), care_link="")
    staff = staff_in(settings.staff) if given.config else []
    units = units_in(settings.units) if given.config else []
    xsd = given.xsd or (Path(settings.xsd) if settings.xsd else None)
    now, heard = given.now or datetime.now(UTC), 0
    for line in rehearse(given.paths, settings, staff, units, given.stream, now, xsd):
        heard += 1
        print(json.dumps(line) if given.json else table(line))
    if not heard:
        raise Wrong(f"there is no file in {' or '.join(map(str, given.paths))}")


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


def _examine(given: argparse.Namespace) -> None:
    """Exit code 0: well. 1: somebody should look. 2: something is broken, also settings with which the half would not start."""
    now = datetime.now(UTC)
    _confirm(given, now.date())
    log = logging.getLogger("aftercall")
    before = log.level
    log.setLevel(logging.ERROR)  # what a start would warn of stands in the lines below
    try:
        found = _examined(given, now)
    except (Wrong, keys.NoKey, ValueError) as problem:
        found = [Finding("settings", BROKEN, str(problem), "The half would not start with these.")]
    finally:
        log.setLevel(before)
    print(as_json(given.half, found) if given.json else findings_table(given.half, found))
    sys.exit(exit_code(found))


def _confirm(given: argparse.Namespace, today: date) -> None:
    """What a human did. Raises Wrong."""
    if not (given.dialled or given.volume):
        return
    if given.half == "inside":
        raise Wrong("--dialled and --volume are for the care half: aftercall doctor outside")
    care = read(Outside, given.config)
    if given.dialled:
        print(f"Written down: {confirmed.dial(care, given.dialled, today)}, dialled today.", file=sys.stderr)
    if given.volume:
        confirmed.stand_for(care, given.volume, today)
        print(f"Written down: {given.volume.strip()} has looked today where {care.data} lies.", file=sys.stderr)


def _examined(given: argparse.Namespace, now: datetime) -> list[Finding]:
    if given.half == "inside":
        hospital = read(Inside, given.config)
        inside.check_settings(hospital)
        return examine_inside(hospital, now)
    care = read(Outside, given.config)
    outside.check_settings(care)
    return examine_outside(care, now)
