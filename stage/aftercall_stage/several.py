"""A talk for several through one peer's phone, from docs/care-api.md alone: who has the words comes in, each letter is repeated."""

import json
from dataclasses import dataclass, field
from typing import Any

from aftercall.words import Moment, spoken
from aftercall_stage.line import Gone
from aftercall_stage.peer import Peer

MARK = "\u2063"
MOST = 12


def packed(head: dict[str, Any], text: str = "") -> str:
    """A letter that a page wrote, not a hand."""
    return f"{MARK}{json.dumps(head, ensure_ascii=False)}\n{text}"


def unpacked(letter: str) -> dict[str, Any] | None:
    """Such a letter, with its words as `text`; None for any other."""
    if not letter.startswith(MARK):
        return None
    head, _, text = letter.removeprefix(MARK).partition("\n")
    return {**json.loads(head), "text": text}


@dataclass
class Several:
    """What the facilitator's phone keeps. `who`: box -> what the others call them. `log`: (who, words)."""

    peer: Peer
    name: str
    words: str
    who: dict[str, str] = field(default_factory=dict)
    log: list[tuple[str, str]] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)

    @classmethod
    async def begin(cls, peer: Peer, until: Moment) -> "Several":
        await peer.gather(until)
        return cls(peer, str(peer.card["name"]), spoken(peer.rand(4)))

    async def look(self) -> None:
        """Lets in, lets go, repeats: all that there is to do now."""
        for page in await self.peer.pages():
            if page.join == self.words and len(self.who) < MOST:
                if await self.peer.take(page.box):
                    self.who[page.box] = page.handle
                    await self._all(self._here())
            elif page.first or isinstance(page.join, str):
                self.passed.append(page.box)
                await self.peer.pass_on(page.box)
        for box, name in list(self.who.items()):
            try:
                said = await self.peer.read(box)
            except Gone:
                del self.who[box]
                await self._all(self._here())
                continue
            for words in said:
                if not words.startswith(MARK):
                    await self._say(name, words, box)

    async def write(self, words: str) -> None:
        await self._say(self.name, words)

    async def end(self) -> None:
        await self._all(packed({"t": "bye"}))
        await self.peer.gather(None)

    async def _say(self, by: str, words: str, but: str = "") -> None:
        self.log.append((by, words))
        await self._all(packed({"t": "say", "id": f"0.{len(self.log)}", "by": by}, words), but)

    async def _all(self, letter: str, but: str = "") -> None:
        for box in self.who:
            if box != but:
                await self.peer.write(box, letter)

    def _here(self) -> str:
        return packed({"t": "here", "who": [self.name, *self.who.values()], "out": []})
