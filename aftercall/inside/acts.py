"""What the hospital's half writes down of what named people do, in words; and whether somebody has rewritten it."""

from pathlib import Path

from sqlalchemy.engine import Connection

from aftercall.inside.store import audit
from aftercall.locale import marked as _
from aftercall.signin import kept
from aftercall.signin.kept import head as head
from aftercall.signin.kept import keep as keep
from aftercall.signin.kept import key_of as key_of

looked_over = audit.ROWS.looked_over

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


def wrong(conn: Connection, org: str, folder: Path) -> str:
    """What is wrong with the chain, where no half runs; "" when nothing is."""
    return kept.wrong(audit.acts(conn, org), folder)
