"""The first run of the care half: what it asks, and what its coordinator does next."""

import shlex
from datetime import UTC, datetime

from aftercall.config import Outside
from aftercall.outside.codes import new_code, plain, sealed
from aftercall.setup.question import (
    Answers,
    BadAnswer,
    Question,
    country,
    local,
    mail,
    origin,
    port,
    short,
    short_for,
    telephone,
    yes,
    zone,
)
from aftercall.setup.roads import MAILS, TEXTS
from aftercall.setup.site import TLS, here


def _line(text: str, _: Answers) -> dict[str, str]:
    parts = [part.strip() for part in text.split(";")]
    if len(parts) != 3 or not all(parts) or not any(c.isdigit() for c in parts[1]):
        raise BadAnswer("write name; number; hours, as Befrienders; 1199; day and night")
    return dict(zip(("name", "tel", "hours"), parts, strict=True))


def _code(text: str, _: Answers) -> str:
    words = plain(text)
    if words.count("-") < 3 or len(words) < 15:
        raise BadAnswer("write four words, together 12 letters or more; Enter makes four that nobody can guess")
    return words


QUESTIONS = (
    Question(
        "name",
        "Name of the programme",
        "As people know it; it stands on every page.",
        example="Peers of Kisumu",
        must=True,
    ),
    Question(
        "programme",
        "A short name for it",
        "Stands in every key and signature and can't be changed later.",
        example="kisumu-peers",
        default=lambda so_far: short_for(so_far.get("name", "")),
        read=short,
        must=True,
    ),
    Question(
        "run_by",
        "Who runs this server",
        "The page says it to everyone. Best somebody who is not the employer.",
        example="The medical association of Kisumu county",
        must=True,
    ),
    Question(
        "neutral",
        "Are they independent of the employer of those who ask",
        "The page of promises says which. yes or no.",
        default="no",
        read=yes,
    ),
    Question("zone", "Time zone of the site", "Duties are planned in it.", example="Africa/Nairobi", default=here, read=zone),
    Question(
        "country",
        "What 07... stands for",
        "So that a number written 0700000099 can be rung. Enter: nothing.",
        example="+254",
        read=country,
    ),
    Question(
        "duty_tel",
        "Number of the duty phone",
        "Rung when no peer answers, and shown whenever anything fails. Somebody has it day and night.",
        example="+254700000099",
        read=telephone,
        must=True,
    ),
    Question(
        "lines",
        "Published lines: name; number; hours",
        "Shown beside the duty phone. One a line, Enter when there are no more. Dial each before you write it here.",
        example="Befrienders; 1199; day and night",
        read=_line,
        many=True,
    ),
    Question(
        "code",
        "The staff code: four words",
        "On the poster and in the link: it says 'works here' and nothing else. Only a hash of it is kept. Enter makes one.",
        default=lambda _: new_code(),
        read=_code,
        must=True,
        gives=lambda _, value: {"codes": [sealed(value, datetime.now(UTC).date().isoformat())]},
    ),
    Question(
        "port",
        "Port of the pages on this machine",
        "A proxy, or you at this machine, calls it.",
        default="8402",
        read=port,
    ),
    Question(
        "address",
        "Address at which phones open the pages",
        "Phones need https:// except on this machine itself. Enter: this machine alone, for trying.",
        example="https://care.example.org",
        default=lambda so_far: f"http://127.0.0.1:{so_far.get('port', '8402')}",
        read=origin,
    ),
    *TLS,
    *TEXTS,
    *MAILS,
    Question(
        "coordinator_phone",
        "Your own number",
        "You are told when fewer than two peers are on duty. Enter: nobody is.",
        example="+254700000098",
        read=telephone,
    ),
    Question(
        "coordinator_mail",
        "Your own e-mail address",
        "The same by mail. Enter: none.",
        example="coordinator@care.example",
        read=mail,
        when=lambda so_far: bool(so_far.get("mail_host")),
    ),
    Question(
        "push_contact",
        "Address a push service may write to",
        "Rings peers' phones through their browser, without a byte in it. Its key is made now. Enter: no web push.",
        example="care@example.org",
        default=lambda so_far: so_far.get("coordinator_mail", ""),
        read=mail,
        gives=lambda name, value: {name: f"mailto:{value}"},
    ),
    Question(
        "data",
        "Folder for its database and keys",
        "Outside backups and machine snapshots. Beside the settings, or a whole path.",
        example="/var/lib/aftercall-care",
        default="care",
        must=True,
    ),
)


def then(s: Outside, config: str, us: str, code: str) -> str:
    """What to do next. `us`: how this program is called here. `code` as it was answered."""
    phones = "in a browser on this machine" if local(s.address) else "on their own phone"
    return STEPS.format(
        us=us,
        link=f"{s.address}/#{plain(code)}",
        config=config,
        keys=f"--root root.pem --programme {s.programme} --data {shlex.quote(str(s.data))}",
        address=s.address,
        phones=phones,
        own=s.coordinator_phone or s.duty_tel,
    )


STEPS = """
The link that goes into every message of the hospital's half, the same for everybody:
  {link}
The four words after # stand nowhere else: write them down now.

What to do next, in this order and in this folder:
1. Make the root, best on a machine that stays offline and onto a stick. It prints six words for the poster.
     {us} keys root --out root.pem
   (With --shares 3 it has no passphrase: any two of three holders open it.)
2. With it, the key that signs the list of peers, good for a year:
     {us} keys steward {keys}
3. Start it, and leave it running:
     {us} outside --config {config}
4. Do texts leave? In another window; this sends one that says it is a test:
     {us} gateway-test outside --config {config} --sms {own}
5. Each peer opens {address}/peer {phones}, makes their keys and saves request.json,
   which goes from their downloads into this folder. Face to face you certify it:
     {us} keys certify request.json {keys}
   Then they unlock the page, say how they want to be rung, and go on duty.
6. Give whoever runs the hospital's half the link above and the number of the duty phone. There, best on another machine:
     {us} inside --setup
7. Your desk, who is on duty and which hours are missing: this prints a link with which its first coordinator makes a passkey, once.
     {us} outside --config {config} --first-coordinator "THEIR NAME"
8. Is it well, and what is left to do?
     {us} doctor outside --config {config}
Poster, rota, TLS, the law of your place: docs/running.md."""
