"""A text message by a plain HTTP gateway, with a key that lets it drop the second of two."""

import httpx

from aftercall.send import Later, Never
from aftercall.words import Message, Sealed


class Gateway:
    """Posts {"to", "text", "from"} as JSON with a bearer token and an Idempotency-Key; any 2xx means taken."""

    def __init__(self, url: str, token: Sealed, sender: str, patience: float = 10.0) -> None:
        self._url, self._token, self._sender = url, token, sender
        self._client = httpx.AsyncClient(timeout=patience, trust_env=False)

    async def send(self, message: Message) -> None:
        try:
            answer = await self._client.post(
                self._url,
                json={"to": message.to, "text": message.text, "from": self._sender},
                headers={"Idempotency-Key": message.key, **self._authorization()},
            )
        except httpx.HTTPError as problem:
            raise Later(f"gateway: {type(problem).__name__}") from None
        if answer.status_code >= 500 or answer.status_code in (408, 425, 429):
            raise Later(f"gateway: status {answer.status_code}")
        if not answer.is_success:
            raise Never(f"gateway: status {answer.status_code}; check its address, token and sender in the settings")

    def _authorization(self) -> dict[str, str]:
        """A bearer token of no letters is no header at all: one is refused before it leaves, and no text ever would."""
        return {"Authorization": f"Bearer {self._token.open()}"} if self._token else {}

    async def close(self) -> None:
        await self._client.aclose()
