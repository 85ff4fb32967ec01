"""Beyond this machine a web door speaks TLS only; a renewed certificate serves the next caller, and no call is cut for it."""

import ipaddress
import logging
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from aftercall.config import Settings, Wrong

log = logging.getLogger("aftercall")

PLAIN = (
    "{host} is reached from other machines, and this door would speak plain HTTP there: whoever carries the line could read "
    "and change everything, and phones give a page no cryptography on it. Either set tls_cert and tls_key (TLS only), "
    'or let a proxy on this machine speak TLS, as deploy/ shows, and set host = "127.0.0.1", or `socket`'
)


def check_door(s: Settings) -> None:
    """Raises Wrong where a page of this half would travel in the open, or the certificate can't be used."""
    if s.socket and (s.tls_cert or s.tls_key):
        raise Wrong("socket: the proxy that listens at it speaks TLS; leave tls_cert and tls_key to it")
    if s.tls_cert or s.tls_key:
        context(s.tls_cert, s.tls_key)
    elif not s.socket and not is_here(s.host):
        raise Wrong(f"host: {PLAIN.format(host=s.host)}")
    at = urlsplit(s.address)
    if at.scheme == "http" and not is_here(at.hostname or ""):
        raise Wrong(f"address: {s.address} would send people to a page in plain HTTP; write it as https://{at.netloc}")


def is_here(host: str) -> bool:
    """An address that no other machine reaches."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def context(cert: str, key: str) -> ssl.SSLContext:
    """Of these two files. Raises Wrong where they are not a certificate and its key."""
    if not (cert and key):
        raise Wrong(f"{'tls_key' if cert else 'tls_cert'}: give both, the certificate (with its chain) and its key")
    for name, path in (("tls_cert", cert), ("tls_key", key)):
        try:
            Path(path).read_bytes()
        except OSError as problem:
            raise Wrong(f"{name}: {path} can't be read ({problem.strerror}); may this half's user read it?") from None
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        made.load_cert_chain(cert, key, password=_none)
    except (ssl.SSLError, ValueError):
        raise Wrong(
            f"tls_cert, tls_key: {cert} and {key} are not a certificate and its key, both as PEM and the key without a passphrase"
        ) from None
    return made


def _none() -> str:
    """Else a key with a passphrase would ask for it at the terminal, and the half would stand still."""
    raise ValueError


class Certificate:
    """The two files of a door, read again when one of them has changed."""

    def __init__(self, cert: str, key: str) -> None:
        self._files = (cert, key)
        self.context, self._seen = context(cert, key), self._times()

    def _times(self) -> tuple[int, ...]:
        try:
            return tuple(Path(path).stat().st_mtime_ns for path in self._files)
        except OSError:
            return ()  # between the old file and the new one

    def look(self) -> None:
        """Whoever renews writes two files: until they belong together the old pair serves on."""
        now = self._times()
        if not now or now == self._seen:
            return
        self._seen = now
        try:
            context(*self._files)
        except Wrong as problem:
            log.error("the renewed certificate is not taken, the old one serves on: %s", problem)
        else:
            self.context.load_cert_chain(*self._files)
            log.warning("a renewed certificate is in use: %s", self._files[0])
