"""What we would make of these files: a dry run for whoever connects a feed. Nothing is kept, nobody is written to."""

import os
import secrets
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from aftercall.config import Inside
from aftercall.inside import flow
from aftercall.inside.feeds import nemsis, schema, sniff
from aftercall.inside.feeds.site import Mark, Site
from aftercall.inside.half import rules_of, words_of
from aftercall.inside.joinkeys import Stray
from aftercall.inside.road.crew import Person, Place
from aftercall.inside.road.loss import CONFIRMED, HELD, NONE
from aftercall.inside.road.notice import ALIVE, DEAD, Notice, Unread, worth_keeping
from aftercall.inside.store import ledger, people
from aftercall.inside.store.tables import event, notice, tables
from aftercall.words import Moment

Line = dict[str, Any]


@dataclass(frozen=True)
class Spoken:
    """One message of one file."""

    file: str
    number: int
    source: str
    heard: Notice | Unread


class Rehearsal:
    """The half's own verbs on rows that live in memory for as long as this does."""

    def __init__(self, site: Site, rules: flow.Rules, randomness: Callable[[int], bytes]) -> None:
        self._site, self._rules, self._randomness = site, rules, randomness
        self._mark: Mark = Stray(randomness).mark
        self._engine = _memory()
        self._conn = self._engine.connect()
        self._told: dict[str, tuple[str, int]] = {}

    def forget(self) -> None:
        """Begin anew, as if nothing had been heard. Of rows written by the driver itself SQLAlchemy knows no transaction."""
        self._conn.rollback()
        self._conn.connection.rollback()
        self._told.clear()

    def enrol(self, staff: list[Person], units: list[Place]) -> None:
        people.mirror(self._conn, self._rules.org, staff, units, [])
        self._conn.commit()

    def read(self, path: Path, name: str, now: Moment) -> Iterator[Spoken]:
        """Every message of a file."""
        body = _bytes_of(path)
        if isinstance(body, Unread):
            yield Spoken(name, 1, "unknown", body)
            return
        kind = sniff.kind_of(body)
        for number, heard in enumerate(kind.read(body, self._site, self._mark, now), 1):
            yield Spoken(name, number, heard.source if isinstance(heard, Notice) else kind.name, heard)

    def hear(self, spoken: Spoken, now: Moment) -> Line:
        """One message heard; what is believed after it, as one line."""
        line: Line = {"file": spoken.file, "message": spoken.number, "source": spoken.source, "kind": spoken.heard.kind}
        if isinstance(spoken.heard, Unread):
            return line | {"state": "refused", "rings": False, **_empty(), "problem": _problem(spoken.heard)}
        kept = worth_keeping(spoken.heard)
        state = flow.hear(self._conn, [kept], self._rules, now)[0] if kept else NONE
        self._told.setdefault(spoken.heard.body.today, (spoken.file, spoken.number))
        rings = state == CONFIRMED and not spoken.heard.doubt
        if state == NONE and (past := _of_the_past(spoken.heard)):
            state = past
        return line | {"state": state, "rings": rings, **_said(spoken.heard), "problem": _ahead(spoken.heard)}

    def losses(self) -> list[Line]:
        """What is believed at the end of a stream: one line a loss, with the messages that speak of it."""
        rows = self._conn.execute(sa.select(event).where(event.c.state != "call").order_by(event.c.died_at, event.c.event)).all()
        return [self._loss(row) for row in rows]

    def _loss(self, row: sa.Row[Any]) -> Line:
        said = sa.select(notice.c.body_hash, notice.c.signal).where(notice.c.event == row.event).order_by(notice.c.sender_at)
        by = self._conn.execute(said).all()
        died = None if row.died_at is None else datetime.fromtimestamp(row.died_at, UTC).isoformat()
        messages = [f"{self._told[one.body_hash][0]} {self._told[one.body_hash][1]}" for one in by if one.body_hash in self._told]
        there = ledger.attending(self._conn, self._rules.org, row.event)
        return {
            "loss": row.state,
            "died_at": died,
            "unit": row.unit or "",
            "weight": row.weight,
            "signals": sorted({part for one in by for part in one.signal.split()}),
            "messages": messages,
            "there": [{"staff": staff, "why": why} for staff, why in there],
        }


def _memory() -> Engine:
    engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
    tables.create_all(engine)
    return engine


def _of_the_past(heard: Notice) -> str:
    """A record that says that somebody died, and no event: it is true, and nobody is written to because of it."""
    past = heard.source in ("fhir", "openmrs") and heard.doubt in ("long ago", "no current visit")
    if not past or not any(sign.value in DEAD for sign in heard.signs):
        return ""
    return HELD if any(sign.value in ALIVE for sign in heard.signs) else CONFIRMED


def _empty() -> Line:
    return {"died_at": None, "precision": "", "signals": [], "unit": "", "who": [], "corrects": "", "doubt": ""}


def _said(heard: Notice) -> Line:
    return {
        "died_at": _written(heard.died, heard.died_as),
        "precision": heard.died_as,
        "signals": [{"path": s.path, "value": s.value} for s in heard.signs],
        "unit": heard.unit,
        "who": [{"authority": n.authority, "id": n.number, "role": n.role, "why": n.why} for n in heard.named],
        "corrects": heard.corrects,
        "doubt": heard.doubt,
    }


def _written(at: Moment | None, exactly: str) -> str | None:
    """As exactly as it was said, and no more."""
    if at is None:
        return None
    return {"day": at.date().isoformat(), "month": f"{at:%Y-%m}", "year": f"{at:%Y}"}.get(exactly, at.isoformat())


def _ahead(heard: Notice) -> Line | None:
    """Nothing is wrong with the message, and yet nobody would be told: most often the zone, or the clock, is another."""
    if heard.doubt != "future time":
        return None
    text = "The death lies in the future. Give the hospital's own zone with --config, or look at the sender's clock."
    return _problem(Unread(heard.kind, "time", next((s.path for s in heard.signs if s.value in DEAD), "died"), text))


def _problem(why: Unread) -> Line:
    segment, _, field = why.where.partition("-") if "-" in why.where else ("", "", why.where)
    wrong, _, remedy = why.text.partition(". ")
    return {"code": why.code, "segment": segment, "field": field, "text": f"{wrong.rstrip('.')}.", "do": remedy}


def files_in(paths: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """Each file with the name to show for it; folders are walked in the order of their names, and each once, whatever links to it.

    What can't be read is given as well, so that it is refused and not passed over. Raises OSError when a path isn't there.
    """
    for path in paths:
        path.stat()  # of all, before the first is heard
    seen = set[tuple[int, int]]()
    for path in paths:
        yield from _walk(path, seen) if path.is_dir() else [(path, path.name)]


def _walk(top: Path, seen: set[tuple[int, int]]) -> Iterator[tuple[Path, str]]:
    closed = list[OSError]()
    for folder, inner, files in os.walk(top, followlinks=True, onerror=closed.append):
        place = os.stat(folder)
        if (place.st_dev, place.st_ino) in seen:
            inner.clear()  # a link led back
            continue
        seen.add((place.st_dev, place.st_ino))
        inner.sort()
        yield from ((one := Path(folder, name), str(one.relative_to(top.parent))) for name in sorted(files))
    yield from ((one := Path(str(problem.filename)), str(one.relative_to(top.parent))) for problem in closed)


def _bytes_of(path: Path) -> bytes | Unread:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            os.listdir(path)
        if not stat.S_ISREG(status.st_mode):
            return Unread("", "unread", "byte 0", "This is a pipe or a device, and no file. Save what comes out of it as a file.")
        if status.st_size > sniff.LARGEST:
            text = f"The file is larger than {sniff.LARGEST >> 20} MiB. Split it."
            return Unread("", "too-large", "byte 0", text)
        return path.read_bytes()
    except OSError as problem:
        what = problem.strerror or "It can't be read"
        return Unread("", "unread", "byte 0", f"The file can't be opened: {what}. Look at its rights, or where its link points to.")


def rehearse(
    paths: Sequence[Path],
    settings: Inside,
    staff: list[Person],
    units: list[Place],
    stream: bool,
    now: Moment,
    xsd: Path | None = None,
) -> Iterator[Line]:
    """One line a message, each heard alone; or with `stream` one after the other, and the losses at the end.

    With `xsd`, the folder of a schema, also a line of each thing in an ambulance file that isn't as the schema has it.
    """
    here = Rehearsal(words_of(settings), rules_of(settings, secrets.token_bytes), secrets.token_bytes)
    here.enrol(staff, units)
    for path, name in files_in(paths):
        for spoken in here.read(path, name, now):
            yield here.hear(spoken, now)
            if not stream:
                here.forget()
        if xsd:
            yield from _unfit(path, name, xsd)
    if stream:
        yield from here.losses()


def _unfit(path: Path, name: str, xsd: Path) -> Iterator[Line]:
    body = _bytes_of(path)
    if not isinstance(body, Unread) and (nemsis.is_report(body) or nemsis.is_crew_list(body)):
        yield from ({"file": name, "schema": line} for line in schema.report(body, xsd))


def table(line: Line) -> str:
    """A line for eyes: file, message, kind, state, when, unit, and why. A name or a word of a feed moves no cursor."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in _row(line))


def _row(line: Line) -> str:
    if "schema" in line:
        return f"{line['file']:<44} {'not as the schema has it':<24} {line['schema']}"
    if "loss" in line:
        return (
            f"LOSS {line['loss']:<10} {line['died_at'] or '-':<26} {line['unit'] or '-':<12} told by {', '.join(line['messages'])}"
        )
    signals = " ".join(f"{s['path']}={s['value']}" for s in line["signals"])
    problem = line["problem"]
    doubt, corrects = line["doubt"] and f"({line['doubt']})", line["corrects"] and f"corrects: {line['corrects']}"
    wrong = problem and f"{problem['segment']} {problem['field']}: {problem['text']} {problem['do']}"
    why = " ".join(filter(None, (signals, doubt, corrects, wrong)))
    where = f"{line['file']} {line['message']}"
    return f"{where:<44} {line['kind'] or '-':<16} {line['state']:<10} {line['died_at'] or '-':<26} {line['unit'] or '-':<12} {why}"
