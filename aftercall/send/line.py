"""One call to a provider over HTTP, and whether its answer means taken, later or never."""

from collections.abc import Mapping

import httpx

from aftercall.send import Later, Never, Refused

PATIENCE = 10.0  # seconds; the rows of both halves hold what is in flight for longer than this
AGAIN = frozenset({408, 425, 429})  # an answer in the 4xx that means: not now


class Line:
    """A client for one provider. `name` is what an error says; nothing of the message, the number or the address ever is."""

    def __init__(self, name: str, patience: float = PATIENCE) -> None:
        self._name = name
        self._client = httpx.AsyncClient(timeout=patience, trust_env=False)

    async def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        json: object = None,
        body: bytes | None = None,
        login: tuple[str, str] | None = None,
    ) -> httpx.Response:
        """The answer, whatever its 4xx may mean. Raises Later when the provider can't be reached, is full or is broken."""
        try:
            answer = await self._client.request(
                method, url, headers=headers, data=form, json=json, content=body, auth=login or httpx.USE_CLIENT_DEFAULT
            )
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            raise Later(f"{self._name}: {type(problem).__name__}") from None
        if answer.status_code >= 500 or answer.status_code in AGAIN:
            raise Later(f"{self._name}: status {answer.status_code}")
        return answer

    def refusal(self, answer: httpx.Response) -> Never:
        """What a status in the 3xx or 4xx means when the provider says no more than that."""
        settings = f"{self._name}: status {answer.status_code}; check its address, token or password, and sender in the settings"
        return Refused(settings)

    async def close(self) -> None:
        await self._client.aclose()
