"""Answer each frame at once, unread: what the sender alone could reach. python echo.py PORT."""

import asyncio
import sys

ACK = b"\x0bMSH|^~\\&|||||||ACK|1|P|2.5\rMSA|AA|1\r\x1c\r"


class Link(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if ends := data.count(b"\x1c\r"):
            self._transport.write(ACK * ends)  # type: ignore[attr-defined]


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Link, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
