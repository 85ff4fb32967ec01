"""What the settings open is open and works: a folder, a FHIR server that knocks, a directory of the staff, HL7 over TLS."""

import asyncio
import json
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from aftercall_stage.troupe import until
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from aftercall.config import Inside, Wrong
from aftercall.inside import listening
from aftercall.inside.run import contacts_of, roads_of
from aftercall.words import Sealed, seconds
from tests.world import START, Night, adt

NURSE, CLEANER = "+254700000003", "mwangi@hospital.example"


def opened(night: Night, **settings: object) -> httpx.AsyncClient:
    """The same hospital with more of its settings filled in."""
    night.stop()
    night.inside_settings = replace(night.inside_settings, **settings)  # type: ignore[arg-type]
    night.start()
    return httpx.AsyncClient(transport=httpx.ASGITransport(night.inside.app), base_url="http://hospital.example")


def make_certificate(key: Path, certificate: Path) -> None:
    """For localhost, signed by itself."""
    private, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(private.public_key())
    made = made.serial_number(7).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    certificate.write_bytes(made.sign(private, hashes.SHA256()).public_bytes(Encoding.PEM))
    key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def told(night: Night) -> set[str]:
    return {message.to for message in night.hospital_post.sent}


def test_a_report_laid_into_the_folder_is_heard_and_gone(night: Night, tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "death.hl7").write_bytes(adt())
    (folder / "letter.txt").write_text("nothing of ours")
    opened(night, folder=str(folder))

    async def until_heard() -> None:
        watching = asyncio.create_task(listening.watch(night.inside.half, night.inside_settings))
        await until(lambda: not any(path.is_file() for path in folder.iterdir()), "both files were taken")
        watching.cancel()

    night.run(until_heard())
    night.tick()
    assert NURSE in told(night)
    assert sorted(path.name for path in (folder / "refused").iterdir()) == ["letter.txt", "letter.txt.why.txt"]


def test_a_fhir_server_knocks_and_who_was_on_the_rota_is_written_to(night: Night) -> None:
    wire = opened(night, fhir_token=Sealed("knock"))
    died = (START - timedelta(minutes=6)).isoformat()
    patient: dict[str, Any] = {"resourceType": "Patient", "id": "42", "identifier": [{"system": "urn:mrn", "value": "42"}]}
    patient |= {"deceasedDateTime": died, "meta": {"lastUpdated": START.isoformat(), "versionId": "2"}}
    visit: dict[str, Any] = {"resourceType": "Encounter", "id": "v1", "status": "in-progress", "class": {"code": "EMER"}}
    visit |= {"subject": {"reference": "Patient/42"}, "period": {"start": (START - timedelta(hours=1)).isoformat()}}
    visit |= {"location": [{"location": {"identifier": {"value": "RES"}, "display": "RES"}, "status": "active"}]}
    visit |= {"meta": {"lastUpdated": START.isoformat()}}
    header: dict[str, Any] = {"resourceType": "MessageHeader", "id": "h", "eventCoding": {"code": "notification-discharge"}}
    header |= {"focus": [{"reference": "Encounter/v1"}], "source": {"endpoint": "urn:x"}}
    entries = [{"fullUrl": f"urn:x/{one['resourceType']}/{one['id']}", "resource": one} for one in (header, patient, visit)]
    bundle = {"resourceType": "Bundle", "type": "message", "timestamp": START.isoformat(), "entry": entries}
    assert night.run(wire.post("/inside/v1/fhir/wrong", content=json.dumps(bundle))).status_code == 404
    assert night.run(wire.post("/inside/v1/fhir/knock", content=json.dumps(bundle))).status_code == 200
    night.tick()
    assert told(night) >= {NURSE, CLEANER}
    assert night.run(wire.post("/inside/v1/fhir/knock", content=b"{")).status_code == 400


def test_who_leaves_by_the_directory_leaves_the_rows_and_the_messages_that_waited(night: Night) -> None:
    wire = opened(night, scim_token=Sealed("directory"))
    wire.headers = {"Authorization": "Bearer directory", "Content-Type": "application/scim+json"}
    night.hear(adt())
    assert [row[2] for row in night.rows("inside", "attendance")["attendance"]].count("nurse") == 1
    fresh: dict[str, Any] = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "newnurse",
        "displayName": "Achieng",
    }
    fresh |= {"phoneNumbers": [{"value": "+254700000077", "type": "mobile"}]}
    assert night.run(wire.post("/scim/v2/Users", content=json.dumps(fresh))).status_code == 201
    assert "newnurse" in {row[1] for row in night.rows("inside", "staff")["staff"]}
    assert night.run(wire.delete("/scim/v2/Users/nurse")).status_code == 204
    assert "nurse" not in {row[2] for row in night.rows("inside", "attendance")["attendance"]}
    night.run(night.inside.half.mirror())  # the lists are read again: the staff are the directory's
    assert "nurse" not in {row[1] for row in night.rows("inside", "staff")["staff"]}
    assert "newnurse" in {row[1] for row in night.rows("inside", "staff")["staff"]}
    wire.headers = {"Authorization": "Bearer guess"}
    assert night.run(wire.get("/scim/v2/Users")).status_code == 401


def test_hl7_over_tls_with_a_certificate_is_heard(night: Night, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    make_certificate(key, certificate)
    opened(night, mllp_cert=str(certificate), mllp_key=str(key), mllp_port=0, mllp_allow=["127.0.0.0/8"])

    async def send() -> bytes:
        server = await listening.links(night.inside.half, night.inside_settings)
        port = server.sockets[0].getsockname()[1]
        trust = ssl.create_default_context(cafile=str(certificate))
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trust, server_hostname="localhost")
        writer.write(b"\x0b" + adt() + b"\x1c\r")
        answer = await asyncio.wait_for(reader.readuntil(b"\x1c\r"), 10)
        writer.close()
        server.close()
        return answer

    assert b"MSA|AA|" in night.run(send())


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("mllp_allow", ["10.2.0.0/99"], "mllp_allow"),
        ("mllp_cert", "/nowhere.pem", "mllp_cert"),
        ("folder", "/nowhere", "folder"),
    ],
)
def test_a_setting_that_can_not_be_used_is_named(setting: str, value: object, says: str) -> None:
    given = Inside(data=Path("var"), care_link="https://care.example/#a-b-c-d", **{setting: value})  # type: ignore[arg-type]
    with pytest.raises(Wrong, match=says):
        listening.check(given)


def test_a_list_that_breaks_at_night_changes_nothing_and_ends_nothing(night: Night) -> None:
    rota = Path(night.inside_settings.rota)
    rota.write_text("unit,staff\n")
    night.pass_time(hours=1)
    assert "rota" in night.inside.half.bad_list
    night.hear(adt(night.clock.now()))
    night.tick()
    assert NURSE in told(night)


def test_where_a_feed_was_read_up_to_outlives_a_restart(night: Night) -> None:
    place = f"{seconds(START)}"
    night.run(listening.cursor(night.inside.half, "fhir").save(place))
    night.stop()
    night.start()
    assert night.run(listening.cursor(night.inside.half, "fhir").load()) == place


def test_the_settings_say_whom_to_call() -> None:
    given = Inside(data=Path("var"), care_link="", coordinator_phone="+254700000042", address="https://x.example", sms_url="x")
    assert contacts_of(given).coordinator_phone == "+254700000042"
    assert "sms" in roads_of(given)
