"""Where we are, as this machine says it; and who speaks TLS here."""

import os
from pathlib import Path

from aftercall.setup.question import Answers, Question, local

LOCAL = Path("/etc/localtime")


def here(_: Answers) -> str:
    """The machine's time zone by its name; UTC where it has none."""
    named = os.environ.get("TZ", "").lstrip(":") or str(LOCAL.resolve()).partition("/zoneinfo/")[2]
    return named if "/" in named else "UTC"


def _elsewhere(so_far: Answers) -> bool:
    return so_far["address"].startswith("https://") and not local(so_far["address"])


TLS = (
    Question(
        "tls_cert",
        "Certificate file for that address",
        "PEM, with its chain, as a whole path. Enter: a proxy on this machine speaks TLS (deploy/ has its files).",
        example="/etc/letsencrypt/live/care.example.org/fullchain.pem",
        when=_elsewhere,
    ),
    Question(
        "tls_key",
        "Its key",
        "PEM, without a passphrase.",
        example="/etc/letsencrypt/live/care.example.org/privkey.pem",
        must=True,
        gives=lambda name, value: {name: value, "host": "0.0.0.0"},  # noqa: S104 - who has a certificate means to be called
        when=lambda so_far: bool(so_far.get("tls_cert")),
    ),
)
