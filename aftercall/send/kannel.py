"""A text message by Kannel, the gateway that runs on one's own machine with a modem or a line to the telephone company."""

from aftercall.send import Later, Never
from aftercall.send.line import PATIENCE, Line
from aftercall.words import Message, Sealed


class Kannel:
    """Kannel's sendsms (Kannel user guide 1.4.5, 6.5). It knows no key: a message sent twice arrives twice.

    A POST with everything in headers and body, so that neither number nor text stands in an address that somebody may log.
    No delivery report is asked for.
    """

    def __init__(self, url: str, user: str, password: Sealed, sender: str, patience: float = PATIENCE) -> None:
        self._url, self._user, self._password, self._sender = url, user, password, sender
        self._line = Line("kannel", patience)

    async def send(self, message: Message) -> None:
        """Raises Later also for "3: Queued": Kannel has no line now, and what it holds in its memory would die with it."""
        told = {"Username": self._user, "Password": self._password.open(), "From": self._sender, "To": message.to}
        told |= {"Coding": "0" if plain(message.text) else "2"}
        headers = {f"X-Kannel-{name}": value for name, value in told.items()} | {"Content-Type": "text/plain; charset=UTF-8"}
        answer = await self._line.call("POST", self._url, headers=headers, body=message.text.encode())
        if answer.status_code == 400:  # its lists refuse the number, or it can't be one
            raise Never("kannel: this number is refused")
        if not answer.is_success:
            raise self._line.refusal(answer)
        if not answer.text.startswith("0:"):
            raise Later("kannel: no line to the telephone company; it was queued there and may come twice")

    async def there(self) -> None:
        await self._line.there(self._url)

    async def close(self) -> None:
        await self._line.close()


# GSM 03.38: what 160 characters of a text message may be made of. The second set takes two places each.
GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_TWICE = frozenset("^{}\\[~]|€")


def places(text: str) -> int:
    """How many of the 160 places of one text message these letters take, where `plain`."""
    return len(text) + sum(letter in GSM7_TWICE for letter in text)


def plain(text: str) -> bool:
    """Is it made of letters that every telephone has?"""
    return set(text) <= GSM7 | GSM7_TWICE
