"""A server is asked what changed, however it signs us in, pages, or is busy; and nothing leads us astray."""

import asyncio
import json
from collections.abc import Coroutine
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import ECAlgorithm
from starlette.responses import Response

from aftercall.inside.feeds.fhir.poll import poll
from aftercall.inside.feeds.fhir.smart import BadKey, Refused, SigningKey, Source, Unreachable, key_in
from aftercall.words import Sealed
from tests.feeds.fhir_ears import Asker
from tests.feeds.fhir_made import NOW, STAFF, attended, dead, left, mark, patient, said, staff, visit
from tests.feeds.fhir_server import BASE, Ehr

EC = ec.generate_private_key(ec.SECP384R1())
RSA = rsa.generate_private_key(65537, 2048)


def run(play: Coroutine[Any, Any, None]) -> None:
    asyncio.run(play)


def signed(key: SigningKey | None = None) -> Source:
    return Source(BASE, client_id="aftercall", key=key or SigningKey(EC, "ES384", "k1"), page=2)


def test_a_new_death_is_read_with_its_visits_and_the_numbers_of_its_staff() -> None:
    there = visit(participant=[attended("ATND", "Practitioner/a")])
    asker = Asker(Ehr([dead(), there, staff("a", "1004"), patient("43"), patient("44")]))
    run(asker.asking.once())
    assert [n.doubt for n in asker.ears.dead] == [""]
    assert [(n.authority, n.number) for n in asker.ears.dead[0].named] == [(STAFF, "1004")]
    assert asker.ears.dead[0].unit == "RES"
    people = {marks for n in asker.ears.taken for marks in getattr(n, "people", ())}
    assert mark("person|urn:kisiwa:mrn|44") in people
    assert not any("_include" in url for url in asker.ehr.asked)


def test_a_visit_that_ended_with_a_death_is_read_with_its_patient() -> None:
    ended = visit(
        status="finished", period={"start": "2026-03-10T12:30:00+03:00", "end": "2026-03-10T14:10:00+03:00"}, **left("exp")
    )
    asker = Asker(Ehr([ended, patient(written="2020-01-01T00:00:00Z")]))
    run(asker.asking.once())
    (told,) = asker.ears.dead
    assert said(told) == {"Encounter.dischargeDisposition": "expired"}
    assert mark("person|urn:kisiwa:mrn|42") in told.people


def test_the_next_round_asks_from_five_minutes_before_the_servers_own_time() -> None:
    asker = Asker(Ehr([patient()], now=NOW - timedelta(minutes=2)))
    run(asker.asking.once())
    run(asker.asking.once())
    first, again = (url for url in asker.ehr.asked if url.startswith("Patient"))
    assert "ge2026-03-08T08:55:00Z" in first
    assert "ge2026-03-11T08:53:00Z" in again


def test_the_cursor_stays_when_it_could_not_be_stored() -> None:
    asker = Asker(Ehr([dead()]))
    asker.ears.full = True
    with pytest.raises(OSError, match="full"):
        run(asker.asking.once())
    assert asker.kept == []


@pytest.mark.parametrize("key", [SigningKey(EC, "ES384", "k1"), SigningKey(RSA, "RS384")])
def test_a_backend_service_signs_in_once_with_its_key(key: SigningKey) -> None:
    asker = Asker(Ehr([dead(), visit()], public=key.key.public_key()), signed(key))
    run(asker.asking.once())
    assert len(asker.ears.dead) == 1
    assert asker.ehr.sign_ins == 1


def test_a_token_is_renewed_before_it_ends_and_when_it_is_not_taken() -> None:
    ehr = Ehr([patient()], public=EC.public_key())
    asker = Asker(ehr, signed())
    run(asker.asking.once())
    asker.now = ehr.now = NOW + timedelta(seconds=269)
    run(asker.asking.once())
    assert ehr.sign_ins == 1
    asker.now = ehr.now = NOW + timedelta(seconds=270)
    run(asker.asking.once())
    assert ehr.sign_ins == 2
    ehr.tokens.clear()
    run(asker.asking.once())
    assert ehr.sign_ins == 3
    assert len(ehr.seen_jti) == 3


def test_a_foreign_key_is_refused_and_said_so() -> None:
    other = ec.generate_private_key(ec.SECP384R1())
    asker = Asker(Ehr([patient()], public=other.public_key()), signed())
    with pytest.raises(Refused, match="public key"):
        run(asker.asking.once())


def test_a_clerks_password_opens_openmrs() -> None:
    source = Source(BASE, user="clerk", password=Sealed("s3"), name="openmrs")
    asker = Asker(Ehr([dead(), visit()], clerk=("clerk", "s3")), source)
    run(asker.asking.once())
    assert asker.ears.dead[0].source == "openmrs"
    assert "s3" not in repr(source)
    stranger = Asker(Ehr([dead()], clerk=("clerk", "other")), source)
    with pytest.raises(Refused, match="401"):
        run(stranger.asking.once())


def test_a_busy_server_is_given_the_time_it_asks_for() -> None:
    until = (NOW + timedelta(seconds=40)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    busy = [
        Response(status_code=429, headers={"retry-after": "7"}),
        Response(status_code=503, headers={"retry-after": until}),
        Response(status_code=503),
    ]
    asker = Asker(Ehr([dead(), visit()], troubles=busy))
    run(asker.asking.once())
    assert asker.waits == [7.0, 40.0, 4.0]
    assert len(asker.ears.dead) == 1


def test_a_server_that_stays_busy_is_left_for_later() -> None:
    asker = Asker(Ehr([dead()], troubles=[Response(status_code=503) for _ in range(9)]))
    with pytest.raises(Unreachable):
        run(asker.asking.once())
    assert asker.kept == []


@pytest.mark.parametrize(
    "link", ["https://elsewhere.example/fhir/Patient?page=2", "http://ehr.example/fhir/Patient?page=2", f"{BASE}/Patient?same"]
)
def test_a_next_page_elsewhere_or_in_a_circle_is_not_followed(link: str) -> None:
    asker = Asker(Ehr([patient(str(n)) for n in range(5)], next_link=link))
    with pytest.raises(Refused):
        run(asker.asking.once())
    assert asker.ears.refused[0].where == "Bundle.link"
    assert not any("elsewhere" in url for url in asker.ehr.asked)
    assert len(asker.ehr.asked) < 5
    assert asker.kept == []


def test_pages_without_an_end_are_left_at_the_limit() -> None:
    asker = Asker(Ehr([patient(str(n)) for n in range(50)]), Source(BASE, page=2, pages=3))
    with pytest.raises(Refused):
        run(asker.asking.once())
    assert len(asker.ehr.asked) == 3


def test_a_round_that_fails_does_not_end_the_listening() -> None:
    asker = Asker(Ehr([dead(), visit()], troubles=[Response(status_code=400)]))
    rounds = []

    async def wait(seconds: float) -> None:
        rounds.append(seconds)
        if len(rounds) == 2:
            raise asyncio.CancelledError

    async def play() -> None:
        await poll(asker.source, asker.ehr.client(), asker.cursor(), asker.ears, lambda: NOW, wait)

    with pytest.raises(asyncio.CancelledError):
        run(play())
    assert rounds == [30.0, 30.0]
    assert len(asker.ears.dead) == 1


def test_keys_come_as_pem_as_jwk_and_as_a_set(tmp_path: Path) -> None:
    pem, jwk, keys, weak = (tmp_path / name for name in ("a.pem", "a.jwk", "a.jwks", "weak.pem"))
    pem.write_bytes(EC.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    one = ECAlgorithm.to_jwk(EC, as_dict=True) | {"kid": "k7"}
    jwk.write_text(json.dumps(one))
    keys.write_text(json.dumps({"keys": [ECAlgorithm.to_jwk(EC.public_key(), as_dict=True), one]}))
    weak.write_bytes(ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    assert [(k.algorithm, k.kid) for k in map(key_in, (pem, jwk, keys))] == [("ES384", ""), ("ES384", "k7"), ("ES384", "k7")]
    for wrong in (weak, tmp_path / "none.pem", tmp_path):
        with pytest.raises(BadKey):
            key_in(wrong)
    (tmp_path / "text").write_text("hello")
    with pytest.raises(BadKey, match="PEM or JWK"):
        key_in(tmp_path / "text")


def test_a_server_whose_clock_runs_ahead_does_not_carry_us_into_its_future() -> None:
    asker = Asker(Ehr([patient()], now=NOW + timedelta(hours=3)))
    run(asker.asking.once())
    assert datetime.fromisoformat(asker.kept[-1]) == NOW
