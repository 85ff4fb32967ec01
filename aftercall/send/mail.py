"""A message by e-mail, over SMTP, with nothing in it that the text message would not carry."""

import asyncio
import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage

from aftercall.send import Later, Never, Refused
from aftercall.words import Message, Sealed

NONE = Sealed("")


class Mail:
    """One SMTP server. Port 465 speaks TLS at once; on others STARTTLS is used when `tls` is set."""

    def __init__(self, host: str, port: int, sender: str, user: str = "", password: Sealed = NONE, tls: bool = True) -> None:
        self._host, self._port, self._sender, self._user, self._tls = host, port, sender, user, tls
        self._password = password

    async def send(self, message: Message) -> None:
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Subject"] = self._sender, message.to, message.subject
        letter["Message-ID"] = f"<{message.key}@{self._sender.rpartition('@')[2]}>"  # the same key, the same letter
        letter.set_content(message.text)
        await self._call(lambda server: server.send_message(letter))

    async def there(self) -> None:
        """Raises Later, or Refused, as a letter would before it is handed over."""
        await self._call(lambda server: server.noop())

    async def _call(self, what: Callable[[smtplib.SMTP], object]) -> None:
        try:
            await asyncio.to_thread(self._connected, what)
        except smtplib.SMTPRecipientsRefused:
            raise Never("mail: the server refuses this address") from None
        except smtplib.SMTPAuthenticationError:
            raise Refused("mail: user or password refused; check the settings") from None
        except (OSError, smtplib.SMTPException) as problem:
            raise Later(f"mail: {type(problem).__name__}") from None

    def _connected(self, what: Callable[[smtplib.SMTP], object]) -> None:
        context = ssl.create_default_context()
        at_once = self._port == 465
        with (
            smtplib.SMTP_SSL(self._host, self._port, timeout=20, context=context)
            if at_once
            else smtplib.SMTP(self._host, self._port, timeout=20)
        ) as server:
            if self._tls and not at_once:
                server.starttls(context=context)
            if self._user:
                server.login(self._user, self._password.open())
            what(server)
