"""One side of one talk: letters go out once and in order, come in once and in order, and are kept until the other has them."""

from dataclasses import dataclass, field
from typing import Any

from aftercall.words import Randomness, unb64
from aftercall_stage.line import Line, Refused
from aftercall_stage.sealing import NotOurs, open_letter, seal_letter

ASKER, PEER = ("c2p", "p2c"), ("p2c", "c2p")  # what this side writes, what it reads


@dataclass
class Letter:
    """A letter of mine that may not have arrived yet. `tried`: it may have, without our hearing of it."""

    n: int
    wire: bytes
    text: str
    tried: bool = False


@dataclass
class Talk:
    """What a phone keeps of a talk."""

    programme: str
    box: str
    cap: bytes
    k: bytes
    side: tuple[str, str]
    sending: int = 0
    had: int = 0
    out: list[Letter] = field(default_factory=list)
    mine: list[str] = field(default_factory=list)  # everything I wrote in this talk
    theirs: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)  # replays and forgeries, which nobody is shown
    missing: list[int] = field(default_factory=list)
    state: str = ""  # as the last answer said

    @property
    def head(self) -> dict[str, str]:
        return {"X-Box": self.box, "X-Cap": self.cap.hex()}

    def seal(self, text: str, rand: Randomness) -> None:
        """Kept before it is sent."""
        self.sending += 1
        wire = seal_letter(self.programme, self.box, self.k, self.side[0], self.sending, text, rand)
        self.out.append(Letter(self.sending, wire, text))

    def take(self, wire: bytes) -> str | None:
        """The text of a new letter; None for one that is refused, with the reason kept."""
        try:
            n, text = open_letter(self.programme, self.box, self.k, self.side[1], wire, self.had)
        except NotOurs as problem:
            self.refused.append(str(problem))
            return None
        self.missing += range(self.had + 1, n)
        self.had = n
        self.theirs.append(text)
        return text


async def write(line: Line, talk: Talk, text: str, rand: Randomness) -> None:
    """Raises Away (it stays in `out` and goes with the next), or Gone when there is no such talk any more."""
    talk.seal(text, rand)
    talk.mine.append(text)
    await flush(line, talk, rand)


async def flush(line: Line, talk: Talk, rand: Randomness) -> None:
    """Send what is still here. The server's "had that number" to a letter it may have is a delivery."""
    while talk.out:
        letter = talk.out[0]
        before, letter.tried = letter.tried, True
        try:
            await line.call("POST", "box/m", talk.head, body=letter.wire)
        except Refused as problem:
            if problem.word != "seq":
                raise
            if not (before or problem.again):  # somebody else's letter stands there: the same texts under the next numbers
                texts, talk.out = [one.text for one in talk.out], []
                for text in texts:
                    talk.seal(text, rand)
                continue
        talk.out.pop(0)


async def read(line: Line, talk: Talk, wait: int = 0) -> list[str]:
    """New letters; the server is told at once that they are here, which deletes them there."""
    new: list[str] = []
    while True:
        had = talk.had
        said = await line.call("GET", "box/m", {**talk.head, "X-After": str(had), "X-Seen": talk.state}, wait=wait)
        talk.state, wait = str(said.json["state"]), 0
        wires: list[Any] = said.json["letters"]
        new += [text for wire in wires if (text := talk.take(unb64(wire))) is not None]
        if talk.had == had:
            return new
