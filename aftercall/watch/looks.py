"""Looks that both halves have in common: the clock, how full the disk is, how long a certificate is good."""

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from aftercall.config import Settings
from aftercall.watch.audit import DISK, OVERDUE, Audit, late
from aftercall.watch.findings import BROKEN, LOOK, OK, Finding
from aftercall.words import Moment

SOON, NEAR = timedelta(days=30), timedelta(days=7)


def clock(audit: Audit, here: bool) -> Finding:
    """`here`: does the clock run in this process?"""
    if not here:
        return Finding("clock", OK, "runs in another worker")
    if audit.tick_age <= OVERDUE:
        return Finding("clock", OK, "came round less than 30 s ago")
    return Finding("clock", BROKEN, f"has stood still for {late(audit.tick_age):.0f} s", "End this half and start it again.")


def free(folder: Path) -> float:
    """The part of the folder's volume that is free; before the first start the folder isn't there yet."""
    there = shutil.disk_usage(next(one for one in (folder, *folder.absolute().parents) if one.exists()))
    return there.free / there.total


def disk(part: float) -> Finding:
    """How much is free is not told finer than this: on the care side it moves with each ask."""
    if part >= 2 * DISK:
        return Finding("disk", OK, "at least 20 % is free")
    do = "Make room on the volume of the data folder. When it is full nothing more is accepted."
    return Finding("disk", LOOK if part >= DISK else BROKEN, f"less than {20 if part >= DISK else 10} % is free", do)


def chain(wrong: str, where: str) -> Finding:
    """Of the audit. `where`: what was done with, or at."""
    if not wrong:
        return Finding("audit", OK, f"what was done with {where} is whole: nothing changed, removed or moved")
    do = "Somebody has written to the database past the program. Compare the six words of old weeks with what was printed."
    return Finding("audit", BROKEN, wrong, do)


def ends(what: str, at: Moment, now: Moment, do: str) -> Finding:
    """Something that is good until then."""
    left = at - now
    if left <= timedelta(0):
        return Finding(what, BROKEN, f"ended on {at:%Y-%m-%d}", do)
    state = OK if left > SOON else LOOK if left > NEAR else BROKEN
    return Finding(what, state, f"good for {left.days} days more, until {at:%Y-%m-%d}", "" if state == OK else do)


def door(s: Settings, now: Moment) -> Iterator[Finding]:
    """The certificate of the web door; a proxy's is for the proxy to watch."""
    if s.tls_cert:
        yield certificate("TLS certificate", Path(s.tls_cert), now, "It is taken within ten seconds, without a restart.")


def certificate(what: str, path: Path, now: Moment, then: str = "Start this half again.") -> Finding:
    """`then`: what follows once it is renewed."""
    try:
        at = last_day(path)
    except (OSError, ValueError) as problem:
        return Finding(what, BROKEN, f"{path} can't be read ({type(problem).__name__})", "Is the path in the settings right?")
    return ends(what, at, now, f"Renew {path}. {then}")


def last_day(path: Path) -> datetime:
    """Of the chain's certificates the one that ends first. Raises OSError, or ValueError where there is none."""
    return min(one.not_valid_after_utc for one in x509.load_pem_x509_certificates(path.read_bytes()))


def apart(s: Settings) -> Finding:
    if s.theirs:
        return Finding("apart", OK, "it has nothing of the other half's")
    do = "Set what the other half's `aftercall prints` prints as `theirs`; who may read both files runs `aftercall apart`."
    return Finding("apart", LOOK, "it can't know whether the other half has the same account, number or key", do)
