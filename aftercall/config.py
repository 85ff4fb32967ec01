"""What a half has to be told: one file and the environment, read once, every setting with its meaning and its default."""

import json
import os
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from aftercall.words import Sealed

S = TypeVar("S", bound="Settings")


class Wrong(Exception):
    """A setting that can't be used: says which, why, and what to write instead."""


def check_parts(parts: Collection[str], url: str, known: Collection[str]) -> None:
    """Raises Wrong where a worker can't do only these parts of a half."""
    if set(parts) == set(known):
        return
    if unknown := sorted(set(parts) - set(known)):
        raise Wrong(f"--only {unknown[0]}: this half has no such part; its parts are {', '.join(known)}")
    if not url:
        raise Wrong("--only: on SQLite a half is one process that does everything; set `url` to a PostgreSQL, or leave --only out")


def said(meaning: str, default: Any = MISSING) -> Any:
    """A setting with its meaning. Without a default it must be given."""
    if isinstance(default, (list, dict)):
        return field(default_factory=lambda: type(default)(default), metadata={"meaning": meaning})
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True, kw_only=True)
class Providers:
    """By whom messages leave. The two halves must not share an account, a password, a number or an address."""

    sms: list[str] = said(
        "Providers of text messages in the order they are tried: gateway, kannel, africastalking, twilio, apprise. "
        "Empty: all that are set up, in this order.",
        [],
    )
    sms_url: str = said("Plain HTTP gateway: its address. Empty: none.", "")
    sms_token: Sealed = said("Plain HTTP gateway: its bearer token.", Sealed(""))
    sms_sender: str = said("Plain HTTP gateway: number or name the messages come from.", "")
    kannel_url: str = said("Kannel: address of its sendsms, as http://127.0.0.1:13013/cgi-bin/sendsms. Empty: none.", "")
    kannel_user: str = said("Kannel: the sendsms-user's name.", "")
    kannel_password: Sealed = said("Kannel: the sendsms-user's password.", Sealed(""))
    kannel_sender: str = said("Kannel: number the messages come from.", "")
    africastalking_user: str = said("Africa's Talking: name of the application. Empty: none.", "")
    africastalking_key: Sealed = said("Africa's Talking: its key.", Sealed(""))
    africastalking_sender: str = said("Africa's Talking: short code or name the messages come from; empty is theirs.", "")
    africastalking_url: str = said("Africa's Talking: address for texts.", "https://api.africastalking.com")
    twilio_account: str = said("Twilio: the account's SID. Empty: none.", "")
    twilio_token: Sealed = said("Twilio: its auth token.", Sealed(""))
    twilio_sender: str = said("Twilio: number the messages come from.", "")
    twilio_url: str = said("Twilio: its address.", "https://api.twilio.com")
    apprise_url: Sealed = said("Apprise: an address with {to} for the number, as atalk://user@key/{to}. Empty: none.", Sealed(""))
    mail_host: str = said("SMTP server. Empty: no e-mail.", "")
    mail_port: int = said("SMTP port; 465 speaks TLS at once.", 587)
    mail_sender: str = said("Address the e-mails come from.", "")
    mail_user: str = said("SMTP user, if the server wants one.", "")
    mail_password: Sealed = said("SMTP password.", Sealed(""))
    mail_tls: bool = said("STARTTLS on ports other than 465.", True)
    address: str = said("Address of this half's own pages, as https://aftercall.example. Empty: no link leads to them.", "")
    inbound_token: Sealed = said(
        "Secret part of the addresses to which the providers post what comes in (texts, calls, USSD). Empty: none.", Sealed("")
    )
    country: str = said("What a telephone number begins with that is written as 07..., as +254. Empty: they are left so.", "")
    at_once: int = said(
        "Messages in the air at once by each road, each on its own line to the provider. One that answers in 0.2 s takes five "
        "times as many a second. More are worth it where the provider allows more; this many may go twice after a crash.",
        64,
    )
    theirs: list[str] = said(
        "Prints of the other half's accounts, numbers and addresses, as `aftercall prints` there prints them: "
        "this half refuses to start with one of them. Empty: it can't know.",
        [],
    )


@dataclass(frozen=True, kw_only=True)
class Settings(Providers):
    """What both halves need."""

    data: Path = said("Folder for this half's database, keys and lock. Only this half's user may read it.")
    url: str = said("Database. Empty: an SQLite file in the data folder. Else postgresql+psycopg://...", "")
    zone: str = said("Time zone of the site, as in Africa/Nairobi.", "UTC")
    host: str = said("Address the web door listens on.", "127.0.0.1")
    port: int = said("Port the web door listens on.")
    tls_cert: str = said(
        "Certificate file of the web door (PEM, with its chain); read again when it changes. Without it this half listens on this "
        "machine alone, and a proxy here speaks TLS (deploy/).",
        "",
    )
    tls_key: str = said("Key of that certificate (PEM, without a passphrase).", "")
    socket: str = said(
        "Unix socket the web door listens on instead of host and port, for a proxy on this machine. Who may open it is settled by "
        "its folder. Empty: host and port.",
        "",
    )
    watch_token: Sealed = said(
        "Bearer token that opens health and metrics at the web door, and nothing else. Empty: only the socket in the data folder.",
        Sealed(""),
    )
    heartbeat_url: Sealed = said(
        "Address that gets a GET each minute while all is well, with nothing in it. Empty: none.", Sealed("")
    )
    canary: int = said("Seconds between two canaries, each a whole way through this half to nobody's phone. 0: none.", 300)


@dataclass(frozen=True, kw_only=True)
class Inside(Settings):
    """The hospital's half (inside.toml, environment AFTERCALL_INSIDE_*)."""

    port: int = said("Port the web door listens on.", 8401)
    org: str = said("Short name of the hospital or service, first in every key.", "hospital")
    mllp_host: str = said("Address the HL7 listener listens on.", "127.0.0.1")
    mllp_port: int = said("Port the HL7 listener listens on (MLLP).", 2575)
    settle: int = said("Seconds a loss told by a feed waits before its first message: most mistakes are taken back by then.", 300)
    quiet_from: str = said("No unasked message to a person off shift from this time ...", "22:00")
    quiet_to: str = said("... to this time, in the site's zone.", "07:00")
    care_link: str = said("The link in every message, with the four words after #, as the care coordinator gave it.")
    staff: Path = said("CSV: staff,name,phone,mail,language,unit,role,ids (authority:number, several with ;).", Path("staff.csv"))
    units: Path = said("CSV: unit,name,site.", Path("units.csv"))
    rota: Path = said("CSV: unit,staff,begins,ends (ISO times; without an offset, in the site's zone).", Path("rota.csv"))
    dead_dispositions: list[str] = said(
        "PV1-36 values that mean the patient died here (HL7 table 0112 has none).", ["20", "40", "41", "42"]
    )
    mannequins: list[str] = said("Patient numbers of mannequins and test patients; nobody is ever written to for them.", [])
    expected_services: list[str] = said("PV1-10 values where a death is expected; no message is sent.", ["PAL", "HOSPICE"])
    mortuaries: list[str] = said("Places that are the mortuary, as PV1-3 or PV1-37 names them.", [])
    destinations: list[str] = said(
        "What ambulance reports call this hospital (NEMSIS eDisposition.02). Empty: a run to any hospital may have come here.", []
    )
    weights: Path = said("Rules of weight (TOML). Without such a file those that came with the program hold.", Path("weights.toml"))
    mllp_cert: str = said("Certificate file for HL7 over TLS. Empty: the listener speaks no TLS.", "")
    mllp_key: str = said("Key of that certificate.", "")
    mllp_clients: str = said("Certificates of the senders (PEM). Given, only who shows one of these may send.", "")
    mllp_allow: list[str] = said("Networks that may send HL7, as 10.2.0.0/16. Empty: any.", [])
    mllp_rate: int = said("Messages a second that one address may send on the long run; above it we read more slowly.", 2000)
    mllp_idle: int = said("Seconds after which a silent HL7 link is closed. 0: never.", 0)
    intake_token: Sealed = said("Secret part of the address to which reports are uploaded. Empty: no upload.", Sealed(""))
    folder: str = said("Folder that is watched for reports of any kind. A report is deleted once it is heard. Empty: none.", "")
    fhir_token: Sealed = said("Secret part of the address for FHIR subscription notifications. Empty: none.", Sealed(""))
    fhir_url: str = said("FHIR R4 server that is asked for what is new. Empty: none.", "")
    fhir_every: int = said("Seconds between two looks at it.", 60)
    fhir_client: str = said("Client id for the sign-in of backend services (SMART). Empty: none.", "")
    fhir_key: str = said("File with the private key for it (PEM).", "")
    fhir_user: str = said("User, where the server wants a password (OpenMRS).", "")
    fhir_password: Sealed = said("Password for it.", Sealed(""))
    scim_token: Sealed = said("Bearer token for the staff directory's feed (SCIM). Empty: none.", Sealed(""))
    oidc_issuer: str = said(
        "The hospital's own sign-in (OpenID Connect), letter for letter as it calls itself, as https://login.example/realms/staff; "
        "it lets people back to /oidc at `address`. Empty: passkeys and codes alone.",
        "",
    )
    oidc_client: str = said("What this half is called there (client id).", "")
    oidc_secret: Sealed = said("The secret that goes with it. Empty, and no file either: a public client.", Sealed(""))
    oidc_secret_file: str = said("The same in a file.", "")
    oidc_scope: str = said("What it is asked for; openid must be among it. Groups often need one more.", "openid profile")
    oidc_person: str = said("Claim that says who somebody is, for their own page.", "sub")
    oidc_authority: str = said("Whose number that claim is, as the staff list's ids have it. Empty: it is the staff id itself.", "")
    oidc_roles: str = said("Claim that says what somebody may do at the desk: a text, or a list of texts.", "groups")
    oidc_coordinator: list[str] = said("Values of it that mean coordinator. Empty: nobody comes in as one by this way.", [])
    oidc_it: list[str] = said("Values of it that mean IT; whoever has both is a coordinator.", [])
    oidc_trust: str = said(
        "Certificates (PEM) trusted for it beside the usual ones, as of the hospital's own authority. Empty: none.", ""
    )
    duty_tel: str = said("The public duty number of the peers, for the pages of this half.", "")
    cover: str = said("Address of the page on which cover is asked for. Empty: not shown.", "")
    coordinator_phone: str = said("Whom to call when something waits for the desk too long.", "")
    coordinator_mail: str = said("The same, by e-mail.", "")
    coordinator_language: str = said("In which language, as sw.", "en")
    xsd: str = said(
        "Folder with the NEMSIS schema (EMSDataSet_v3.xsd and what belongs to it). Empty: no report of what doesn't fit.", ""
    )
    silence: list[str] = said(
        "Minutes after which a silent feed is an alarm, where they shall not be learnt: mllp=30, fhir=60, intake=1440, or with the "
        "hours in which that holds, folder=240@07-19. One sender of several: mllp EPIC KISUMU=30, by its MSH-3 and MSH-4.",
        [],
    )
    authority: str = said("Whose numbers a patient's are, as the feeds name it (PID-3.4). Empty where they name none.", "")


@dataclass(frozen=True, kw_only=True)
class Outside(Settings):
    """The care half (outside.toml, environment AFTERCALL_OUTSIDE_*)."""

    port: int = said("Port the web door listens on.", 8402)
    programme: str = said("Short name of the peer programme, first in every key and in every signature.")
    name: str = said("Name of the programme as people know it.")
    run_by: str = said("Who runs this server, in words; the page says it to everyone.")
    legal_name: str = said("The same as its legal name, for the page of promises and the policy. Empty: as above.", "")
    neutral: bool = said("Whoever runs this server is not the employer of those who ask, nor run by it.", False)
    place: str = said(
        "Whose law the pages speak of: kenya, us, us-az, us-in, us-sd, us-wa, uk, eu. Empty: of none. Have counsel read it.", ""
    )
    chat: bool = said("May letters be written here at all? false: a colleague calls, and nothing else. Ask counsel.", True)
    codes: list[str] = said("The staff code as `aftercall keys code` prints it (scrypt); the two latest are good.")
    work: int = said(
        "Work that a phone does for each ask, so that nobody can send thousands: 13 is about a second of a cheap phone, each one "
        "more twice as long. 0: none. At most 20.",
        13,
    )
    duty_tel: str = said("The duty phone: rung with the last wave, and shown whenever anything fails.")
    duty_language: str = said("Language of the duty phone's text message.", "en")
    lines: list[dict[str, str]] = said(
        "Published lines: name, tel, hours, and place where they are for one place. Somebody has dialled each within 90 days."
    )
    cover: str = said("Address of the hospital's cover page. Empty: not shown.", "")
    first: int = said("Peers rung in the first wave.", 3)
    second: int = said("Peers rung in the second wave; the third rings all and the duty phone.", 5)
    every: int = said("Seconds from one wave to the next.", 300)
    lease: int = said("Seconds a peer who took it has until first contact.", 300)
    lease_all: int = said("The same, when everyone was rung at once.", 120)
    again: int = said("Seconds until all are rung again after the last wave; each time twice as long, at most ten minutes.", 60)
    rounds: int = said("How often all are rung again; then only while the asker's phone still asks, every ten minutes.", 8)
    call: int = said("Seconds after the text until a peer who has set no roads is called as well, if they can be.", 60)
    many: int = said(
        "From so many asks waiting, and more than peers who are free: allies are rung too, the duty phone is told, and who agreed "
        "is rung off duty.",
        4,
    )
    voice: list[str] = said("Providers of calls in the order they are tried: africastalking, twilio. Empty: all set up.", [])
    africastalking_voice: str = said("Africa's Talking: number calls come from. Empty: no calls by them.", "")
    africastalking_calls: str = said("Africa's Talking: address for calls.", "https://voice.africastalking.com")
    twilio_voice: str = said("Twilio: number calls come from. Empty: no calls by them.", "")
    voice_sounds: str = said(
        "Address of a folder with the sentence of a call as en.mp3, sw.mp3 and so on. Empty: a machine reads it, in Swahili badly.",
        "",
    )
    push_contact: str = said("Whom a push service may write to, as mailto:care@example.org. Empty: no web push.", "")
    care_number: str = said("The care half's own number for TALK and missed calls, for the page. Empty: the page says to call.", "")
    basic_language: str = said("Language for who texts in a language that can't be told, and for USSD.", "en")
    staff: int = said(
        "How many people the programme is for. The sheet comes once a quarter, for fewer than 150 once a year; "
        "for fewer than 50 nothing is counted at all.",
        0,
    )
    rest: int = said("Hours a peer is spared in the first waves after a talk, as their own phone asks for it. 0: none.", 2)
    hours: int = said("Hours of talk a month that are enough for one peer; counted on the peer's phone alone. 0: no end.", 4)
    coordinator_phone: str = said("Who is told of hours at which fewer than two peers are on duty, by text message.", "")
    coordinator_mail: str = said("The same, by e-mail.", "")


def read(kind: type[S], path: Path | None) -> S:
    """The settings from a TOML file and the environment (which wins). Paths are relative to the file. Raises Wrong."""
    half = kind.__name__.lower()
    given: dict[str, Any] = {}
    base = Path.cwd()
    if path is None and not any(name.startswith(f"AFTERCALL_{half.upper()}_") for name in os.environ):
        raise Wrong(f"no settings: `aftercall {half} --setup` asks for them and writes a file, --config FILE reads it")
    if path is not None:
        base = path.resolve().parent
        try:
            given = tomllib.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            raise Wrong(f"{path} isn't there; `aftercall {half} --setup --config {path}` asks and makes it") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
            raise Wrong(f"{path}: {problem}") from None
    return settled(kind, given, base, str(path))


def settled(kind: type[S], given: Mapping[str, Any], base: Path, source: str) -> S:
    """The settings from what `source` gives and the environment. Raises Wrong."""
    known = {f.name: f for f in fields(kind)}
    if unknown := sorted(set(given) - set(known)):
        raise Wrong(f"{source}: there is no setting called {', '.join(unknown)}; `--example` lists them all")
    prefix = f"AFTERCALL_{kind.__name__.upper()}_"
    values = {name: _value(f, given.get(name, MISSING), os.environ.get(prefix + name.upper()), base) for name, f in known.items()}
    return kind(**{name: value for name, value in values.items() if value is not MISSING})


def _value(f: Field[Any], given: Any, env: str | None, base: Path) -> Any:
    if env is not None:
        given = _from_text(f, env)
    if given is MISSING:
        if f.default is MISSING and f.default_factory is MISSING:
            raise Wrong(f"the setting {f.name} is missing: {f.metadata['meaning']}")
        given = f.default if f.default is not MISSING else MISSING
        return base / given if isinstance(given, Path) else given
    if f.type is Path or f.type == "Path":
        return base / str(given)
    if f.type is Sealed:
        return Sealed(str(given))
    wanted = f.type if isinstance(f.type, type) else list
    if not isinstance(given, wanted) or (wanted is int and isinstance(given, bool)):
        raise Wrong(f"the setting {f.name} should be {_named(wanted)}, not {given!r}: {f.metadata['meaning']}")
    return given


def _from_text(f: Field[Any], text: str) -> Any:
    if f.type is int:
        return int(text) if text.lstrip("-").isdigit() else text
    if f.type is bool:
        return {"1": True, "true": True, "0": False, "false": False}.get(text.lower(), text)
    if f.type in (str, Path, Sealed):
        return text
    return [part.strip() for part in text.split(",") if part.strip()]


def _named(kind: type) -> str:
    return {int: "a whole number", bool: "true or false", str: "text in quotes", list: "a list in square brackets"}.get(
        kind, "text"
    )


def default_of(f: Field[Any]) -> Any:
    """MISSING where it must be given."""
    return f.default if f.default is not MISSING else f.default_factory() if f.default_factory is not MISSING else MISSING


def example(kind: type[Settings]) -> str:
    """A settings file with every setting, its meaning and its default; what must be given stands without a #."""
    out = [f"# {(kind.__doc__ or '').strip()}", ""]
    for f in fields(kind):
        default = default_of(f)
        out.append(f"# {f.metadata['meaning']}")
        must = "[]" if "list" in str(f.type) else "0" if f.type is int else '""'
        out.append(f"{f.name} = {must}" if default is MISSING else f"# {f.name} = {toml(default)}")
        out.append("")
    return "\n".join(out)


def shown(value: Any) -> str:
    """A value for whoever keeps this half running: of a secret whether it is set, of an address nothing that might open it."""
    if isinstance(value, Sealed):
        return "(set)" if value else ""
    if isinstance(value, (list, dict)):
        return toml([shown(one) for one in value]) if value else ""
    return re.sub(r"(?<=://)[^/@\s]*@", "...@", re.sub(r"(?<=[?])[^#]+", "...", str(value)))


@dataclass(frozen=True)
class Set:
    """One setting, to be read. `default` None: it must be given."""

    name: str
    meaning: str
    default: str | None
    value: str


def settings_of(s: Settings) -> list[Set]:
    found = []
    for f in fields(s):
        default = default_of(f)
        given = None if default is MISSING else shown(default)
        found.append(Set(f.name, f.metadata["meaning"], given, shown(getattr(s, f.name))))
    return found


def listed(s: Settings) -> dict[str, list[Set]]:
    """Those that are set here, and those that are as they came. No secret is shown."""
    found: dict[str, list[Set]] = {"theirs": [], "usual": []}
    for one in settings_of(s):
        found["usual" if one.value == one.default else "theirs"].append(one)
    return found


def toml(value: Any) -> str:
    """A value as a settings file has it. A secret stands there as nothing."""
    match value:
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case list():
            return "[" + ", ".join(map(toml, value)) + "]"
        case dict():
            return "{" + ", ".join(f"{name} = {toml(one)}" for name, one in value.items()) + "}"
        case Sealed():
            return '""'
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
