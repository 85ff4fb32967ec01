"""The two halves share no account, password, number, key or address: told by prints, since neither may read the other's file."""

import hashlib
import logging
import re
from collections.abc import Iterator
from dataclasses import fields
from urllib.parse import urlsplit

from aftercall.config import Inside, Outside, Providers, Wrong
from aftercall.send.push import public, push_key
from aftercall.send.ways import PUSH_KEY
from aftercall.words import Sealed, b64

log = logging.getLogger("aftercall")

ACCOUNTS = ("africastalking_user", "twilio_account")
NUMBERS = (
    "sms_sender", "kannel_sender", "africastalking_sender", "twilio_sender", "africastalking_voice", "twilio_voice", "care_number",
    "mail_sender",
)  # fmt: skip
_N, _R, _P = 2**12, 8, 1  # 10 ms, so that a short password is not read back from its print at once


def origin(address: str) -> str:
    """Host and port of an address; "" for none."""
    at = urlsplit(address)
    return f"{(at.hostname or '').lower()}:{at.port or (80 if at.scheme == 'http' else 443)}" if at.hostname else ""


def own(s: Providers) -> Iterator[tuple[str, str]]:
    """Every setting of this half that the other may not have, and what to compare of it."""
    for f in fields(s):
        value = getattr(s, f.name)
        if isinstance(value, Sealed) and value:
            yield f.name, f"secret|{value.open()}"
        elif f.name in ACCOUNTS and value:
            yield f.name, f"account|{value.strip().lower()}"
        elif f.name in NUMBERS and value:
            yield f.name, f"number|{re.sub(r'[^0-9a-z@.]', '', value.lower())}"
    for name, server, user in (("kannel_user", s.kannel_url, s.kannel_user), ("mail_user", s.mail_host, s.mail_user)):
        if user:
            yield name, f"account|{server.lower()}|{user}"
    if origin(s.address):
        yield "address", f"origin|{origin(s.address)}"
    if isinstance(s, Outside) and s.push_contact:
        yield PUSH_KEY, f"key|{public(push_key(s.data / PUSH_KEY))}"


def shared(inside: Inside, outside: Outside) -> list[tuple[str, str]]:
    """Pairs of settings that are the same in both: for whoever may read both files."""
    theirs = {value: name for name, value in own(outside)}
    both = [(name, theirs[value]) for name, value in own(inside) if value in theirs]
    same = origin(inside.address) and origin(inside.address) == origin(inside.care_link)
    return [*both, *([("address", "care_link")] if same else [])]


def prints(s: Providers) -> list[str]:
    """What the other organisation may see of these: enough to find the same, and slow to guess from."""
    return sorted({_print(value) for _, value in own(s)})


def check_apart(s: Providers) -> None:
    """Raises Wrong when this half has something of the other's; says so when it can't know."""
    if not s.theirs:
        log.warning("theirs: not set, so this half can't know whether the other has the same accounts; see `aftercall prints`")
        return
    for name, value in own(s):
        if _print(value) in s.theirs:
            raise Wrong(f"{name}: the other half has the same. Each needs its own; else one provider's list joins the two")


def _print(value: str) -> str:
    return b64(hashlib.scrypt(value.encode(), salt=b"ac1/print", n=_N, r=_R, p=_P, dklen=12))
