"""Who may come in to the HL7 listener, how many at once, and how fast; known by their address alone."""

import ipaddress
import socket as sockets
import ssl
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from socket import IPPROTO_TCP, SO_KEEPALIVE, SOL_SOCKET, socket
from typing import Any, Protocol

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Limits:
    """What one link may ask of us, in bytes and seconds. A link may rest all night: TCP keep-alive finds the dead ones."""

    size: int = 16 * 1024 * 1024
    dribble: float = 60.0  # a frame that began must end
    pause: float = 1.0  # silence after which an FS without its CR was the end
    idle: float | None = None
    queue: int = 32  # frames read ahead, and heard at once
    links: int = 4096  # in all
    links_each: int = 2048  # of one address


class Guest(Protocol):
    """A link, as the porch sees it."""

    @property
    def is_resting(self) -> bool: ...

    def end(self) -> None: ...


class Porch:
    """The links of all senders, by address, those that spoke last at the end."""

    def __init__(
        self,
        allow: tuple[Network, ...] = (),
        rate: float | None = None,
        links: int = Limits.links,
        each: int = Limits.links_each,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._allow, self._rate, self._links, self._each, self._clock = allow, rate, links, each, clock
        self._guests: defaultdict[str, OrderedDict[Guest, None]] = defaultdict(OrderedDict)
        self._where: dict[Guest, str] = {}
        self._tokens: dict[str, tuple[float, float]] = {}  # of an address: how many messages it has left, and since when

    def enter(self, guest: Guest, peer: Any) -> bool:
        """False for a stranger, and when there is no room. A sender who forgets old links gets in by ending one that rests."""
        address = _address(peer)
        if self._allow and not _is_in(address, self._allow):
            return False
        mine = self._guests[address]
        if len(mine) >= self._each or len(self._where) >= self._links:
            resting = next((other for other in mine if other.is_resting), None)
            if resting is None:
                return False
            self.leave(resting)
            resting.end()
        self._guests[address][guest] = None
        self._where[guest] = address
        return True

    def leave(self, guest: Guest) -> None:
        if (address := self._where.pop(guest, None)) is None:
            return
        self._guests[address].pop(guest, None)
        if not self._guests[address]:
            del self._guests[address]

    def stir(self, guest: Guest) -> None:
        """It spoke: of those that rest it is the last to go."""
        if guest in self._where:
            self._guests[self._where[guest]].move_to_end(guest)

    def wait(self, guest: Guest, frames: int) -> float:
        """Seconds for which this sender is not read, after that many messages. All links of one address share one measure."""
        if self._rate is None or guest not in self._where:
            return 0.0
        address, now = self._where[guest], self._clock()
        most = max(1.0, self._rate)  # a second's worth may come at once
        left, since = self._tokens.get(address, (most, now))
        left = min(most, left + (now - since) * self._rate) - frames
        if len(self._tokens) > 10_000:  # addresses that went away long ago have their measure full again
            self._tokens.clear()
        self._tokens[address] = (left, now)
        return max(0.0, -left / self._rate)


def _address(peer: Any) -> str:
    return str(peer[0]).partition("%")[0] if isinstance(peer, tuple) and peer else ""


def _is_in(address: str, allow: tuple[Network, ...]) -> bool:
    try:
        caller = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(caller, ipaddress.IPv6Address) and caller.ipv4_mapped:
        caller = caller.ipv4_mapped
    return any(caller in network for network in allow)


def keep_alive(sock: socket) -> None:
    """A sender whose cable was pulled is noticed in about three minutes, and a link at rest costs a packet a minute."""
    sock.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 30), ("TCP_KEEPCNT", 4)):
        if hasattr(sockets, name):  # not on every system
            sock.setsockopt(IPPROTO_TCP, getattr(sockets, name), value)


def tls_context(certificate: Path, key: Path, clients: Path | None = None) -> ssl.SSLContext:
    """TLS 1.2 or later; with `clients`, the authority that signed the senders' certificates, nobody else gets in."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    if clients:
        context.load_verify_locations(clients)
        context.verify_mode = ssl.CERT_REQUIRED
    return context
