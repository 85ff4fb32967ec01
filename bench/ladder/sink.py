"""A text-message gateway that only writes down when each message came, by its key. It ends when its standard input does.

`python sink.py PORT FILE`: FILE gets one line of JSON a message: key, number, and the wall clock in seconds.
"""

import asyncio
import contextlib
import json
import sys
import time
from typing import TextIO, cast


class Gateway(asyncio.Protocol):
    def __init__(self, out: TextIO) -> None:
        self._out, self._got = out, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._got += data
        while True:
            head, whole, body = self._got.partition(b"\r\n\r\n")
            fields = dict(line.split(b": ", 1) for line in head.lower().split(b"\r\n")[1:] if b": " in line)
            length = int(fields.get(b"content-length", b"0"))
            if not whole or len(body) < length:
                return
            self._got = body[length:]
            told = {"key": fields.get(b"idempotency-key", b"").decode(), "to": json.loads(body[:length])["to"], "at": time.time()}
            self._out.write(json.dumps(told) + "\n")  # to the disk each half second: a write a message would slow the sender
            self._transport.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}")


async def main(port: int, file: str) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    with open(file, "w", buffering=2**20, encoding="utf-8") as out:  # noqa: ASYNC230 - before anything is served
        await loop.create_server(lambda: Gateway(out), "127.0.0.1", port)
        loop.add_reader(sys.stdin.fileno(), lambda: ended.set() if not sys.stdin.buffer.read1() else None)
        while not ended.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), 0.5)
            out.flush()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
