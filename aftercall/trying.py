"""Trying what was set up: a text that says it is a test, a loss that never was, and what the feeds have just said."""

import argparse
import asyncio
import secrets
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aftercall import whole
from aftercall.config import Inside, Outside, Wrong, read
from aftercall.inside.feeds.lists import staff_in
from aftercall.inside.feeds.pretended import Unnamed, message
from aftercall.inside.feeds.replay import said
from aftercall.inside.feeds.sender import send
from aftercall.inside.road.crew import Person
from aftercall.inside.watch import FEED
from aftercall.locale import marked as _
from aftercall.locale import speak
from aftercall.send import Later, Never, Roads
from aftercall.send.ways import care_ways_of, ways_of
from aftercall.watch import hatch
from aftercall.watch.findings import Finding
from aftercall.words import Message, StaffId

TEST = _("This is a test of our messages. Nothing has happened, and you need do nothing.")
SUBJECT = _("A test")
FRESH = 5.0  # seconds between two looks
PATIENCE = 30.0  # for our own listener to answer

REFUSALS = (Unnamed, hatch.Silent)

Verbs = Any  # argparse has no public name for it


def add(verbs: Verbs) -> None:
    """Teach the command line these verbs."""
    gateway = verbs.add_parser("gateway-test", help="send one message that says it is a test, and say what the provider answers")
    gateway.add_argument("half", choices=("inside", "outside"))
    _settings(gateway)
    gateway.add_argument("--sms", metavar="NUMBER")
    gateway.add_argument("--call", metavar="NUMBER", help="outside: ring it, and say the sentence")
    gateway.add_argument("--mail", metavar="ADDRESS")
    gateway.set_defaults(do=_gateway)
    loss = verbs.add_parser("pretend", help="a loss that never was, for one colleague who knows of it")
    loss.add_argument("staff", metavar="STAFF", help="as in the column staff of the list, or AUTHORITY:NUMBER")
    _settings(loss)
    loss.add_argument("--back", action="store_true", help="take it back: what was still to come is not sent")
    loss.add_argument("--out", type=Path, metavar="FILE", help="write the message there, to be sent by your own engine")
    loss.set_defaults(do=_pretend)
    ears = verbs.add_parser("heard", help="what each feed said in the last minute: kinds and counts, and never of whom")
    _settings(ears)
    ears.add_argument("--follow", action="store_true", help="go on looking, every five seconds, until Ctrl-C")
    ears.set_defaults(do=_heard)


def _settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="this half's settings")


# does a message leave? -----------------------------------------------------------------------------------------------------


def _gateway(given: argparse.Namespace) -> None:
    s = read(Inside, given.config) if given.half == "inside" else read(Outside, given.config)
    roads = care_ways_of(s) if isinstance(s, Outside) else ways_of(s)
    say = speak(s.duty_language if isinstance(s, Outside) else s.coordinator_language)
    wanted = [(road, to) for road, to in (("sms", given.sms), ("voice", given.call), ("mail", given.mail)) if to]
    if not wanted:
        raise Wrong(
            "gateway-test: say to whom: --sms NUMBER, --mail ADDRESS" + (", --call NUMBER" if given.half == "outside" else "")
        )
    if missing := [road for road, _to in wanted if road not in roads]:
        raise Wrong(f"gateway-test: no provider for {missing[0]} is set up; docs/running.md, Providers, lists the settings")
    messages = [Message(road, to, say(TEST), secrets.token_hex(16), say(SUBJECT)) for road, to in wanted]
    if failed := asyncio.run(_sent(roads, messages)):
        raise Wrong(f"{failed} of {len(messages)} did not leave")


async def _sent(roads: Roads, messages: Iterable[Message]) -> int:
    """How many were not taken."""
    failed = 0
    try:
        for one in messages:
            try:
                await roads.send(one)
                print(f"{one.road} to {one.to}: the provider has taken it. Has it come?")
            except (Later, Never) as problem:
                failed += 1
                hint = "It may work later." if isinstance(problem, Later) else "Trying again won't help: settings, or the number?"
                print(f"{one.road} to {one.to}: {problem}. {hint}")
    finally:
        await roads.close()
    return failed


# a loss that never was -----------------------------------------------------------------------------------------------------


def _pretend(given: argparse.Namespace) -> None:
    s = read(Inside, given.config)
    person = _person(given.staff, s)
    told = message(person, datetime.now(UTC), secrets.token_hex(8).upper(), given.back)
    if given.out:
        whole.new(given.out, told)
        print(f"{given.out} is written; send it as your engine sends the others.")
        return
    if s.mllp_cert:
        raise Wrong("pretend: this half hears HL7 by TLS alone; --out FILE writes the message for your own engine to send")
    code, sentence = asyncio.run(_told(s, told))
    if code != "AA":
        raise Wrong(f"pretend: answered {code} {sentence}")
    print(_what_comes(person, s, given.back))


async def _told(s: Inside, body: bytes) -> tuple[str, str]:
    """The answer's code and sentence. Raises Wrong where nobody answers."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(s.mllp_host, s.mllp_host)  # noqa: S104 - not where we listen
    try:
        (answer,) = [answer async for answer in send(host, s.mllp_port, [body], PATIENCE)]
    except OSError as problem:
        raise Wrong(f"pretend: nobody answers at {host}:{s.mllp_port} ({type(problem).__name__}); is this half running?") from None
    return said(answer)


def _person(named: str, s: Inside) -> Person:
    """Raises Wrong for somebody who isn't on the list, BadList."""
    authority, __, number = named.partition(":")
    if number:
        return Person(StaffId(number), "", "", "", "", "", "", ((authority, number),))
    for person in staff_in(s.staff, s.country):
        if person.staff == named:
            return person
    raise Wrong(f"pretend: {named} is not in the column staff of {s.staff}; or name them as AUTHORITY:NUMBER, as the records do")


def _what_comes(person: Person, s: Inside, back: bool) -> str:
    who = f"{person.name or person.staff} ({person.phone or person.mail or 'as the list says'})"
    if back:
        return f"Heard, and taken back: {who} gets nothing that had not left yet."
    return (
        f"Heard. {who} gets the note {f'in {s.settle / 60:g} minutes' if s.settle else 'now'}, as anybody would, with what\n"
        "follows on later days; in the figures it stands as one loss.\n"
        "Nothing comes if they sent STOP, or had such a note within two days. `--back` takes it back."
    )


# what the feeds say --------------------------------------------------------------------------------------------------------


def _heard(given: argparse.Namespace) -> None:
    folder = read(Inside, given.config).data
    while True:
        print("\n".join(_lines(hatch.asked(folder))), flush=True)
        if not given.follow:
            return
        time.sleep(FRESH)
        print()


def _lines(told: list[list[Finding]]) -> list[str]:
    """Raises Wrong where this half does not run."""
    if not told:
        raise Wrong("heard: no process of this half runs on this machine; start it: aftercall inside --config FILE")
    feeds = [one for found in told for one in found if one.what.startswith(FEED)]
    wide = max(len(one.what) for one in feeds)
    return [f"{one.what.removeprefix(FEED):{wide - len(FEED)}}  {one.seen}" for one in feeds]
