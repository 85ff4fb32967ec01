"""Say one HL7 message over a real MLLP socket, and note the instant its last byte left."""

import asyncio
import time
from dataclasses import dataclass

VT, FS, CR = b"\x0b", b"\x1c", b"\r"


@dataclass(frozen=True)
class Told:
    """A message that was answered; instants are of `time.time`, as the providers note theirs."""

    body: bytes
    ack: bytes
    last_byte: float
    answered: float


async def tell(host: str, port: int, body: bytes, patience: float = 20.0) -> Told:
    """Raises OSError, TimeoutError or IncompleteReadError when nobody listens, or nobody answers."""
    async with asyncio.timeout(patience):
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(VT + body + FS + CR)
            await writer.drain()
            last_byte = time.time()
            answer = await reader.readuntil(FS + CR)
            return Told(body, answer.strip(VT + FS + CR), last_byte, time.time())
        finally:
            writer.close()


def lines(message: bytes) -> list[str]:
    """The segments of a message, as text."""
    return [line for line in message.decode("utf-8", "replace").replace("\r\n", "\r").split("\r") if line]
