"""One question: what it is for, an example, what Enter means, and an answer that holds or says what is wrong with it."""

import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from aftercall.send.heard import number_of

Answers = Mapping[str, str]
"""What was typed so far, by the name of the question. One that was passed over isn't there."""

MOST = 2000  # letters of an answer; some tokens are long


class BadAnswer(ValueError):
    """Says what is wrong, and how to write it instead."""


@dataclass(frozen=True)
class Question:
    """`name`: the setting, or a name of its own where `gives` says which settings come of it.

    `read`: the value of what was typed, with the answers before it. Raises BadAnswer. `default`: what Enter means, "" is nothing.
    `must`: nothing is no answer. `many`: one a line, until an empty one.
    """

    name: str
    ask: str
    why: str
    example: str = ""
    default: str | Callable[[Answers], str] = ""
    read: Callable[[str, Answers], Any] = lambda text, _: text
    gives: Callable[[str, Any], dict[str, Any]] = lambda name, value: {name: value}
    must: bool = False
    secret: bool = False
    many: bool = False
    when: Callable[[Answers], bool] = lambda _: True

    def usual(self, so_far: Answers) -> str:
        return self.default(so_far) if callable(self.default) else self.default

    def check(self, text: str, so_far: Answers) -> Any:
        """The value. Raises BadAnswer."""
        if not text:
            if self.must:
                raise BadAnswer("nothing was typed, and this half can't do without it")
            return [] if self.many else None
        if self.many:
            return [self.read(plain(line), so_far) for line in text.split("\n") if line.strip()]
        return self.read(plain(text), so_far)

    def kept(self, text: str, so_far: Answers) -> str:
        """As it is kept: a choice by its whole name, a number with its country. Raises BadAnswer."""
        value = self.check(text, so_far)
        return value if isinstance(value, str) else text


def plain(text: str) -> str:
    """One line that can be printed. Raises BadAnswer."""
    bare = text.strip()
    if len(bare) > MOST:
        raise BadAnswer(f"that is longer than {MOST} letters")
    if not bare.isprintable():
        raise BadAnswer("there is a key in it that can't be printed; type it again")
    return bare


def settings_of(questions: tuple[Question, ...], answers: Answers) -> dict[str, Any]:
    """What was answered, as settings. Raises BadAnswer."""
    found: dict[str, Any] = {}
    for one in questions:
        if one.name in answers and one.when(answers) and (value := one.check(answers[one.name], answers)) is not None:
            found |= one.gives(one.name, value)
    return found


# how an answer is read -----------------------------------------------------------------------------------------------------


def short(text: str, _: Answers) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{1,31}", text):
        raise BadAnswer("write 2 to 32 small letters, digits and hyphens, as kisumu-peers")
    return text


def short_for(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:32].strip("-")


def telephone(text: str, so_far: Answers) -> str:
    number = number_of(text, so_far.get("country", ""))
    if not number.startswith("+"):
        raise BadAnswer("write the number with its country, as +254700000099")
    return number


def sender(text: str, _: Answers) -> str:
    if not re.fullmatch(r"\+?[0-9]{3,15}|[A-Za-z0-9 ]{1,11}", text):
        raise BadAnswer("write a number, or a name of at most 11 letters and digits")
    return text


def country(text: str, _: Answers) -> str:
    if not re.fullmatch(r"\+[1-9][0-9]{0,3}", text):
        raise BadAnswer("write it as +254")
    return text


def mail(text: str, _: Answers) -> str:
    if not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", text):
        raise BadAnswer("write one address, as name@hospital.example")
    return text


def server(text: str, _: Answers) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.\-:\[\]]+", text):
        raise BadAnswer("write the server's name alone, as mail.hospital.example")
    return text


def zone(text: str, _: Answers) -> str:
    try:
        ZoneInfo(text)
    except (ValueError, OSError, KeyError):
        raise BadAnswer("no such time zone; write it as Africa/Nairobi or Europe/London") from None
    return text


def yes(text: str, _: Answers) -> bool:
    word = text.lower()
    if word not in ("y", "yes", "true", "n", "no", "false"):
        raise BadAnswer("write yes or no")
    return word in ("y", "yes", "true")


def one_of(*names: str) -> Callable[[str, Answers], str]:
    def read(text: str, _: Answers) -> str:
        found = [name for name in names if name.startswith(text.lower())]
        if len(found) != 1:
            raise BadAnswer(f"write one of: {', '.join(names)}")
        return found[0]

    return read


def url(text: str, _: Answers) -> str:
    try:
        at = urlsplit(text)
        good = at.scheme in ("http", "https") and at.hostname and (at.port or True)
    except ValueError:
        good = False
    if not good or " " in text:
        raise BadAnswer("write the whole address, with http:// or https:// before it")
    return text


def origin(text: str, so_far: Answers) -> str:
    at = urlsplit(url(text, so_far))
    if at.path.strip("/") or at.query or at.fragment:
        raise BadAnswer("write the address without anything behind the host, as https://care.example.org")
    return text.rstrip("/")


def port(text: str, _: Answers) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise BadAnswer("write a number from 1 to 65535")
    with socket.socket() as here:
        here.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            here.bind(("127.0.0.1", int(text)))
        except OSError as problem:
            raise BadAnswer(f"port {text} can't be had on this machine ({problem.strerror}); take another") from None
    return int(text)


def local(address: str) -> bool:
    """Is it this machine alone?"""
    host = urlsplit(address).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")
