"""The chain's key and head, as files beside the database: who can write rows can neither seal them nor cut the end off unseen."""

from pathlib import Path

from sqlalchemy.engine import Connection, Engine

from aftercall import whole
from aftercall.inside.store import audit
from aftercall.locale import marked as _
from aftercall.signin import chain
from aftercall.signin.chain import NOTHING, Act, Head
from aftercall.sql import reading

KEY, HEAD = "audit.key", "audit.head"

WORDS = {
    "in": _("signed in"),
    "out": _("signed out"),
    "looked": _("looked at who was at a loss"),
    "dead": _("said of a loss: the patient died"),
    "alive": _("said of a loss: not so"),
    "release": _("said of a loss: they may be written to"),
    "word yes": _("confirmed a colleague's word"),
    "word no": _("did not confirm a colleague's word"),
    "join yes": _("said: the same patient"),
    "join no": _("said: two patients"),
    "join undo": _("took back what was said of two patients"),
    "learn": _("said what a word of a feed means"),
    "file": _("handed in a file"),
    "lists": _("put new lists of staff or rota in place"),
    "lists back": _("took new lists of staff or rota back"),
    "units": _("looked at the codes of the units"),
    "audit": _("looked at this list"),
    "people": _("looked at who has a key"),
    "invite": _("invited"),
    "link": _("printed a link at the machine for"),
    "enrol": _("made a passkey"),
    "replace": _("made a passkey in place of the old ones"),
    "remove": _("took the passkeys away from"),
    "end": _("ended a session"),
}
"""Everything that is written down, in words. Never which loss, never of whom."""


def head(folder: Path) -> Head:
    """How far the chain went when it was last written to."""
    try:
        n, _, seal = (folder / HEAD).read_text("ascii").strip().partition(" ")
        return Head(int(n), seal)
    except (FileNotFoundError, ValueError):
        return NOTHING


def keep(folder: Path, new: Head) -> None:
    """After the commit: where a crash comes between, the rows go further than the file, and that is no fault."""
    if new.n > head(folder).n:
        whole.write(folder / HEAD, f"{new.n} {new.seal}\n".encode("ascii"))


def wrong(conn: Connection, org: str, folder: Path) -> str:
    """What is wrong with the chain, where no half runs; "" when nothing is."""
    return _wrong(audit.acts(conn, org), folder)


def looked_over(engine: Engine, org: str, folder: Path) -> tuple[list[Act], str]:
    """The whole chain, and what is wrong with it; not in the writer's line, for a year of it takes its time."""
    known = head(folder)  # before the rows are read: they may only have grown since
    apart = reading(engine)
    try:
        with apart.connect() as conn:
            rows = audit.acts(conn, org)
    finally:
        apart.dispose()
    return rows, _wrong(rows, folder, known)


def _wrong(rows: list[Act], folder: Path, known: Head | None = None) -> str:
    if not (folder / KEY).exists():
        return f"{folder / KEY} is not there" if rows else ""
    return chain.wrong((folder / KEY).read_bytes(), rows, known or head(folder))
