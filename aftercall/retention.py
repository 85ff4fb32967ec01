"""How long anything is kept: one table. The code takes its times from here, and so does the policy that is signed."""

from dataclasses import dataclass
from datetime import timedelta

NOTICE = timedelta(hours=72)
ATTENDANCE = timedelta(hours=72)
JOIN = timedelta(hours=72)
REPORT = timedelta(hours=72)
JOIN_KEYS = 4  # days: today's and three before; the last mark under a key is good for 72 hours, and then can never be made again
EVENT = 13  # weeks, about 90 days
QUARANTINE = timedelta(days=30)
LEAVER = timedelta(days=30)
TOLD = timedelta(hours=48)
EAR = timedelta(days=28)  # after the feed last spoke at that hour
LATER = (7, 30, 90)  # days after a loss on which everyone who was there is written to again
BOX = 7  # days without an end
SESSION = timedelta(hours=16)
DESK = timedelta(hours=12)
MINE = timedelta(minutes=15)
LINK = timedelta(minutes=30)
CODE = timedelta(minutes=10)
AUDIT = timedelta(days=365)
HANDED_IN = timedelta(hours=1)
BEFORE = timedelta(days=1)


@dataclass(frozen=True)
class Row:
    """What one or more tables hold, when it goes, and why it is kept so long. `time` is as the code counts it."""

    tables: tuple[str, ...]
    what: str
    time: str
    why: str


def _span(time: timedelta) -> str:
    if time < timedelta(hours=1):
        return f"{time // timedelta(minutes=1)} minutes"
    return f"{time.days} days" if time.days > 3 else f"{time // timedelta(hours=1)} hours"


def _times() -> str:
    return ", ".join(_span(one) for one in (DESK, LINK, MINE, CODE))


INSIDE = (
    Row(
        ("notice", "alias", "trace"),
        "what a feed said of a death, under marks of the day; no identifier",
        _span(NOTICE),
        "correcting and joining",
    ),
    Row(
        ("attendance", "prompt"),
        "who was at which loss; the unit's prompt",
        _span(ATTENDANCE),
        "the first two messages; taking back",
    ),
    Row(("coming", "pair"), "which ambulance run led to which stay", _span(JOIN), "one loss, one message"),
    Row(("report",), "a colleague's word that somebody died", _span(REPORT), "a second person confirms it"),
    Row(
        ("event",),
        "a loss: week, site, weight, rules, how many were there; its time and unit for the first 72 hours",
        f"{EVENT} weeks",
        "counts, and a preview of weights",
    ),
    Row(("quarantine",), "place and kind of what could not be read; never its text", _span(QUARANTINE), "mending a feed"),
    Row(("told",), "that a person had an offer", _span(TOLD), "no second one in that time"),
    Row(
        ("outbox",),
        "person and day of a later message, without the loss",
        f"until sent: {', '.join(map(str, LATER))} days after, moved by up to 2",
        "staying in touch",
    ),
    Row(
        ("quiet",),
        "a keyed hash of a number that said STOP",
        "until it is taken back; for this time: until its last message",
        "STOP is for good",
    ),
    Row(
        ("staff", "staff_id", "unit", "rota"),
        "mirror of your lists of staff, units and shifts",
        "as your lists do",
        "whom to write to",
    ),
    Row(
        ("leaver",),
        "who has left, as your directory said it last; no message can reach them",
        _span(LEAVER),
        "your directory may say that they are back",
    ),
    Row(
        ("ear",),
        "at which hours a feed speaks; never of whom",
        _span(EAR),
        "its silence is an alarm",
    ),
    Row(
        ("session",),
        "that somebody is signed in at the desk, or looks at their own page; a one-time link or code",
        _times(),
        "ending it",
    ),
    Row(("credential",), "passkeys of the desk: name, role, public key, day", "until they are taken away", "signing in"),
    Row(
        ("audit",),
        "what named roles did, to the hour; no patient, nobody who was at a loss",
        _span(AUDIT),
        "whoever looks can be seen",
    ),
    Row(("learned", "cursor"), "which words of a feed mean died; how far a feed was read", "until changed", "hearing"),
)
OUTSIDE = (
    Row(
        ("box", "page_copy", "ring"),
        "an open ask: sealed copies, sealed contact, whom it rings; no asker",
        f"until it ends, at most {BOX} days idle (a later ask: from its hour); contact and copies until first contact",
        "ringing until a human answers",
    ),
    Row(("msg",), "a sealed letter", f"until the other phone has it, at most {BOX} days", "delivery"),
    Row(("session",), "that a peer's phone is signed in", f"{_span(SESSION)}, or to the end of the duty", "the peer's page"),
    Row(
        ("seat",),
        "that a coordinator is signed in at the desk; a one-time link",
        ", ".join(_span(one) for one in (DESK, LINK, CODE)),
        "ending it",
    ),
    Row(("passkey",), "passkeys of the desk: name, role, public key, day", "until they are taken away", "signing in"),
    Row(
        ("peer", "reach", "turn", "directory"),
        "peers, how to ring them, their duties and rest; until when others may come to a talk for several",
        "until they leave",
        "whom to ring",
    ),
    Row(("agg",), "three counts that began with noise", "until their sheet is published", "the sheet"),
    Row(("sheet",), "the published sheet", "for good", "it is public"),
    Row(
        ("reminder",),
        "what the coordinator was told last; keyed prints of settings, rota and certificates as they stood last",
        "written over",
        "telling once",
    ),
    Row(
        ("audit",),
        "what was done to keys, peers, rota, settings and the desk, and by which coordinator, to the day; nothing of an ask, "
        "nothing that a peer did",
        _span(AUDIT),
        "whoever changes them can be seen",
    ),
)
FILES = (
    ("inside", "keys of the day, under which patients are marked", f"{JOIN_KEYS} days, then overwritten and deleted"),
    ("inside", "lists handed in at the desk: until they are put in place", "an hour"),
    ("inside", "the lists of before, for whoever takes an import back", "a day"),
    ("inside", "keys of the desk's sign-in and of the audit, and how far the audit goes", "with the installation"),
    ("outside", "peers' certificates, the steward's key, rota, settings", "until replaced"),
    ("outside", "the key of the audit, and how far the audit goes", "with the installation"),
    ("both", "logs: errors by their kind; no address, no request, no name", "as the machine keeps them"),
)


def policy(half: str, programme: str, place: str, law: str, counsel: str) -> str:
    """The policy to be signed, from the table above. `half`: "inside" | "outside"."""
    rows = INSIDE if half == "inside" else OUTSIDE
    lines = [f"| {r.what} (`{'`, `'.join(r.tables)}`) | {r.time} | {r.why} |" for r in rows]
    files = [f"* {what}: {time}." for of, what, time in FILES if of in (half, "both")]
    side = "hospital's" if half == "inside" else "care"
    return "\n".join(
        [
            f"# Retention policy of {programme}, the {side} half",
            "",
            "These times are built into the program, the same for everyone and every case. No switch keeps one longer.",
            *([f"{place}: {law}"] if law else []),
            "",
            "| what | how long | why |",
            "| --- | --- | --- |",
            *lines,
            "",
            "Files:",
            *files,
            "",
            "Deleted means gone from the program's own files. Snapshots of the machine and backups of its disk are outside of it:",
            "keep the data folder out of them.",
            "A legal hold can reach only what exists on the day it comes.",
            f"**{counsel}**",
            "",
            "Adopted on ______________ by ______________________ (for the organisation)   ______________________ (clinical lead)",
        ]
    )  # fmt: skip
