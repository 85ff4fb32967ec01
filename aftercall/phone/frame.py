"""The frame of the questions: one script, one style, and a policy that lets it reach nothing.

A browser runs there what has these hashes, and no more.
"""

import base64
import hashlib
import re
import tomllib
from typing import Any

from aftercall.locale import marked as _
from aftercall.phone.light import FOLDER as HERE
from aftercall.phone.light import light, style

PARTS = ("scoring.mjs", "questions.mjs", "questions.css")  # stand in the frame, and are not handed out by themselves
LATER = ("lock.mjs", "kept.mjs", "past.mjs")  # a history of checks: handed to the frame by the page around it (check.mjs)

# Stress First Aid's four colours (US National Center for PTSD, public domain), in our own words.
COLOURS = (
    ("green", _("Green"), _("I sleep, I eat, I get through the day. I am who I was.")),
    ("yellow", _("Yellow"), _("I am tense, tired, or short with people. It comes and goes.")),
    ("orange", _("Orange"), _("It stays. I sleep badly, I see it again, I keep away from people.")),
    ("red", _("Red"), _("I can't get through the day, or I don't feel safe.")),
)
LEVELS = (
    (_("It looks calm."), _("There is nothing you have to do. If that changes, come back, or talk to one of us.")),
    (
        _("Some of it is still with you."),
        _("Sleep, food, and someone you like help more than they seem to. Look again in two weeks. One of us would listen."),
    ),
    (
        _("It weighs on you."),
        _("Talk to one of us in the next days, and to a doctor of your own. Many feel like this after something hard."),
    ),
    (
        _("It weighs on you a great deal."),
        _("Talk to someone today: one of us, or a doctor. Ask somebody to come with you."),
    ),
)


def _script() -> str:
    """Both modules in one, without the import between them, for the frame may fetch nothing."""
    return "".join(re.sub(r"^import .*\n", "", light(HERE / name).decode(), flags=re.MULTILINE) for name in PARTS[:2])


def _past() -> str:
    """The others in one, as the page around makes it of what it fetched; to the letter, for its hash is what lets it run."""
    return "".join(re.sub(r"^import .*\n|^export ", "", light(HERE / name).decode(), flags=re.MULTILINE) for name in LATER)


def _style() -> str:
    """The colours and types of the page around it, and what is the frame's own."""
    roots = r"^:root \{.*?^\}\n|^@media \(prefers-color-scheme: light\) \{.*?^\}\n"
    around, own = ((HERE / name).read_text("utf-8") for name in ("phone.css", "questions.css"))
    return style("".join((*re.findall(roots, around, re.MULTILINE | re.DOTALL), own)).encode()).decode()


def hashed(text: str) -> str:
    """As a Content-Security-Policy names a text: the browser compares what it is about to run."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


SCRIPT, PAST, STYLE = _script(), _past(), _style()
SCRIPTS = f"{hashed(SCRIPT)} {hashed(PAST)}"
ALONE = f"default-src 'none'; script-src {SCRIPTS}; style-src {hashed(STYLE)}; form-action 'none'; base-uri 'none'"


def instruments(language: str) -> dict[str, dict[str, Any]]:
    """The published texts in that language, and in English what has none; each says which it is in."""
    english, own = _published("en"), _published(language)
    return {of: {**own[of], "lang": language} if of in own else {**one, "lang": "en"} for of, one in english.items()}


def _published(language: str) -> dict[str, Any]:
    file = HERE / "instruments" / f"{language}.toml"
    return tomllib.loads(file.read_text("utf-8")) if file.exists() else {}
