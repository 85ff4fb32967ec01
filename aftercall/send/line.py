"""One call to a provider over HTTP, and whether its answer means taken, later or never."""

import base64
import json as jsons
from collections.abc import Mapping
from urllib.parse import urlencode

from aftercall.send import Later, Never, Refused
from aftercall.send.kept import Answer, Broken, Kept

PATIENCE = 10.0  # seconds; the rows of both halves hold what is in flight for longer than this
AGAIN = frozenset({408, 425, 429})  # an answer in the 4xx that means: not now


class Line:
    """A client for one provider. `name` is what an error says; nothing of the message, the number or the address ever is."""

    def __init__(self, name: str, patience: float = PATIENCE) -> None:
        self._name, self._kept = name, Kept(patience)

    async def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        json: object = None,
        body: bytes = b"",
        login: tuple[str, str] | None = None,
    ) -> Answer:
        """The answer, whatever its 4xx may mean. Raises Later when the provider can't be reached, is full or is broken."""
        head = dict(headers or {})
        if form is not None:
            head["Content-Type"], body = "application/x-www-form-urlencoded", urlencode(form).encode()
        elif json is not None:
            head["Content-Type"], body = "application/json", jsons.dumps(json, ensure_ascii=False).encode()
        if login:
            head["Authorization"] = "Basic " + base64.b64encode(":".join(login).encode()).decode()
        try:
            answer = await self._kept.call(method, url, head, body)
        except Broken as problem:
            raise Later(f"{self._name}: {problem}") from None
        if answer.status_code >= 500 or answer.status_code in AGAIN:
            raise Later(f"{self._name}: status {answer.status_code}")
        return answer

    async def there(self, url: str) -> None:
        """Raises Later when the provider can't be reached. What it would answer is not known."""
        try:
            await self._kept.there(url)
        except Broken as problem:
            raise Later(f"{self._name}: {problem}") from None

    def refusal(self, answer: Answer) -> Never:
        """What a status in the 3xx or 4xx means when the provider says no more than that."""
        settings = f"{self._name}: status {answer.status_code}; check its address, token or password, and sender in the settings"
        return Refused(settings)

    async def close(self) -> None:
        await self._kept.close()
