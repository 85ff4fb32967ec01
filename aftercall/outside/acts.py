"""What was done to keys, peers, rota and settings, as a chain of days: never an ask, and nothing that a peer did.

Most of it is not told to this half but seen by it, so that what is done past the program stands here as well.
"""

import hmac
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path

from sqlalchemy.engine import Connection

from aftercall.config import Outside
from aftercall.locale import marked as _
from aftercall.outside.road.directory import Entry
from aftercall.outside.rota import rota_files
from aftercall.outside.store import reminders
from aftercall.outside.store.tables import audit
from aftercall.signin import chain
from aftercall.signin.chain import NOTHING, Act, Head
from aftercall.signin.kept import Rows, wrong
from aftercall.signin.seat import CARE, Person
from aftercall.words import Moment, Sealed
from aftercall.workers import alone

ROWS = Rows(audit)
HERE = Person("server", "-", CARE)
"""Whoever works at this half's machine, whom it knows by no name. What is done at the desk has a coordinator's."""
SEEN = "acts"  # the reminder that holds how everything stood when it was last looked at
PEER, SETTING = "peer ", "setting "
OWN = frozenset({"data", "host", "port", "socket"})  # each worker of one half may have others: they would be told for ever
RENEWS = frozenset({"kem", "kem_after", "kem_sig"})  # by the peer's phone on its own, when it is opened: that would tell when

WORDS = {
    "begin": _("this list begins"),
    "admit": _("certified a peer (the root was used)"),
    "renew": _("certified a peer anew (the root was used)"),
    "remove": _("took a peer out of the list"),
    "steward": _("changed the steward's key (the root was used)"),
    "push": _("changed the key for web push"),
    "duties": _("changed the rota"),
    "settings": _("changed settings"),
    "backup": _("made a backup"),
    "dialled": _("dialled a number that pages show"),
    "link": _("printed a link at the machine for"),
    "invite": _("invited to the desk"),
    "enrol": _("made a passkey"),
    "replace": _("made a passkey in place of the old ones"),
    "unseat": _("took the passkeys away from"),
}
SAID = {"remove": "unseat"}  # signin's word for an act, and ours
UNSAID = frozenset({"in", "out", "end"})
"""Not written down: a coordinator who comes at night may come because somebody waits."""
TOLD = frozenset({"backup"})  # what leaves nothing that could be seen; the command says it


def note(conn: Connection, programme: str, key: bytes, what: str, about: str, now: Moment, by: Person = HERE) -> Head:
    """To the day: what a coordinator does may follow on an ask that nobody answered."""
    return ROWS.note(conn, programme, key, by, what, about, now.replace(hour=0, minute=0, second=0, microsecond=0))


def at_the_desk(programme: str, key: bytes, conn: Connection, by: Person, what: str, about: str, now: Moment) -> Head:
    """Of somebody signed in, as the reception tells it (signin/reception.py)."""
    return NOTHING if what in UNSAID else note(conn, programme, key, SAID.get(what, what), about, now, by)


def done(
    conn: Connection, programme: str, key: bytes, by: Person, what: str, about: str, seen: Mapping[str, str], now: Moment
) -> Head:
    """By somebody at the desk, and how it stands then (`seen`; "" is gone): the next look finds nothing new, so that it is one act
    and has a name."""
    alone(conn, "audit", programme)
    stands = json.loads(reminders.told(conn, programme, SEEN) or "{}") | seen
    there = {name: how for name, how in stands.items() if how}
    reminders.claim(conn, programme, SEEN, json.dumps(there, sort_keys=True))
    return note(conn, programme, key, what, about, now, by)


def look(
    conn: Connection, programme: str, key: bytes, seen: Mapping[str, str], names: Mapping[str, str], now: Moment
) -> Head | None:
    """Whatever is other than at the last look becomes an act. The head after it, where there was one. `names`: of settings."""
    alone(conn, "audit", programme)
    before, head = json.loads(reminders.told(conn, programme, SEEN) or "{}"), None
    for act, about in changes(before, seen, names):
        if act != "duties" or not _last_was(conn, programme, act, now):
            head = note(conn, programme, key, act, about, now)
    reminders.claim(conn, programme, SEEN, json.dumps(seen, sort_keys=True))
    ROWS.forget(conn, programme, key, now)
    return head


def last(conn: Connection, programme: str, what: str) -> Act | None:
    """The newest of this kind."""
    return next((one for one in ROWS.newest(conn, programme, 1000) if one.act == what), None)


def _last_was(conn: Connection, programme: str, act: str, now: Moment) -> bool:
    """Today: a calendar that fetches itself each hour is one act a day."""
    return any(one.act == act and one.at.date() == now.date() for one in ROWS.newest(conn, programme, 1))


def changes(before: Mapping[str, str], now: Mapping[str, str], names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Acts, and what about. At the first look the list begins, with the peers that are there. A setting that a newer version
    brings has not been changed by anybody."""
    if not before:
        yield "begin", ""
    for what in sorted(name for name in before.keys() | now.keys() if name.startswith(PEER) and before.get(name) != now.get(name)):
        yield "admit" if what not in before else "renew" if what in now else "remove", what.removeprefix(PEER)
    if before:
        for what in ("steward", "push", "duties"):
            if before.get(what) != now.get(what):
                yield what, ""
        if changed := [names[what] for what in now if what.startswith(SETTING) and before.get(what, now[what]) != now[what]]:
            yield "settings", " ".join(sorted(changed))


class Prints:
    """Keyed prints of what stands: whoever has the rows alone learns no value by trying. A setting's name is a print as well, for
    it may be a word of the other half (DECISIONS 20); `names` gives it back."""

    def __init__(self, key: bytes, settings: Outside, steward: bytes, push: str) -> None:
        self._key, self._rota = key, settings.data / "rota"
        self.names = {SETTING + self._of(one.name): one.name for one in fields(settings) if one.name not in OWN}
        still = {what: _plain(getattr(settings, name)) for what, name in self.names.items()}
        self._still = {what: self._of(text) for what, text in {**still, "steward": steward.hex(), "push": push}.items()}

    def now(self, entries: Iterable[Entry]) -> dict[str, str]:
        """Of everything. Raises OSError when the rota can't be read."""
        rota = {file.name: file.read_bytes() for file in rota_files(self._rota)}
        return {**self._still, **{PEER + one.pid: self.peer(one) for one in entries}, "duties": self.rota(rota)}

    def peer(self, entry: Entry) -> str:
        return self._of(json.dumps({k: v for k, v in asdict(entry).items() if k not in RENEWS}))

    def rota(self, files: Mapping[str, bytes]) -> str:
        return self._of(json.dumps([(name, files[name].hex()) for name in sorted(files)]))

    def _of(self, text: str) -> str:
        return hmac.digest(self._key, text.encode(), "sha256").hex()[:16]


def _plain(value: object) -> str:
    return value.open() if isinstance(value, Sealed) else repr(value)


def table(rows: Sequence[Act], problem: str, names: Mapping[str, str]) -> str:
    """For a person to read. `names`: of the peers that are there."""
    lines = ["day         what"]
    for one in rows:
        if one.n:
            about = f"{names[one.about]} ({one.about})" if one.about in names else one.about
            by = f", by {one.name}" if one.who != HERE.who else ""
            lines.append(f"{one.at:%Y-%m-%d}  {WORDS.get(one.act, one.act)}{': ' if about else ''}{about}{by}")
    lines += ["", "Each week's six words, to be written on paper elsewhere; a list that was rewritten has others:"]
    lines += [f"{one.at:%G, week %V}  {one.words}" for one in chain.weekly(rows)]
    whole = "Nothing was changed, removed or moved." if not problem else f"THIS LIST IS NOT WHOLE: {problem}"
    return "\n".join([*lines, "", whole])


def wrong_in(conn: Connection, programme: str, folder: Path) -> str:
    """What is wrong with the chain, where no half runs; "" when nothing is."""
    return wrong(ROWS.acts(conn, programme), folder)
