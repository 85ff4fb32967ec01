"""The command line: start a half, send a file to it, make the programme's keys."""

import argparse
import asyncio
import getpass
import json
import logging
import os
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from aftercall import apart
from aftercall.capacity import Load, positive, share
from aftercall.capacity import table as how_many
from aftercall.config import Inside, Outside, Wrong, example, read
from aftercall.inside import run as inside
from aftercall.inside.feeds.lists import staff_in, units_in
from aftercall.inside.feeds.replay import replay
from aftercall.inside.joinkeys import BadKey
from aftercall.inside.rehearsal import rehearse, table
from aftercall.locale import LANGUAGES
from aftercall.outside import backup, codes, keys, planning, shares
from aftercall.outside import poster as wall
from aftercall.outside import run as outside
from aftercall.outside.road.seal import Forged
from aftercall.places import NoPlace, pack
from aftercall.retention import policy
from aftercall.rota.rows import BadList
from aftercall.send.push import public, push_key
from aftercall.send.ways import PUSH_KEY
from aftercall.sql import Refused, Taken
from aftercall.words import SteadyClock, print_of

ONLY = "on PostgreSQL: do this part of the work and leave the others to other workers; may be given twice"
PASSPHRASE = "AFTERCALL_ROOT_PASSPHRASE"  # noqa: S105 - the name of the variable, not its value
REFUSALS = (
    Wrong, Taken, Refused, BadList, BadKey, keys.NoKey, shares.NoShare, backup.BadBackup, NoPlace, Forged,
)  # fmt: skip
"""What a command may answer with: each says what is wrong and what to do."""


def main() -> None:
    """Exit code 0: done. 1: it could not be done, and the last line says why and what to do. 2: the command was not understood."""
    logging.basicConfig(format="%(levelname)s %(name)s %(message)s", level=logging.WARNING)
    given = _parser().parse_args()
    try:
        given.do(given)
    except (*REFUSALS, ValueError, OSError) as problem:
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
    save = verbs.add_parser("backup", help="the care half's peers and settings in one file, and nothing else")
    save.add_argument("--config", type=Path, required=True, metavar="FILE", help="the care half's settings")
    save.add_argument("--out", type=Path, required=True, metavar="FILE")
    save.set_defaults(do=_backup)
    back = verbs.add_parser("restore", help="lay a backup into an empty folder")
    back.add_argument("backup", type=Path, metavar="BACKUP")
    back.add_argument("--into", type=Path, required=True, metavar="FOLDER")
    back.set_defaults(do=_restore)
    retain = verbs.add_parser("policy", help="print the retention policy to sign: what each half keeps, and how long")
    retain.add_argument("half", choices=("inside", "outside"))
    retain.add_argument("--config", type=Path, required=True, metavar="FILE")
    retain.add_argument(
        "--place", default="", metavar="PLACE", help="whose law: kenya, us-az, ... (the care half's settings say it)"
    )
    retain.set_defaults(do=_policy)
    poster = verbs.add_parser("poster", help="make the poster in each language: SVG, and a page that prints as PDF")
    poster.add_argument("--config", type=Path, required=True, metavar="FILE", help="the care half's settings")
    poster.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    poster.add_argument("words", nargs="+", help="the four words of the staff code; the settings hold only what can't be read back")
    poster.set_defaults(do=_poster)
    _keys(verbs.add_parser("keys", help="make the offline root, the steward and the staff code; certify peers"))
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


def _keys(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(required=True, metavar="WHAT")
    root = verbs.add_parser("root", help="make the root, on a stick that stays offline")
    root.add_argument("--out", type=Path, required=True, metavar="FILE")
    root.add_argument("--shares", type=int, default=0, metavar="N", help="no passphrase: N holders, any two of whom open it")
    root.set_defaults(do=_root)
    dates = verbs.add_parser("dates", help="the keys and certificates that end soon, as the running care half last saw them")
    dates.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="the care half's data folder")
    dates.set_defaults(do=lambda given: print(planning.ending(given.data)))
    steward = verbs.add_parser("steward", help="make the key that signs the directory on the server")
    steward.add_argument("--root", type=Path, required=True, metavar="FILE")
    steward.add_argument("--programme", required=True)
    steward.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="the care half's data folder")
    steward.set_defaults(do=_steward)
    certify = verbs.add_parser("certify", help="certify a peer from the request their phone wrote")
    certify.add_argument("request", type=Path)
    certify.add_argument("--root", type=Path, required=True, metavar="FILE")
    certify.add_argument("--programme", required=True)
    certify.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="the care half's data folder")
    certify.add_argument("--allied", default="", metavar="NAME", help="the programme they belong to, when it is not this one")
    certify.set_defaults(do=_certify)
    code = verbs.add_parser("code", help="make the four words of the staff code, and the line for the settings")
    code.add_argument("words", nargs="*", help="your own words instead of new ones")
    code.set_defaults(do=_code)
    push = verbs.add_parser("push", help="make the care half's own key for web push (else made at its first start)")
    push.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="the care half's data folder")
    push.set_defaults(do=_push)


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


def _opening(root: Path) -> str:
    """What opens this root: two shares, each typed by its holder, or a passphrase."""
    if not root.exists() or not root.read_bytes().startswith(shares.HEAD):
        return _passphrase()
    known = os.environ.get(PASSPHRASE, "").split()
    return shares.join(known or [getpass.getpass(f"Share of the {who} holder: ") for who in ("first", "second")])


def _passphrase(again: bool = False) -> str:
    """From the environment, else asked for at the terminal; never from the command line, where others can read it."""
    phrase = os.environ.get(PASSPHRASE) or getpass.getpass("Passphrase of the root: ")
    if again and PASSPHRASE not in os.environ and getpass.getpass("Once more: ") != phrase:
        raise keys.NoKey("the two passphrases differ; nothing was made")
    return phrase


def _root(given: argparse.Namespace) -> None:
    if given.shares:
        phrase, parts = shares.split(given.shares)
        words = keys.new_root(given.out, phrase, shares.HEAD)
        for part in parts:
            print(f"Share {part}\nIts holder writes it on paper, and nobody else looks.")
            if sys.stdin.isatty():
                input("Press Enter to clear the screen for the next holder. ")
                print("\033[2J\033[3J\033[H", end="")
    else:
        words = keys.new_root(given.out, _passphrase(again=True))
    print(f"The root is in {given.out}. Its six words, for the poster and the peers' badges:\n{words}")


def _steward(given: argparse.Namespace) -> None:
    root = keys.read_root(given.root, _opening(given.root))
    print(f"{keys.new_steward(root, given.programme, given.data, _today())} is made; it is good for a year.")


def _certify(given: argparse.Namespace) -> None:
    root = keys.read_root(given.root, _opening(given.root))
    entry = keys.admit(root, given.programme, given.request, given.data / "peers", _today(), given.allied)
    print(f"{entry.known().get('name')} ({entry.pid}) is certified until {entry.cert_after}.")
    print("The server takes it in within ten seconds.")


def _backup(given: argparse.Namespace) -> None:
    settings = read(Outside, given.config)
    backup.private(given.out, backup.made(given.config, settings.data))
    print(f"{given.out} holds the peers' public entries and the settings, passwords in them too: keep it as you keep those.")


def _restore(given: argparse.Namespace) -> None:
    names = backup.restored(given.backup.read_text("utf-8"), given.into, lambda config: read(Outside, config).data)
    print(f"{len(names)} peers are back: {', '.join(names)}. Now, in this order:")
    print("1. `aftercall keys steward`, with the root: no key is in a backup.  2. The TLS certificate, if the settings name one.")
    print("3. The rota, into the data folder.  4. `aftercall outside`. Until peers set their roads anew they get texts.")


def _policy(given: argparse.Namespace) -> None:
    if given.half == "inside":
        programme, place = read(Inside, given.config).org, given.place
    else:
        settings = read(Outside, given.config)
        programme, place = settings.legal_name or settings.name, given.place or settings.place
    law = pack(place) if place else None
    texts = (law.name["en"], law.retention["en"], law.counsel) if law else ("", "", "Have counsel read this.")
    print(policy(given.half, programme, *texts))


def _poster(given: argparse.Namespace) -> None:
    settings, words = read(Outside, given.config), codes.plain(" ".join(given.words))
    if not settings.address:
        raise Wrong("address: set it to the address people open, as https://care.example.org; the poster needs it")
    if not asyncio.run(codes.Codes(settings.codes).right(words)):
        raise Wrong("these are not the four words of `codes` in the settings")
    given.out.mkdir(parents=True, exist_ok=True)
    root = print_of(keys.read_steward(settings.data).root)
    for language in LANGUAGES:
        svg = wall.poster(settings, words, root, language)
        (given.out / f"poster-{language}.svg").write_text(svg, "utf-8")
        (given.out / f"poster-{language}.html").write_text(wall.printed(svg, language), "utf-8")
    print(f"{2 * len(LANGUAGES)} files are in {given.out}. Try the square with a phone before you print a hundred.")


def _code(given: argparse.Namespace) -> None:
    words = codes.plain(" ".join(given.words)) or codes.new_code()
    print(f'The four words, for the poster and the link (after #): {words}\nFor the settings: codes = ["{codes.sealed(words)}"]')


def _push(given: argparse.Namespace) -> None:
    print(f"The push key for the pages: {public(push_key(given.data / PUSH_KEY))}")


def _today() -> date:
    return datetime.now(UTC).date()
