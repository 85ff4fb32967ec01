"""Who may be rung now."""

from dataclasses import dataclass

from sqlalchemy.engine import Connection

from aftercall.outside.store import peers
from aftercall.words import Moment


@dataclass(frozen=True)
class Ready:
    """Numbers of peers: ours under their caps and rested, ours on duty, and on duty from allied programmes."""

    gentle: frozenset[str]
    all: frozenset[str]
    allied: frozenset[str]


def ready(conn: Connection, programme: str, now: Moment) -> Ready:
    on = peers.on_duty(conn, programme, now)
    allied = frozenset(e.pid for e in peers.all_of(conn, programme) if e.pid in on and e.known().get("allied"))
    return Ready(on - allied, on - allied, allied)
