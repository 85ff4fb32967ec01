"""What a release is, byte for byte: a signed list of every file of the wheel, by which anybody can check a server from outside."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from aftercall.outside.road.seal import Forged, check, lv, point, sign
from aftercall.words import b64, print_of, unb64

PHONE = "aftercall/phone/"
HERE = Path(__file__).parents[1]


class NoRelease(Exception):
    """A manifest, or a program, that is not what was released. Says what differs."""


@dataclass(frozen=True)
class Manifest:
    """A release: its version, the SHA-256 of each file, and of what is built of them."""

    version: str
    files: Mapping[str, str]
    built: Mapping[str, str]  # the wheel and the phone's bundle


def files_in(wheel: bytes) -> dict[str, bytes]:
    """The package's files in a wheel, without what only says how it was packed."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as packed:
        return {name: packed.read(name) for name in sorted(packed.namelist()) if name.startswith("aftercall/")}


def bundle(files: Mapping[str, bytes]) -> bytes:
    """What runs in a pocket, in one file: the same bytes whoever packs it, whenever."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as packed:
        for name in sorted(name for name in files if name.startswith(PHONE) and not name.endswith(".py")):
            entry = zipfile.ZipInfo(name.removeprefix(PHONE), (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, files[name])
    return out.getvalue()


def released(version: str, wheel: str, data: bytes, key: ec.EllipticCurvePrivateKey) -> tuple[str, bytes]:
    """The manifest of this wheel, signed, and the phone's bundle."""
    files = files_in(data)
    phone = bundle(files)
    built = {wheel: _hash(data), f"aftercall-phone-{version}.zip": _hash(phone)}
    body = json.dumps(
        {"v": 1, "version": version, "files": {n: _hash(d) for n, d in files.items()}, "built": built}, sort_keys=True
    )
    signed = {"body": body, "key": b64(point(key.public_key())), "sig": sign(key, _bytes(body))}
    return json.dumps(signed, indent=1), phone


def read(text: str, signer: str) -> Manifest:
    """A manifest, signed by the key with these six words. Raises NoRelease."""
    try:
        given = json.loads(text)
        key = unb64(given["key"])
        if print_of(key) != signer.strip().lower().replace(" ", "-"):
            raise NoRelease(f"the manifest is signed by {print_of(key)}, not by the key you named")
        check(key, given["sig"], _bytes(given["body"]), "the manifest")
        body = json.loads(given["body"])
        return Manifest(str(body["version"]), body["files"], body["built"])
    except (ValueError, KeyError, TypeError):
        raise NoRelease("this is no manifest of a release, or it is damaged") from None
    except Forged as problem:
        raise NoRelease(str(problem)) from None


def own(manifest: Manifest, here: Path = HERE) -> None:
    """Is the program that runs here the released one? It has to be, for what it compares a server with. Raises NoRelease."""
    for name, was in manifest.files.items():
        path = here / name
        if not path.is_file() or _hash(path.read_bytes()) != was:
            raise NoRelease(
                f"{name} here is not that of release {manifest.version}; install the wheel of that release and check its hash"
            )


def _bytes(body: str) -> bytes:
    return lv("ac1/release", hashlib.sha256(body.encode()).digest())


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
