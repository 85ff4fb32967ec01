"""The first run of the hospital's half: what it asks, the lists it lays out, and what IT does next."""

from pathlib import Path

from aftercall.config import Inside
from aftercall.inside.feeds.lists import ROTA, STAFF, UNITS
from aftercall.locale import LANGUAGES
from aftercall.setup.question import (
    Answers,
    BadAnswer,
    Question,
    country,
    mail,
    one_of,
    origin,
    port,
    server,
    short,
    telephone,
    url,
    zone,
)
from aftercall.setup.roads import MAILS, TEXTS
from aftercall.setup.site import TLS, here


def _link(text: str, so_far: Answers) -> str:
    whole, _, words = url(text, so_far).partition("#")
    if words.count("-") < 3:
        raise BadAnswer("after # stand four words, as https://care.example/#four-words-of-code; ask the care coordinator for it")
    return f"{whole}#{words}"


QUESTIONS = (
    Question(
        "org",
        "A short name for the hospital or service",
        "First in every key of the database; it can't be changed later.",
        example="kisumu-county",
        default="hospital",
        read=short,
        must=True,
    ),
    Question(
        "zone",
        "Time zone of the site",
        "Feeds and rotas are read in it.",
        example="Africa/Nairobi",
        default=here,
        read=zone,
    ),
    Question(
        "country",
        "What 07... stands for",
        "So that a number written 0700000001 on a list can be written to. Enter: nothing.",
        example="+254",
        read=country,
    ),
    Question(
        "care_link",
        "The link with the four words",
        "The care coordinator gives it to you; it ends every message.",
        example="https://care.example.org/#four-words-of-code",
        read=_link,
        must=True,
    ),
    Question(
        "duty_tel",
        "Number of the peers' duty phone",
        "From the care coordinator, for this half's pages. Enter: none.",
        example="+254700000099",
        read=telephone,
    ),
    *TEXTS,
    *MAILS,
    Question(
        "mllp_host",
        "Address the HL7 listener listens on",
        "127.0.0.1: this machine alone. 0.0.0.0: all of its networks; then set mllp_allow or TLS as well.",
        default="127.0.0.1",
        read=server,
    ),
    Question(
        "mllp_port",
        "Its port",
        "The interface engine sends to it (MLLP).",
        default="2575",
        read=port,
    ),
    Question(
        "port",
        "Port of this half's pages on this machine",
        "Desk, unit screens, intake.",
        default="8401",
        read=port,
    ),
    Question(
        "address",
        "Address at which people open these pages",
        "For the links that are sent. Never the care half's.",
        example="https://aftercall.hospital.example",
        default=lambda so_far: f"http://localhost:{so_far.get('port', '8401')}",
        read=origin,
    ),
    *TLS,
    Question(
        "coordinator_phone",
        "Your own number",
        "You are called when something waits for the desk too long. Enter: nobody is.",
        example="+254700000097",
        read=telephone,
    ),
    Question(
        "coordinator_mail",
        "Your own e-mail address",
        "The same by mail. Enter: none.",
        example="coordinator@hospital.example",
        read=mail,
        when=lambda so_far: bool(so_far.get("mail_host")),
    ),
    Question(
        "coordinator_language",
        "In which language",
        "Of those messages to you.",
        example=", ".join(LANGUAGES),
        default="en",
        read=one_of(*LANGUAGES),
        when=lambda so_far: bool(so_far.get("coordinator_phone") or so_far.get("coordinator_mail")),
    ),
    Question(
        "data",
        "Folder for its database and keys",
        "Only this half's user reads it. Beside the settings, or a whole path.",
        example="/var/lib/aftercall-inside",
        default="hospital",
        must=True,
    ),
)


def lay_out(s: Inside) -> list[Path]:
    """The three lists with their head alone, where they aren't there yet. Gives those that were made."""
    made = []
    for path, columns in ((s.staff, STAFF), (s.units, UNITS), (s.rota, ROTA)):
        if not path.exists():
            path.write_text(",".join(columns) + "\n", "utf-8")
            made.append(path)
    return made


def then(s: Inside, config: str, us: str) -> str:
    """What to do next. `us`: how this program is called here."""
    own = s.coordinator_phone or "+254..."
    return STEPS.format(us=us, config=config, staff=s.staff, units=s.units, rota=s.rota, own=own, to=f"{s.mllp_host}:{s.mllp_port}")


STEPS = """
What to do next, in this order and in this folder:
1. Fill in the lists; a spreadsheet can save them (CSV UTF-8). They are read again whenever they change. Yourself first.
   Or hand them in at the desk (step 7, then Menu, *Lists of staff, units and rota*): it shows first what would change.
     {staff}
       juma,Juma Otieno,+254700000001,,sw,RES,nurse,NCK:7001        (staff, ..., ids as the records name them)
     {units}
       RES,Resuscitation,Kisumu                                     (unit as PV1-3.1 names it)
     {rota}
       RES,juma,2026-11-22T19:00,2026-11-23T07:00                   (may stay empty for the first try)
2. Start it, and leave it running. Each note waits five minutes, in which most mistakes are taken back: for the
   first try set `settle = 0` in {config} before, and afterwards put the # back and start it again.
     {us} inside --config {config}
3. Do texts leave? In another window; this sends one that says it is a test:
     {us} gateway-test inside --config {config} --sms {own}
4. A first loss that never was, for one colleague who knows of it: yourself, by the column staff.
     {us} pretend juma --config {config}
5. What would we make of your own messages? Nothing is kept, nobody is written to.
     {us} hear FILES --config {config}
   `dead_dispositions` has to be what your PV1-36 means by died.
6. Point the interface engine at {to}, and see what is heard:
     {us} heard --config {config} --follow
7. The desk: this prints a link with which its first coordinator makes a passkey, once.
     {us} inside --config {config} --first-coordinator "THEIR NAME"
8. Is it well, and what is left to do?
     {us} doctor inside --config {config}
Feeds, TLS, staff by SCIM: docs/running.md."""
