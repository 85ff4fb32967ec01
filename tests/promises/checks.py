"""The promises as questions to what both halves wrote and answered. Each gives what it found against one, in words; [] is kept."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from aftercall_stage.sealing import lv, signed

from aftercall.words import Message, unb64
from tests.promises.notices import tells
from tests.promises.people import addresses, patients, said_in_secret
from tests.promises.recorded import Night
from tests.promises.rows import CLOSED, INSIDE, OUTSIDE, SIZES
from tests.promises.scan import SHORTEST, Found, Needles, cells, column, digests, pieces, shapes

# P1 ----------------------------------------------------------------------------------------------------------------------------


def unreadable(night: Night) -> list[str]:
    """Nothing that two phones said, and no patient, stands in anything that either half wrote."""
    return [str(found) for found in _searched(night.folder) if found.what not in addresses()]


@lru_cache(maxsize=16)
def _searched(folder: Path) -> tuple[Found, ...]:
    """One search for P1 and P9."""
    night, needles = Night(folder), Needles()
    for what, secret in (said_in_secret() | addresses()).items():
        needles.add(what, shapes(secret))
    for what, secret in patients().items():
        needles.add(what, [*shapes(secret), *digests(secret)])
    return tuple(found for half in ("outside", "inside") for found in needles.look_in(*night.shots(half)))


# P2 ----------------------------------------------------------------------------------------------------------------------------


def unlinked(night: Night) -> list[str]:
    """No value of one half, and no hash of it, stands in the other; and no row exists that nobody argued for."""
    inside, outside = values(night, "inside"), values(night, "outside")
    public = {text for text in inside if text in night.cards or any(text in card for card in night.cards)}
    found = [*_unknown_columns(night, "inside", INSIDE), *_unknown_columns(night, "outside", OUTSIDE)]

    needles = Needles()
    for text, where in inside.items():
        needles.add(f"inside {where} {text!r}", [*(shapes(text.encode()) if text not in public else ()), *digests(text.encode())])
    found += map(str, needles.look_in(*night.shots("outside")))
    found += _short(inside, public, outside)
    found += _same_moment(night)

    needles = Needles()
    for what, secret in night.care_ids.items():
        needles.add(what, [*shapes(secret), *digests(secret)] if secret.isascii() else pieces(secret))
    for text, where in outside.items():
        if text not in inside and text not in night.cards:
            needles.add(f"outside {where} {text[:40]!r}", [*shapes(text.encode()), *digests(text.encode())])
    return found + [str(one) for one in needles.look_in(*night.shots("inside"))]


def values(night: Night, half: str) -> dict[str, str]:
    """Every text that ever stood in a row of this half, of 4 bytes or more, and where."""
    found: dict[str, str] = {}
    for db in night.dbs(half):
        for table, (names, rows) in cells(db).items():
            if table == "sqlite_stat1":  # names of tables, and estimates that we wrote ourselves
                continue
            for row in rows:
                for name, value in zip(names, row, strict=True):
                    for text in _texts(name, value):
                        if len(text.encode()) >= 4 and text not in CLOSED:
                            found.setdefault(text, f"{table}.{name}")
    return found


def _texts(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, bytes):
        yield value.hex()
    elif isinstance(value, str):
        yield value
        if name == "entry":  # a peer's card is JSON in JSON
            yield from (str(v) for k, v in json.loads(value).items() if k not in ("idkey", "cert", "kem", "kem_sig"))
        elif " " in value:
            yield from value.split()


def _short(inside: dict[str, str], public: set[str], outside: dict[str, str]) -> Iterator[str]:
    """Values of less than 8 bytes, which random bytes may look like: they are compared cell by cell. Also those of the cards."""
    for text, where in inside.items():
        if len(text.encode()) < SHORTEST or text in public:
            for other, there in outside.items():
                if text in other and not (text in public and there == "peer.entry"):
                    yield f"inside {where} {text!r} (as it is) in outside {there}"


def _same_moment(night: Night) -> Iterator[str]:
    """A number of 4 bytes or more that stands on both sides: the second of a death in a row of the care half would be one."""
    there: defaultdict[int, str] = defaultdict(str)
    for db in night.dbs("inside"):
        for table, (names, rows) in cells(db).items():
            there |= {
                v: f"{table}.{n}" for row in rows for n, v in zip(names, row, strict=True) if isinstance(v, int) and v >= 1 << 24
            }
    seen = set[str]()
    for db in night.dbs("outside"):
        for table, (names, rows) in cells(db).items():
            seen |= {
                f"inside {there[v]} {v} (as it is) in outside {table}.{n}"
                for row in rows
                for n, v in zip(names, row, strict=True)
                if isinstance(v, int) and v in there
            }
    yield from sorted(seen)


def _unknown_columns(night: Night, half: str, known: dict[str, str]) -> Iterator[str]:
    for table, (names, _) in cells(night.dbs(half)[-1]).items():
        for name in names:
            if name not in known.get(table, "").split():
                yield f"{half}: the column {table}.{name} is not among the rows that may exist"


# P4 ----------------------------------------------------------------------------------------------------------------------------

ANSWERS = {  # route and status -> bytes, or the number of which they are a multiple
    "POST /box 201": (256, 256),
    "GET /box/state 200": (2048, 2048),
    "GET /box/m 200": (8192, None),
    "POST /box/take 200": (1024, 1024),
    "POST /peer/challenge 200": (256, 256),
    "POST /peer/login 200": (256, 256),
    "GET /peer/pages 200": (4096, None),
    "GET /directory 200": (1, None),
}


def told_by_size(night: Night) -> list[str]:
    """What is stored and what is answered has one of a few sizes, and an ask has one length whatever was chosen in it."""
    return [*_stored(night), *_answered(night), *_sent(night), *_asked(night)]


def _stored(night: Night) -> Iterator[str]:
    for place, allowed in SIZES.items():
        table, name = place.split(".")
        seen = {len(value) for db in night.dbs("outside") for value in column(db, table, name) if value is not None}
        if seen != allowed:
            yield f"{place} is stored in the sizes {sorted(seen)}, not in {sorted(allowed)}"


def _answered(night: Night) -> Iterator[str]:
    wrong: defaultdict[str, set[int]] = defaultdict(set)
    lists = set[bytes]()
    for said in night.said:
        unit, most = ANSWERS.get(str(said), (256, 256) if said.status >= 400 else (1, 0))
        size = len(said.got)
        if size % unit or size > (size if most is None else most) or said.packed:
            wrong[str(said)].add(size)
        if str(said) == "GET /directory 200":
            lists.add(said.got)
    yield from (f"the answer to {route} has {sorted(sizes)} bytes" for route, sizes in wrong.items())
    if len({len(body) for body in lists}) != 1:
        yield "the directory has not one length"


def _sent(night: Night) -> Iterator[str]:
    for said in night.said:
        if said.route == "POST /box/m" and said.status == 204 and len(said.sent) not in SIZES["msg.ct"]:
            yield f"a letter of {len(said.sent)} bytes was taken"


def _asked(night: Night) -> Iterator[str]:
    heads = {(said.head, len(said.sent)) for said in night.said if str(said) == "POST /box 201"}
    if len(heads) != 1:
        yield f"an ask has (head, body) of {sorted(heads)} bytes, depending on what was chosen"
    peers = {frozenset(json.loads(body)["copies"]) for body in night.asks.values()}
    if len(peers) != 1:
        yield f"an ask has copies for {sorted(map(len, peers))} peers, depending on what was chosen"


# P7 ----------------------------------------------------------------------------------------------------------------------------


def there_before(night: Night) -> list[str]:
    """The control: what is looked for below was found on the disk while it was due there. What is missing, in words."""
    missing = []
    for name, shot, needles in _care_goes(night, "before"):
        if not needles.look_in(shot):
            missing.append(f"{name} was not found at {shot.parent.name!r} although it stood there")
    return missing


def not_gone(night: Night) -> list[str]:
    """Of what was deleted in the care half no piece is left in any of its files: rows, contact blocks, copies, letters."""
    return [f"{name}: {found}" for name, shot, needles in _care_goes(night, "after") for found in needles.look_in(shot)]


def _care_goes(night: Night, when: str) -> Iterator[tuple[str, Path, Needles]]:
    """What goes at which turn of the script."""
    amina, left = (next(box for box, chose in night.ours.items() if chose == name) for name in ("letters, wish", "left open"))
    grace = column(night.dbs("outside")[1], "box", "holder")
    kept = frozenset(column(night.dbs("outside")[1], "box", "cap"))  # hers who answered is still good

    def of(shot: str, table: str, box: str, *names: str, but: frozenset[str] = frozenset()) -> Needles:
        return _pieces(night, shot, table, box, names, but)

    met, over = ["met", "night"], ["nine days", "ended"]
    plans = (
        ("the contact block after first contact", "asked", met, of("asked", "box", amina, "contact")),
        ("a sealed copy after first contact", "asked", met, of("asked", "page_copy", amina, "ct")),
        ("a colleague's capability after first contact", "asked", met, of("asked", "page_copy", amina, "cap", but=kept)),
        ("a letter after it was read", "written", ["read", "night"], of("written", "msg", amina, "ct")),
        ("the talk after its end", "read", ["night", *over], of("read", "box", amina, "box", "hc", "cap")),
        ("the box after its days", "night", over, of("night", "box", left, "box", "hc", "contact")),
        ("a copy after its days", "night", over, of("night", "page_copy", left, "box", "cap", "ct")),
    )
    assert grace, "nobody held the box when they had met"
    for name, before, after, needles in plans:
        for shot in [before] if when == "before" else after:
            yield name, night.shot(shot, "outside"), needles


def _pieces(night: Night, shot: str, table: str, box: str, names: tuple[str, ...], but: frozenset[str]) -> Needles:
    db, needles = night.shot(shot, "outside") / "data" / "care.db", Needles()
    for name in names:
        for number, value in zip(column(db, table, "box"), column(db, table, name), strict=True):
            if number == box and value and value not in but:
                needles.add(f"{table}.{name}", pieces(value if isinstance(value, bytes) else str(value).encode()))
    return needles


def hospital_there(night: Night) -> list[str]:
    """The control for the hospital's rows."""
    found = {str(one).split(" ")[0] for one in _three_days(night).look_in(night.shot("night", "inside"))}
    marks = {"alias.mark", "alias.name", "notice.body_hash", "notice.record", "notice.visit"}
    return sorted({"attendance", "trace", "told", "coming", "pair", *marks} - found)


def hospital_not_gone(night: Night, at: str = "three days") -> list[str]:
    """Who was at which loss, and the marks of the patients, after three days: what is left of them in the hospital's files."""
    return [str(found) for found in _three_days(night).look_in(night.shot(at, "inside"))]


def _three_days(night: Night) -> Needles:
    db, needles = night.shot("night", "inside") / "data" / "event.db", Needles()
    for event, staff in zip(column(db, "attendance", "event"), column(db, "attendance", "staff"), strict=True):
        needles.add(f"attendance of {staff}", [("the row", event.encode() + staff.encode())])
    for table, name in (("alias", "mark"), ("alias", "name"), ("notice", "body_hash"), ("notice", "record"), ("notice", "visit")):
        for value in filter(None, column(db, table, name)):
            needles.add(f"{table}.{name} {value[:6]}", [("the mark", value.encode())])
    for run, stay in zip(column(db, "pair", "run"), column(db, "pair", "stay"), strict=True):
        needles.add("pair", [("the row", run.encode() + stay.encode())])
    for record, visit in zip(column(db, "coming", "record"), column(db, "coming", "visit"), strict=True):
        if visit:
            needles.add(f"coming {record[:6]}", [("the row", record.encode() + visit.encode())])
    for record, staff in zip(column(db, "trace", "record"), column(db, "trace", "staff"), strict=True):
        if staff:
            needles.add(f"trace of {staff}", [("the row", record.encode() + staff.encode())])
    for staff, by in zip(column(db, "told", "staff"), column(db, "told", "by"), strict=True):
        needles.add(f"told {staff}", [("the row", by.encode())])
    return needles


# P8 ----------------------------------------------------------------------------------------------------------------------------


def false_keys_taken(night: Night) -> list[str]:
    """Peers in the rows whose key or card nobody stands behind; and a peer's file of another root that was let in."""
    steward = json.loads((night.shot("night", "outside") / "data" / "steward.json").read_text())
    root, programme = unb64(steward["root"]), steward["programme"]
    found = set[str]()
    for db in night.dbs("outside"):
        for text in column(db, "peer", "entry"):
            e = json.loads(text)
            idkey = unb64(e["idkey"])
            if not signed(root, e["cert"], lv("ac1/cert", programme, e["pid"], idkey, e["cert_after"], e["card"])):
                found.add(f"a peer stands in the rows whom the root did not certify: {e['pid']}")
            if not signed(idkey, e["kem_sig"], lv("ac1/kem", programme, e["pid"], unb64(e["kem"]), e["kem_after"])):
                found.add(f"a sealing key that {e['pid']}'s identity did not sign")
    return sorted(found)


# P9 ----------------------------------------------------------------------------------------------------------------------------


def addresses_kept(night: Night) -> list[str]:
    """No address from which anybody called, as seen or as a proxy told it, and no browser's name is left in any file."""
    return [str(found) for found in _searched(night.folder) if found.what in addresses()]


# P10 ---------------------------------------------------------------------------------------------------------------------------


def notices_tell(night: Night) -> list[str]:
    """Of all that both gateways were given, what is not word for word one of the texts that were agreed on."""
    found = list[str]()
    for half in ("inside", "outside"):
        lines = [json.loads(line) for line in (night.folder / f"sms-{half}.jsonl").read_text("utf-8").splitlines()]
        found += tells(Message("sms", line["to"], line["text"], line["key"]) for line in lines)
        if not lines:
            found.append(f"the gateway of {half} was given nothing")
    return found


# P13 ---------------------------------------------------------------------------------------------------------------------------

FINER = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d|\b\d\d:\d\d|^\d{6,19}(\.\d+)?$")  # a time of day, or hours and less since some year
HOURS = 100_000  # a day counted from 1970 is a fifth of this, an hour five times as much


def finer_than_a_day(night: Night) -> list[str]:
    """Of a box in which two have met, or which is over, no row says when: at most the day until which it may live."""
    found = set[str]()
    for _, box, table, name, value in closed(night):
        if isinstance(value, int | float) and abs(value) >= HOURS:
            found.add(f"{table}.{name} of {box} holds a number of more than a day's digits: {value}")
        if isinstance(value, str) and FINER.search(value):
            found.add(f"{table}.{name} of {box} holds a time: {value}")
    return sorted(found)


def closed(night: Night) -> Iterator[tuple[str, str, str, str, Any]]:
    """Every cell that stands in a row of a closed box: its state, whose it is, table, column, value."""
    for db in night.dbs("outside"):
        states = dict(zip(column(db, "box", "box"), column(db, "box", "state"), strict=True))
        for table, (names, rows) in cells(db).items():
            for row in rows if "box" in names else ():
                state, box = states.get(row[names.index("box")], "open"), night.ours.get(row[names.index("box")], "?")
                if state != "open":
                    yield from ((state, box, table, name, value) for name, value in zip(names, row, strict=True))
