"""Passkeys (WebAuthn Level 3, by py_webauthn): made on a person's own device, bound to one address, never a password."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json_dict
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from aftercall.signin.seat import Person
from aftercall.words import b64, unb64

LONGEST = 16 * 1024  # bytes of what a device answers


class NotOurs(Exception):
    """What came is no passkey of this desk: forged, for another address or purpose, or of a copied device."""


@dataclass(frozen=True)
class Site:
    """Where passkeys are good: the host, and the whole origin, as the browser says it."""

    host: str
    origin: str
    name: str


@dataclass(frozen=True)
class Passkey:
    """`key` is the public one (COSE, base64). `count` is the device's own, 0 where it keeps none."""

    name: str
    person: Person
    key: str
    count: int


def site_of(address: str, name: str) -> Site:
    """From the half's own address, as a browser writes it."""
    at = urlsplit(address)
    usual, host = {"https": 443, "http": 80}.get(at.scheme), at.hostname or "localhost"
    return Site(host, f"{at.scheme}://{host}{f':{at.port}' if at.port and at.port != usual else ''}", name)


def to_make(site: Site, challenge: bytes, person: Person, have: list[str]) -> dict[str, Any]:
    """What the browser is given to make one. `have`: passkeys that person has; a device that holds one of them refuses."""
    made = generate_registration_options(
        rp_id=site.host,
        rp_name=site.name,
        user_id=person.who.encode(),
        user_name=person.name,
        challenge=challenge,
        exclude_credentials=[PublicKeyCredentialDescriptor(id=base64url_to_bytes(one)) for one in have],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
    )
    return options_to_json_dict(made)


def to_show(site: Site, challenge: bytes) -> dict[str, Any]:
    """The same for everybody: nobody says who they are, and nothing is told of who has one."""
    verified = UserVerificationRequirement.REQUIRED
    return options_to_json_dict(generate_authentication_options(rp_id=site.host, challenge=challenge, user_verification=verified))


def made(site: Site, challenge: bytes, said: str, person: Person) -> Passkey:
    """Raises NotOurs. The maker of the device is not asked for: a hospital's people bring what they have."""
    try:
        new = verify_registration_response(
            credential=said,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except Exception as problem:  # bytes from anywhere, through a library's readers
        raise NotOurs(type(problem).__name__) from None
    return Passkey(bytes_to_base64url(new.credential_id), person, b64(new.credential_public_key), new.sign_count)


def shown(site: Site, challenge: bytes, said: str, passkey: Passkey) -> int:
    """The device's new count. Raises NotOurs, also where the count went back: then there are two of that device."""
    try:
        proved = verify_authentication_response(
            credential=said,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=unb64(passkey.key),
            credential_current_sign_count=passkey.count,
            require_user_verification=True,
        )
    except Exception as problem:
        raise NotOurs(type(problem).__name__) from None
    return proved.new_sign_count


def claims(said: str) -> tuple[str, bytes]:
    """Which passkey an answer says it is of, and over which challenge; nothing of it is believed yet. Raises NotOurs."""
    try:
        given = json.loads(said[:LONGEST])
        client = json.loads(base64url_to_bytes(given["response"]["clientDataJSON"]))
        return str(given["id"]), base64url_to_bytes(client["challenge"])
    except (ValueError, TypeError, KeyError, RecursionError):
        raise NotOurs("no answer of a passkey") from None
