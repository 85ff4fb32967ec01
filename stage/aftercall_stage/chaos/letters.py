"""Letters after a night: each one that was acknowledged is read once and in order, by nobody else, and stands in clear nowhere."""

from collections.abc import Iterator

from aftercall_stage.chaos.asks import Asked, accepted
from aftercall_stage.chaos.found import Broken, Found, Line

LATE = 120  # seconds before the end; what was written later may still be on its way


def letters(found: Found) -> Iterator[Broken]:
    for line in found.of("reads"):
        yield from _meant(found, line)
    for asked in accepted(found):
        yield from _in_order(asked)
        yield from _arrived(found, asked)
    written = {line["text"].encode() for line in found.of("writes")}
    for path in found.files:
        data = path.read_bytes()
        for text in written:
            if text in data:
                yield Broken("no letter for another", f"{path.name} has a letter in clear")


def _meant(found: Found, line: Line) -> Iterator[Broken]:
    """Who reads has the box: asked, or said yes to it."""
    mine = found.of("accepted", "has", who=line["who"], box=line["box"])
    if not line["text"].startswith(line["box"][:8]) or not [one for one in mine if one["n"] < line["n"]]:
        yield Broken("no letter for another", f"{line['who']} read a letter of box {line['box'][:8]} that is not theirs")


def _in_order(asked: Asked) -> Iterator[Broken]:
    """What a phone reads of one talk is 1, 2, 3 and so on; with each yes a talk begins anew."""
    last: dict[str, int] = {}
    for line in asked.lines:
        if line["what"] == "has":
            last.clear()
        if line["what"] == "reads":
            n = int(line["text"].rpartition(" ")[2])
            if n != last.get(line["who"], 0) + 1:
                yield Broken("no letter is lost", f"{line['who']} read number {n} at {line['at']} after {last.get(line['who'], 0)}")
            last[line["who"]] = n


def _arrived(found: Found, asked: Asked) -> Iterator[Broken]:
    """In a talk that went on to the end of the night, all that was acknowledged in time was read."""
    talks = [row for row in found.rows("outside", "box") if row["box"] == asked.box and row["state"] == "talk"]
    if not talks or asked.phone == "off":
        return
    since = asked.of("has")[-1]["n"] if asked.of("has") else 0
    read = {(line["who"].startswith("asker"), line["text"]) for line in asked.of("reads") if line["n"] > since}
    for line in asked.of("written"):
        by_asker = line["who"].startswith("asker")
        if line["n"] > since and line["at"] < found.end - LATE and (not by_asker, line["text"]) not in read:
            yield Broken("no letter is lost", f"{line['who']} was told that {line['text']!r} is on its way, and nobody read it")
