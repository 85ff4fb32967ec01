"""Many links to one listener, each waiting for its answer before it sends again; a process of its own. Prints one line of JSON.

`python senders.py '{"port": 2575, "links": 64, "seconds": 3, "mix": {"living": 99, "death": 1}, "from": 1000000}'`
With "rate" the messages come at their own times whatever the listener does, and a delay counts from that time: what waits for a
free link is not hidden. With "gateway" it is also the text-message gateway, and says how long each death took to get there.
"""

import asyncio
import gc
import json
import random
import select
import socket
import sys
import time
from collections import deque
from datetime import UTC, datetime
from typing import Any, cast

from machine import share
from told import DEATHS, STAFF, death, filled, living, stamp

VT, END = b"\x0b", b"\x1c\r"
TAKEN = (b"MSA|AA", b"MSA|CA")


class Load:
    """What is to be sent, and what came of it."""

    def __init__(self, asked: dict[str, Any]) -> None:
        now = datetime.now(UTC)
        self.templates = {"living": living(now), "known": living(now), "death": death(now)}
        self._written, self._from, self._patients = stamp(now).encode(), asked["from"], asked.get("patients", 1)
        names, weights = zip(*asked["mix"].items(), strict=True)
        self._kinds = deque(random.Random(3).choices(names, weights, k=10_000))
        self._number, self._deaths = asked["from"], asked.get("deaths_from", 0)
        self.rate, self.begun, self.end, self.stopped = asked.get("rate", 0), 0.0, 0.0, 0.0
        self.most = asked.get("messages", 0)
        self.sent = self.bad = 0
        self.took: list[float] = []
        self.free: deque[Link] = deque()
        self.due: deque[float] = deque()
        self.written: dict[str, float] = {}  # of deaths: the phone of whom it names, and when its last byte was written

    def next(self) -> tuple[bytes, str]:
        """A framed message, and the phone of the doctor it names when it is a death."""
        self._number += 1
        self.sent += 1
        kind = self._kinds[0]
        self._kinds.rotate(-1)
        phone, doctor = "", DEATHS + self._number % (STAFF - DEATHS)
        if kind == "death":
            self._deaths, doctor = self._deaths + 1, self._deaths + 1
            phone = f"+2547{doctor:08}"
        body, number = self.templates[kind], self._number
        if kind == "known":  # one of those who are in the house, told anew: what is written there is of now
            number = self._from + number * 7919 % self._patients
            body = body.replace(self._written, stamp(datetime.now(UTC)).encode())
        return VT + filled(body, number, doctor) + END, phone

    @property
    def over(self) -> bool:
        return time.perf_counter() >= self.end or (self.most > 0 and self.sent >= self.most)

    def answered(self, link: "Link", since: float, good: bool) -> None:
        self.took.append(time.perf_counter() - since)
        self.bad += not good
        if self.due:
            link.send(self.due.popleft())
        else:
            self.free.append(link)

    def pace(self, loop: asyncio.AbstractEventLoop, planned: int = 0) -> None:
        """Hand out every message whose time has come; what finds no free link waits with its time."""
        now = time.perf_counter()
        while (at := self.begun + planned / self.rate) <= min(now, self.end):
            planned += 1
            if self.free:
                self.free.popleft().send(at)
            else:
                self.due.append(at)
        if now < self.end:
            loop.call_later(max(0.0, at - time.perf_counter()), self.pace, loop, planned)


class Link(asyncio.Protocol):
    def __init__(self, load: Load) -> None:
        self._load, self._got, self._since = load, b"", 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def send(self, since: float) -> None:
        frame, phone = self._load.next()
        self._since = since
        self._transport.write(frame)
        if phone:
            self._load.written[phone] = time.perf_counter()

    def data_received(self, data: bytes) -> None:
        self._got += data
        if self._got.endswith(END):
            good, self._got = any(code in self._got for code in TAKEN), b""
            self._load.answered(self, self._since, good)


class Gateway(asyncio.Protocol):
    """As little of a text-message gateway as takes a post: it writes down when, and for whom."""

    arrived: dict[str, float]

    def __init__(self, arrived: dict[str, float]) -> None:
        self._arrived, self._got = arrived, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, whole, body = self._got.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0] or 0)
        if whole and len(body) >= length:
            self._got = b""
            self._arrived.setdefault(json.loads(body)["to"], time.perf_counter())
            self._transport.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}")


def hammer(asked: dict[str, Any]) -> dict[str, Any]:
    """Every link as fast as it is answered, on bare sockets: an event loop would spend more time than some listeners."""
    load, waits = Load(asked), select.epoll()
    links = {(link := socket.create_connection(("127.0.0.1", asked["port"]))).fileno(): link for _ in range(asked["links"])}
    since, got = dict.fromkeys(links, 0.0), dict.fromkeys(links, b"")
    for number, link in links.items():
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        waits.register(number, select.EPOLLIN)
    gc.disable()
    clock, took, flying = time.perf_counter, load.took, len(links)
    load.begun = clock()
    load.end = load.begun + asked["seconds"]
    for number, link in links.items():
        since[number] = clock()
        link.sendall(load.next()[0])
    answered, over = 0, False
    while flying and (events := waits.poll(10)):
        for number, _ in events:
            data = got[number] + links[number].recv(65536)
            if not data.endswith(END):
                if len(data) == len(got[number]):
                    raise ConnectionError("the listener closed the link")
                got[number] = data
                continue
            got[number], now = b"", clock()
            took.append(now - since[number])
            load.bad += not (TAKEN[0] in data or TAKEN[1] in data)
            if over or load.over:
                answered, over, flying = answered or len(took), True, flying - 1
                load.stopped = load.stopped or now
                continue
            since[number] = now
            links[number].sendall(load.next()[0])
    return _said(load, answered, load.stopped - load.begun)


def _said(load: Load, answered: int, seconds: float) -> dict[str, Any]:
    took = [one * 1000 for one in load.took]
    found = {"sent": load.sent, "answered": len(took), "bad": load.bad, "rate": answered / seconds, "late": len(load.due)}
    return found | {"p50": share(took, 0.5), "p99": share(took, 0.99), "max": max(took, default=float("nan"))}


async def run(asked: dict[str, Any]) -> dict[str, Any]:
    loop, load = asyncio.get_running_loop(), Load(asked)
    arrived: dict[str, float] = {}
    if asked.get("gateway"):
        await loop.create_server(lambda: Gateway(arrived), "127.0.0.1", asked["gateway"])
    links = [
        cast(Link, (await loop.create_connection(lambda: Link(load), "127.0.0.1", asked["port"]))[1]) for _ in range(asked["links"])
    ]
    gc.disable()
    load.begun = time.perf_counter()
    load.end = load.begun + asked["seconds"]
    load.free.extend(links)
    load.pace(loop)
    await _until(lambda: load.over, asked["seconds"])
    answered, seconds = len(load.took), time.perf_counter() - load.begun
    await _until(lambda: len(load.took) >= load.sent and not load.due, 10)
    found = _said(load, answered, seconds)
    if asked.get("gateway"):
        await _until(lambda: len(arrived) >= len(load.written), 5)
        left = [(arrived[phone] - at) * 1000 for phone, at in load.written.items() if phone in arrived]
        found["leaving"] = {"deaths": len(load.written), "left": len(left), "ms": left}
    return found


async def _until(true: Any, patience: float) -> None:
    end = time.perf_counter() + patience
    while not true() and time.perf_counter() < end:  # noqa: ASYNC110 - an event would cost the links their time
        await asyncio.sleep(0.02)


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    print(json.dumps(asyncio.run(run(given)) if given.get("rate") else hammer(given)))
