"""What the way to us does to messages: line ends, letters, batches, duplicates, replays, delays, and a clock that is wrong."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta

from aftercall.words import Moment
from aftercall_stage.simulate.adt import HOUSE, Draft, when, write
from aftercall_stage.simulate.rates import Rates
from aftercall_stage.simulate.truth import Told

SENDERS = ("ADT", "LAB", "PHARM", "ORDERS")


def carry(rng: random.Random, rates: Rates, drafts: Iterable[Draft]) -> list[Told]:
    """Write the drafts, send them, and give them in the order of arrival."""
    written = _written(rng, rates, sorted(drafts, key=lambda d: (d.said, d.about)))
    told = list(_batched(rng, rates, written))
    told += _duplicates(rng, rates, told)
    told += _replays(rng, rates, told)
    return sorted(told, key=lambda t: t.at)


def _written(rng: random.Random, rates: Rates, drafts: list[Draft]) -> Iterator[Told]:
    wrong, count = rng.choice(SENDERS), dict.fromkeys(SENDERS, 0)
    for draft in drafts:
        faults = list(draft.faults)
        if count[draft.sender] and rng.random() < rates.same_control:
            faults.append("same_control")
        else:
            count[draft.sender] += 1
        if rng.random() < rates.latin1:
            draft = replace(draft, latin1=True)
            faults.append("latin1")
        skew = rates.skew if draft.sender == wrong else 0.0
        body = write(draft, f"{draft.sender[0]}{count[draft.sender]:07}", skew)
        body = _ends(rng, rates, body, faults)
        late = 0.0
        if rng.random() < rates.shuffled:
            late = rng.uniform(30, max(31.0, rates.window))
            faults.append("shuffled")
        at = (draft.said + timedelta(seconds=rng.uniform(1, 4) + late)).replace(microsecond=0)
        yield Told(at, f"hl7-{draft.sender.lower()}", "hl7v2", body, (draft.about,), (draft.tells,), tuple(faults))


def _ends(rng: random.Random, rates: Rates, body: bytes, faults: list[str]) -> bytes:
    for name, end, rate in (("lf", b"\n", rates.lf), ("crlf", b"\r\n", rates.crlf)):
        if rng.random() < rate:
            faults.append(name)
            return body.replace(b"\r", end)
    return body


def _batched(rng: random.Random, rates: Rates, told: Iterable[Told]) -> Iterator[Told]:
    """Two messages that follow each other from one sender within an hour come as one file with FHS and BHS."""
    waiting: dict[str, Told] = {}
    for one in told:
        before = waiting.pop(one.source, None)
        if before and abs(one.at - before.at) < timedelta(hours=1):
            yield _together(before, one)
            continue
        if before:
            yield before
        if rng.random() < rates.batch and "lf" not in one.faults and "crlf" not in one.faults:
            waiting[one.source] = one
        else:
            yield one
    yield from waiting.values()


def _together(first: Told, second: Told) -> Told:
    at = max(first.at, second.at)
    head = f"|^~\\&|{first.source.upper()}|{HOUSE}|AFTERCALL|{HOUSE}|{when(at)}\r".encode()
    body = (
        b"FHS" + head + b"BHS" + head + first.body + second.body.replace(b"\r\n", b"\r").replace(b"\n", b"\r") + b"BTS|2\rFTS|1\r"
    )
    return Told(at, first.source, first.format, body, (*first.about, *second.about), (*first.tells, *second.tells),
                (*first.faults, *second.faults, "batch"))  # fmt: skip


def _duplicates(rng: random.Random, rates: Rates, told: list[Told]) -> Iterator[Told]:
    for one in told:
        if rng.random() < rates.duplicate:
            body = one.body
            if rng.random() < 0.3 and b"\n" not in body:
                body = body.replace(b"\r", b"\r\n")
            later = one.at + timedelta(seconds=round(rng.choice((1, rng.uniform(2, 60), rng.uniform(60, 7200)))))
            yield replace(one, at=later, body=body, faults=(*one.faults, "duplicate"))


def _replays(rng: random.Random, rates: Rates, told: list[Told]) -> Iterator[Told]:
    """An interface engine is restored from yesterday's copy, and sends a whole day again."""
    days = sorted({_day(one.at) for one in told})
    for day in days:
        if rng.random() < rates.replayed:
            later = timedelta(days=rng.choice((1, 1, 5)))
            yield from (replace(one, at=one.at + later, faults=(*one.faults, "replayed")) for one in told if _day(one.at) == day)


def _day(at: Moment) -> int:
    return int(at.timestamp()) // 86400
