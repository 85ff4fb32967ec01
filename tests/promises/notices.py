"""Every text that leaves either half, in every language, as it was agreed on; `python -m tests.promises.notices` writes it anew."""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from aftercall.inside import posting
from aftercall.inside.doors import mine
from aftercall.inside.road.report import WAITS
from aftercall.locale import LANGUAGES, speak
from aftercall.outside import planning, ringing
from aftercall.words import Message
from tests.locale.test_words import SENT

AGREED = Path(__file__).parent / "notices.json"
SUBJECTS = (posting.SUBJECT, mine.SUBJECT, ringing.SUBJECT, planning.SUBJECT, planning.KEYS_SUBJECT)
TO_ANYBODY = (*SENT, *SUBJECTS, WAITS)
TO_A_COORDINATOR = (planning.WEEK, planning.PHONE, planning.DAY, planning.KEYS)
ALL = sorted({*TO_ANYBODY, *TO_A_COORDINATOR})


def spoken() -> dict[str, dict[str, str]]:
    """Language, then our text, then how it is said."""
    return {language: {text: speak(language)(text) for text in ALL} for language in LANGUAGES}


def agreed() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads(AGREED.read_text("utf-8"))
    return found


def unlike(text: str) -> str:
    """What is not agreed on in a text that went out; "" when it is one of ours, with a link, a number or an hour filled in."""
    for said in agreed().values():
        for form in said.values():
            if re.fullmatch(re.sub(r"\\\{\w+\\\}", r"[^ ]+(?: [0-9]+)*", re.escape(form)), text):
                return ""
    return text


def tells(messages: Iterable[Message]) -> Iterator[str]:
    """What messages tell whoever sees them come in; nothing is kept."""
    for message in messages:
        if message.road == "push":
            yield from [f"a push carries {message.text!r}"] * bool(message.text)
            continue
        for where, text in (("text", message.text), ("subject", message.subject)):
            if text and unlike(text):
                yield f"{message.road}: the {where} is none that was agreed on: {text}"


if __name__ == "__main__":
    AGREED.write_text(json.dumps(spoken(), ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8")
    sys.exit(0)
