"""The programme's offline root, its steward on the server, and who is certified: files that only their owner reads."""

import hashlib
import hmac
import json
import os
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from aftercall import whole
from aftercall.outside.road.directory import STEWARD_DAYS, Entry, Steward, certify, steward_bytes
from aftercall.outside.road.seal import Forged, check, point, sign
from aftercall.words import b64, print_of, unb64


class NoKey(Exception):
    """A key file that is missing, locked or of another programme: says which, and what to do."""


def new_root(path: Path, passphrase: str, head: bytes = b"") -> str:
    """Make the root, on a stick that stays offline. Gives the six words for the poster. Never writes over a file.

    `head`: a line before the key that says how it is opened.
    """
    if len(passphrase) < 12:
        raise NoKey("the passphrase needs at least 12 characters")
    key = ec.generate_private_key(ec.SECP256R1())
    _write(path, head + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase.encode())))
    return print_of(point(key.public_key()))


def read_root(path: Path, passphrase: str) -> ec.EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), passphrase.encode())
    except FileNotFoundError:
        raise NoKey(f"{path} isn't there; put the stick in, or make a root with `aftercall keys root`") from None
    except (ValueError, TypeError):
        raise NoKey(f"{path} does not open with this passphrase, or with shares of another root") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise NoKey(f"{path} is not a root key")
    return key


def new_steward(root: ec.EllipticCurvePrivateKey, programme: str, data: Path, today: date) -> Path:
    """The key that signs the directory on the server, certified for a year. It takes the place of the one before."""
    key = ec.generate_private_key(ec.SECP256R1())
    after = (today + timedelta(days=STEWARD_DAYS)).isoformat()
    path = data / "steward.json"
    path.unlink(missing_ok=True)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    cert = sign(root, steward_bytes(programme, point(key.public_key()), after))
    known = {"programme": programme, "root": b64(point(root.public_key())), "not_after": after, "cert": cert, "key": pem}
    _write(path, json.dumps(known, indent=1).encode())
    return path


def read_steward(data: Path) -> Steward:
    """Raises NoKey when it isn't there or its certificate does not hold."""
    path = data / "steward.json"
    try:
        known = json.loads(path.read_text())
        key = load_pem_private_key(known["key"].encode(), None)
        root = unb64(known["root"])
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise NoKey(f"{path} is not a steward's key")
        check(root, known["cert"], steward_bytes(known["programme"], point(key.public_key()), known["not_after"]), "the steward")
    except FileNotFoundError:
        raise NoKey(f"{path} isn't there; make it with `aftercall keys steward`") from None
    except (ValueError, KeyError, Forged):
        raise NoKey(f"{path} is damaged or of another root; make it again with `aftercall keys steward`") from None
    return Steward(key, root, known["not_after"], known["cert"])


def secret_of(steward: Steward, what: str) -> bytes:
    """A secret that all workers of this half have and nobody else: made from the steward's key, one for each use."""
    private = steward.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return hmac.digest(hashlib.sha256(private).digest(), f"ac1/{what}".encode(), "sha256")


def admit(root: ec.EllipticCurvePrivateKey, programme: str, request: Path, folder: Path, today: date, **marks: str | bool) -> Entry:
    """Certify a peer from the request their phone wrote; the server finds the file in its folder `peers`.

    `marks`: as `certify` has them.
    """
    entry = certify(root, programme, _asked(request), today, **marks)
    folder.mkdir(parents=True, exist_ok=True)
    whole.write(folder / f"{entry.pid}.json", json.dumps(asdict(entry), ensure_ascii=False, indent=1).encode())
    return entry


def words_of(request: Path) -> str:
    """The six words of the key in it, as the phone shows them that made it. Raises NoKey."""
    try:
        return print_of(unb64(_asked(request)["idkey"]))
    except (KeyError, ValueError, TypeError):
        raise _no_request(request) from None


def _asked(request: Path) -> dict[str, Any]:
    try:
        asked = json.loads(request.read_text("utf-8"))
    except (OSError, ValueError):
        raise _no_request(request) from None
    if not isinstance(asked, dict):
        raise _no_request(request)
    return asked


def _no_request(path: Path) -> NoKey:
    return NoKey(f"{path} is not an enrolment request; ask the peer to save it again")


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise NoKey(f"{path} is there already; it is never written over") from None
    with os.fdopen(file, "wb") as out:
        out.write(data)
