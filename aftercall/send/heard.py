"""What comes in from a provider, in each one's own form, and how each is answered. It is read in memory and kept nowhere."""

import hmac
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message as Head
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from aftercall.config import Providers
from aftercall.send.twilio import signature
from aftercall.words import Randomness

MOST = 8 * 1024  # bytes of one call from a provider: a text of ten parts, and what they write around it

ANSWERS = 5  # a day
STOP = {"stop": "en", "acha": "sw", "simama": "sw", "arret": "fr", "alto": "es"}
"""The word that ends it, in each language, as `bare` leaves it."""


@dataclass(frozen=True)
class Text:
    """A text message that came in."""

    sender: str
    text: str


class Unheard(Exception):
    """A call that isn't a provider's, or isn't signed as that provider signs: it gets the answer that every stranger gets."""


class Few:
    """A few answers a day to one number that sends what we don't know: two machines shall not write to each other all night.

    What is remembered is a hash, under a key that is in memory alone and dies with the day.
    """

    def __init__(self, rand: Randomness) -> None:
        self._rand, self._day, self._key, self._had = rand, -1, b"", Counter[bytes]()

    def may(self, number: str, today: int) -> bool:
        if today != self._day:
            self._day, self._key, self._had = today, self._rand(32), Counter()
        mark = hmac.digest(self._key, number.encode(), "sha256")
        self._had[mark] += 1
        return self._had[mark] <= ANSWERS


def is_ours(s: Providers, token: str) -> bool:
    """Does the address's secret part hold? In the same time whether or not."""
    return bool(s.inbound_token) and hmac.compare_digest(token.encode(), s.inbound_token.open().encode())


def form_of(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=100))


def signed(s: Providers, path: str, head: Mapping[str, str], form: Mapping[str, str]) -> bool:
    """Is this call Twilio's own? Without our address it can't be checked, and then it is not."""
    if not (s.twilio_token and s.address):
        return False
    right = signature(s.twilio_token, f"{s.address.rstrip('/')}{path}", form)
    return hmac.compare_digest(head.get("x-twilio-signature", "").encode(), right.encode())


def text_in(provider: str, s: Providers, path: str, head: Mapping[str, str], body: bytes) -> Text:
    """Raises Unheard."""
    match provider:
        case "kannel" if "x-kannel-from" in head:
            return Text(head["x-kannel-from"], _decoded(head.get("content-type", ""), body))
        case "gateway":
            told = _json(body)
            return Text(told.get("sender", ""), told.get("text", ""))
        case "africastalking":
            form = form_of(body)
            return Text(form.get("from", ""), form.get("text", ""))
        case "twilio" if signed(s, path, head, form := form_of(body)):
            return Text(form.get("From", ""), form.get("Body", ""))
    raise Unheard


def reply(provider: str, text: str) -> tuple[str, str] | None:
    """The answer that carries a text back, and its kind; None where it goes as a message of its own. "" says nothing."""
    match provider:
        case "kannel":
            return text, "text/plain; charset=utf-8"
        case "gateway":
            return json.dumps({"reply": text}), "application/json"
        case "twilio":
            return f"<Response>{f'<Message>{escape(text)}</Message>' if text else ''}</Response>", "text/xml"
    return None if text else ("", "text/plain; charset=utf-8")


def bare(text: str) -> list[str]:
    """The words of a text as they are compared: small, without accents, signs and digits."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text[:500]) if not unicodedata.combining(c))
    return re.findall(r"[a-z]+", plain.lower())


def number_of(text: str, country: str) -> str:
    """A telephone number as +254700000001 where that can be told; "" for what nobody could call, such as a name."""
    digits = re.sub(r"[\s().\-/]", "", text[:40])
    digits = re.sub(r"^00", "+", digits)
    if country and re.fullmatch(r"0[1-9]\d{5,13}", digits, re.ASCII):
        digits = country + digits[1:]
    elif re.fullmatch(r"[1-9]\d{9,14}", digits, re.ASCII):
        digits = f"+{digits}"  # as many telephone companies write it
    return digits if re.fullmatch(r"\+[1-9]\d{6,14}|0\d{5,14}", digits, re.ASCII) else ""


def _decoded(kind: str, body: bytes) -> str:
    head = Head()
    head["content-type"] = kind
    try:
        return body.decode(head.get_content_charset("utf-8"), "replace")
    except LookupError:
        return body.decode("utf-8", "replace")


def _json(body: bytes) -> dict[str, str]:
    try:
        told = json.loads(body)
    except ValueError:
        raise Unheard from None
    if not isinstance(told, dict):
        raise Unheard
    return {name: value for name, value in told.items() if isinstance(value, str)}
