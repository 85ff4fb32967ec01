"""A text message by a plain HTTP gateway, with a key that lets it drop the second of two."""

from aftercall.send.line import PATIENCE, Line
from aftercall.words import Message, Sealed


class Gateway:
    """Posts {"to", "text", "from"} as JSON with a bearer token and an Idempotency-Key; any 2xx means taken."""

    def __init__(self, url: str, token: Sealed, sender: str, patience: float = PATIENCE) -> None:
        self._url, self._token, self._sender = url, token, sender
        self._line = Line("gateway", patience)

    async def send(self, message: Message) -> None:
        told = {"to": message.to, "text": message.text, "from": self._sender}
        headers = {"Idempotency-Key": message.key, **self._authorization()}
        answer = await self._line.call("POST", self._url, json=told, headers=headers)
        if not answer.is_success:
            raise self._line.refusal(answer)

    def _authorization(self) -> dict[str, str]:
        """A bearer token of no letters is no header at all: one is refused before it leaves, and no text ever would."""
        return {"Authorization": f"Bearer {self._token.open()}"} if self._token else {}

    async def there(self) -> None:
        await self._line.there(self._url)

    async def close(self) -> None:
        await self._line.close()
