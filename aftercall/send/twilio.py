"""Texts and calls by Twilio, whose interface is a form and whose answer has a number for what went wrong."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

from aftercall.send import Never
from aftercall.send.line import PATIENCE, Line
from aftercall.words import Message, Sealed

THIS_NUMBER = frozenset({13223, 13224, 13225, 21211, 21214, 21217, 21219, 21408, 21610, 21612, 21614})
"""Not a number, not one that can be reached, or one that said STOP to us; any other 4xx is about our account."""
VOICES = {"en": "en-GB", "fr": "fr-FR", "es": "es-ES"}  # what its machine reads well; others want a recording
RING_FOR = "30"  # seconds


class Texts:
    """One text (Twilio, POST .../Messages.json). No status callback is asked for."""

    def __init__(self, url: str, account: str, token: Sealed, sender: str, patience: float = PATIENCE) -> None:
        self._url, self._login = _at(url, account, "Messages"), (account, token)
        self._sender, self._line = sender, Line("twilio", patience)

    async def send(self, message: Message) -> None:
        await _post(self._line, self._url, self._login, {"To": message.to, "From": self._sender, "Body": message.text})

    async def there(self) -> None:
        await self._line.there(self._url)

    async def close(self) -> None:
        await self._line.close()


class Calls:
    """One call (Twilio, POST .../Calls.json) in which one sentence is said twice; what to say goes with it."""

    def __init__(self, url: str, account: str, token: Sealed, sender: str, sounds: str = "", patience: float = PATIENCE) -> None:
        self._url, self._login = _at(url, account, "Calls"), (account, token)
        self._sender, self._sounds, self._line = sender, sounds, Line("twilio", patience)

    async def send(self, message: Message) -> None:
        told = {"To": message.to, "From": self._sender, "Timeout": RING_FOR}
        told |= {"Twiml": f"<Response>{said(message.text, message.language, self._sounds)}</Response>"}
        await _post(self._line, self._url, self._login, told)

    async def close(self) -> None:
        await self._line.close()


def said(text: str, language: str, sounds: str) -> str:
    """The sentence twice: from a recording where there are some, else read out by the provider's machine."""
    if sounds:
        return f'<Play loop="2">{escape(sounds.rstrip("/"))}/{language}.mp3</Play>'
    voice = f" language={quoteattr(VOICES[language])}" if language in VOICES else ""
    return f'<Say{voice} loop="2">{escape(text)}</Say>'


def signature(token: Sealed, url: str, form: Mapping[str, str]) -> str:
    """What stands in X-Twilio-Signature of a call from there: over the whole address and every field in order."""
    whole = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.digest(token.open().encode(), whole.encode(), hashlib.sha1)).decode()


def _at(url: str, account: str, what: str) -> str:
    return f"{url.rstrip('/')}/2010-04-01/Accounts/{account}/{what}.json"


async def _post(line: Line, url: str, login: tuple[str, Sealed], told: dict[str, str]) -> None:
    answer = await line.call("POST", url, form=told, login=(login[0], login[1].open()))
    if answer.is_success:
        return
    try:
        code = json.loads(answer.text).get("code")
    except (ValueError, AttributeError):
        code = None
    raise Never(f"twilio: this number is refused ({code})") if code in THIS_NUMBER else line.refusal(answer)
