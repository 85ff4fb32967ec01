"""Each promise's twins: a leak planted in the running program, and what the unchanged check must say of it."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.promises.checks import (
    addresses_kept,
    false_keys_taken,
    finer_than_a_day,
    hospital_not_gone,
    not_gone,
    notices_tell,
    told_by_size,
    unlinked,
    unreadable,
)
from tests.promises.script import Check

Caught = Callable[[str, str, str], None]


@dataclass(frozen=True)
class Twin:
    promise: str
    half: str
    leak: str
    check: Check
    names: tuple[str, ...]  # all stand in one line of what the check found

    @property
    def id(self) -> str:
        return f"{self.promise}-{self.leak}"


TWINS = (
    Twin("P1", "outside", "every body stands in the log", unreadable, ("a broken form", "output.log")),
    Twin("P1", "inside", "what can't be read is kept to be looked at", unreadable, ("message is broken: family name", "event.db")),
    Twin("P1", "inside", "raw messages are kept, packed", unreadable, ("the patient who died: diagnosis", "feed.log.1.gz (packed")),
    Twin("P1", "inside", "a run keeps the hospital's number as it is", unreadable, ("patient who died: number", "event.db")),
    Twin(
        "P1",
        "inside",
        "what is handed in at the desk stays in the temporary folder",
        unreadable,
        ("patient who died: street", "tmp/"),
    ),
    Twin("P2", "outside", "a cut hash of each staff phone", unlinked, ("staff.phone", "sha256 in hex", "care.db")),
    Twin("P2", "outside", "the event beside the box", unlinked, ("inside ", "event '", "as it is", "care.db")),
    Twin("P2", "outside", "the box keeps when it was asked", unlinked, ("box.created_at",)),
    Twin("P2", "inside", "the hospital logs the boxes", unlinked, ("left open: box", "upper case", "output.log")),
    Twin("P4", "outside", "answers of any length", told_by_size, ("GET /box/state 200",)),
    Twin("P7", "outside", "a write-ahead log without secure_delete", not_gone, ("the talk after its end", "care.db-wal")),
    Twin("P7", "outside", "the contact block stays after first contact", not_gone, ("the contact block after first contact",)),
    Twin("P7", "outside", "letters stay after they were read", not_gone, ("a letter after it was read", "msg.ct")),
    Twin("P7", "outside", "ended talks have a history", not_gone, ("the talk after its end", "box.hc")),
    Twin("P7", "inside", "attendance is archived", hospital_not_gone, ("attendance of EMP-1002", "inside/data/event.db,")),
    Twin("P7", "inside", "who was brought is archived", hospital_not_gone, ("pair", "inside/data/event.db")),
    Twin("P7", "inside", "the write-ahead log is never emptied", hospital_not_gone, ("attendance of EMP-1002", "event.db-wal")),
    Twin("P9", "outside", "a table of addresses and browsers", addresses_kept, ("caller 7's forwarded address", "care.db")),
    Twin("P9", "outside", "an access log", addresses_kept, ("caller 7's browser", "output.log")),
    Twin("P10", "inside", "the note says where it was", notices_tell, ("sms: the text is none that was agreed on", "RESUS4")),
    Twin("P13", "outside", "the box keeps when it was asked", finer_than_a_day, ("box.created_at of letters, wish",)),
    Twin("P8", "outside", "a peer nobody certified is let in", false_keys_taken, ("whom the root did not certify",)),
)
