"""What a coordinator does at the command line: keys, the poster, backup, policy; and what a stranger does: verify."""

import argparse
import asyncio
import getpass
import os
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import segno

from aftercall import release as releases
from aftercall.config import Inside, Outside, Wrong, read
from aftercall.locale import LANGUAGES
from aftercall.outside import backup, codes, keys, planning, shares
from aftercall.outside import poster as wall
from aftercall.outside import run as outside
from aftercall.outside.road.seal import Forged
from aftercall.places import NoPlace, pack
from aftercall.retention import policy
from aftercall.send.push import public, push_key
from aftercall.send.ways import PUSH_KEY
from aftercall.verify import differences
from aftercall.watch import hatch
from aftercall.words import SteadyClock, print_of

PASSPHRASE = "AFTERCALL_ROOT_PASSPHRASE"  # noqa: S105 - the name of the variable, not its value
REFUSALS = (keys.NoKey, shares.NoShare, backup.BadBackup, releases.NoRelease, NoPlace, Forged)
"""What these may answer with: each says what is wrong and what to do."""

Verbs = Any  # argparse has no public name for it


def add(verbs: Verbs) -> None:
    """Teach the command line these verbs."""
    save = verbs.add_parser("backup", help="the care half's peers and settings in one file, and nothing else")
    save.add_argument("--config", type=Path, required=True, metavar="FILE", help="the care half's settings")
    save.add_argument("--out", type=Path, required=True, metavar="FILE")
    save.set_defaults(do=_backup)
    back = verbs.add_parser("restore", help="lay a backup into an empty folder")
    back.add_argument("backup", type=Path, metavar="BACKUP")
    back.add_argument("--into", type=Path, required=True, metavar="FOLDER")
    back.set_defaults(do=_restore)
    done = verbs.add_parser(
        "acts", help="what was done to the care half's keys, peers, rota and settings, and whether that list is whole"
    )
    done.add_argument("--config", type=Path, required=True, metavar="FILE", help="the care half's settings")
    done.set_defaults(do=_acts)
    retain = verbs.add_parser("policy", help="print the retention policy to sign: what each half keeps, and how long")
    retain.add_argument("half", choices=("inside", "outside"))
    retain.add_argument("--config", type=Path, required=True, metavar="FILE")
    retain.add_argument(
        "--place", default="", metavar="PLACE", help="whose law: kenya, us-az, ... (the care half's settings say it)"
    )
    retain.set_defaults(do=_policy)
    compare = verbs.add_parser("verify", help="is what a care half hands out what was released?")
    compare.add_argument("url", metavar="URL")
    compare.add_argument("--manifest", type=Path, required=True, metavar="FILE", help="of the release")
    compare.add_argument("--signer", required=True, metavar="WORDS", help="the six words of the key that signs releases")
    compare.set_defaults(do=_verify)
    release = verbs.add_parser("release", help="sign the list of what a wheel holds, for `verify`; and pack the phone's files")
    release.add_argument("wheel", type=Path)
    release.add_argument("--key", type=Path, required=True, metavar="FILE", help="made as a root is: `aftercall keys root`")
    release.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    release.set_defaults(do=_release)
    poster = verbs.add_parser("poster", help="make the poster in each language: SVG, and a page that prints as PDF")
    poster.add_argument("--config", type=Path, required=True, metavar="FILE", help="the care half's settings")
    poster.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    poster.add_argument("words", nargs="+", help="the four words of the staff code; the settings hold only what can't be read back")
    poster.set_defaults(do=_poster)
    _keys(verbs.add_parser("keys", help="make the offline root, the steward and the staff code; certify peers"))


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
    certify.add_argument(
        "--professional", action="store_true", help="the named professional: rung with everyone, and in the last wave"
    )
    certify.set_defaults(do=_certify)
    code = verbs.add_parser("code", help="make the four words of the staff code, and the line for the settings")
    code.add_argument("words", nargs="*", help="your own words instead of new ones")
    code.add_argument("--config", type=Path, metavar="FILE", help="the care half's settings, which the next words join")
    code.set_defaults(do=_code)
    invite = verbs.add_parser("invite", help="show a peer's phone where to enrol: a square to scan, here or on a page")
    invite.add_argument("--config", type=Path, required=True, metavar="FILE", help="the care half's settings")
    invite.add_argument("--out", type=Path, metavar="FILE.svg", help="write the square here instead")
    invite.set_defaults(do=_invite)
    push = verbs.add_parser("push", help="make the care half's own key for web push (else made at its first start)")
    push.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="the care half's data folder")
    push.set_defaults(do=_push)


def _opening(root: Path) -> str:
    """What opens this root: two shares, each typed by its holder, or a passphrase."""
    if not root.exists() or not root.read_bytes().startswith(shares.HEAD):
        return _passphrase()
    known = os.environ.get(PASSPHRASE, "").split()
    return shares.join(known or [getpass.getpass(f"Share of the {who} holder: ") for who in ("first", "second")])


def _passphrase(again: bool = False) -> str:
    """From the environment, else asked for at the terminal; never from the command line, where others can read it."""
    asked = "A new passphrase for the root, 12 letters or more: " if again else "Passphrase of the root: "
    phrase = os.environ.get(PASSPHRASE) or getpass.getpass(asked)
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
    print(f"Six words: {keys.words_of(given.request)}")
    if sys.stdin.isatty() and input("Does the peer's phone show the same six? Type yes: ").strip().lower() != "yes":
        raise keys.NoKey("then it is not the request of this phone; ask the peer to save it again. Nothing was certified")
    root = keys.read_root(given.root, _opening(given.root))
    entry = keys.admit(
        root, given.programme, given.request, given.data / "peers", _today(), allied=given.allied, professional=given.professional
    )
    print(f"{entry.known().get('name')} ({entry.pid}) is certified until {entry.cert_after}.")
    print("Their phone can sign in now; within ten seconds it stands on the list that phones choose from.")


def _backup(given: argparse.Namespace) -> None:
    settings = read(Outside, given.config)
    backup.private(given.out, backup.made(given.config, settings.data))
    if settings.url or (settings.data / "care.db").exists():  # before the first start there is no list of acts
        _note(settings, "backup")
    print(f"{given.out} holds the peers' public entries and the settings, passwords in them too: keep it as you keep those.")


def _note(settings: Outside, what: str) -> None:
    """A backup is wanted most where something else is broken, so that it can't be written down must not keep it back."""
    try:
        outside.note(settings, SteadyClock(), what)
    except Exception as problem:
        print(f"It could not be written into the list of acts: {type(problem).__name__} {problem}", file=sys.stderr)


def _acts(given: argparse.Namespace) -> None:
    settings = read(Outside, given.config)
    try:
        print(outside.acts_told(settings, SteadyClock()))
    except hatch.Silent as which:
        raise Wrong(f"this half holds {which} open and does not answer: end it, start it again, and ask again") from None


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


def _verify(given: argparse.Namespace) -> None:
    manifest = releases.read(given.manifest.read_text("utf-8"), given.signer)
    releases.own(manifest)
    told, found = differences(given.url)
    print(told)
    if found:
        raise releases.NoRelease("\n  ".join([f"this is NOT release {manifest.version}:", *found]))
    print(f"Every page in every language, every file and every header is that of release {manifest.version}.")
    print("This finds a change made for everyone, at this moment; it can't find one made for one person alone.")


def _release(given: argparse.Namespace) -> None:
    key = keys.read_root(given.key, _opening(given.key))
    version = given.wheel.name.split("-")[1]
    manifest, phone = releases.released(version, given.wheel.name, given.wheel.read_bytes(), key)
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / f"aftercall-{version}.json").write_text(manifest, "utf-8")
    (given.out / f"aftercall-phone-{version}.zip").write_bytes(phone)
    print(f"The manifest and the phone's bundle of {version} are in {given.out}.")


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
    words, today = codes.plain(" ".join(given.words)) or codes.new_code(), _today()
    before = read(Outside, given.config) if given.config else None
    kept = [*(before.codes[-1:] if before else []), codes.sealed(words, today.isoformat())]
    line = "codes = [" + ", ".join(f'"{one}"' for one in kept) + "]"
    print(f"The four words, for the poster and the link (after #): {words}\nFor the settings: {line}")
    if before is None:
        return
    address = before.address.rstrip("/") or "https://YOUR-HOST"
    print("Now, in this order:")
    print("1. That line into the settings in the place of the old one, and start the care half again. From then on both are good.")
    print(f"2. Give the hospital the new link for its setting care_link: {address}/#{words}")
    put_up = f"aftercall poster --config {given.config} --out wall {words.replace('-', ' ')}"
    print(f"3. New posters: {put_up}")
    print(f"The words on the walls now stay good until the change after this one; make that by {today + codes.QUARTER}.")


def _invite(given: argparse.Namespace) -> None:
    settings = read(Outside, given.config)
    if not settings.address:
        raise Wrong("address: set it to the address people open, as https://care.example.org; the square needs it")
    where = f"{settings.address.rstrip('/')}/peer"
    square = segno.make(where, error="m")
    if given.out:
        square.save(str(given.out), kind="svg", scale=8)
    else:
        square.terminal(compact=True)
    print(f"{where}: let the peer's phone open it, face to face. It then shows a request, and six words to compare.")


def _push(given: argparse.Namespace) -> None:
    print(f"The push key for the pages: {public(push_key(given.data / PUSH_KEY))}")


def _today() -> date:
    return datetime.now(UTC).date()
