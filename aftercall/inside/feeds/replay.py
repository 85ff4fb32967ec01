"""Send the messages of a file to a listener again, one by one, and say what became of each."""

from collections.abc import Callable, Iterable
from pathlib import Path

from aftercall.inside.feeds.er7 import Message, at, messages
from aftercall.inside.feeds.sender import send

TIMEOUT = 30.0  # seconds


def messages_in(data: bytes) -> list[bytes]:
    """The messages of a file of any kind: MLLP frames, FHS/BHS batches, one after the other, or one a line (ndhl7)."""
    return [message.plain + b"\r" for message in messages(data) if message.headed]


async def replay(paths: Iterable[Path], host: str, port: int, out: Callable[[str], None]) -> None:
    """Tell `out` one line a message: file, number, MSH-9, the answer's code, its sentence. No patient's data is in it."""
    for path in paths:
        bodies = messages_in(path.read_bytes())
        if not bodies:
            out(f"{path.name}\t-\t-\t-\tno HL7 message in this file")
        number = 0
        async for answer in send(host, port, bodies, TIMEOUT):
            code, sentence = said(answer)
            out(f"{path.name}\t{number + 1}\t{_kind(bodies[number])}\t{code}\t{sentence}")
            number += 1


def _kind(body: bytes) -> str:
    message = next(messages(body))
    return "^".join(message.coding.text(part) for part in (at(message.header(), 9) or b"").split(message.coding.component))


def said(answer: bytes) -> tuple[str, str]:
    """MSA-1 and MSA-3; a message that asked for no answer has none."""
    for message in messages(answer):
        for line in message.lines:
            if line[:3] == b"MSA":
                return _words(message, line)
    return "-", "no answer was asked for" if not answer else "an answer without MSA"


def _words(message: Message, line: bytes) -> tuple[str, str]:
    fields = line.split(message.coding.field)
    return message.coding.text(at(fields, 1)), message.coding.text(at(fields, 3))
