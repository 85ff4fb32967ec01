"""A little authority for tests: certificates that a client can really check, good and worn out."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat


class Authority:
    """`ca.pem` is what a client trusts; `issue` lays a certificate and its key beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "An authority of a test")])
        made = self._begun(self._name, self._key, 365).add_extension(x509.BasicConstraints(True, None), critical=True)
        identity = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        made = made.add_extension(identity, critical=False).add_extension(usage, critical=True)
        self.pem = folder / "ca.pem"
        self.pem.write_bytes(made.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM))

    def _begun(self, name: x509.Name, key: ec.EllipticCurvePrivateKey, days: int) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        made = x509.CertificateBuilder().subject_name(name).issuer_name(self._name).public_key(key.public_key())
        return made.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1)).not_valid_after(
            now + timedelta(days=days)
        )  # fmt: skip

    def issue(self, days: int = 90, passphrase: str = "") -> tuple[Path, Path, int]:
        """Paths of the certificate and its key, the same each time, and the serial number."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName(
            [x509.DNSName("localhost"), x509.DNSName("care.example"), x509.IPAddress(ip_address("127.0.0.1"))]
        )
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        begun = self._begun(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")]), key, days)
        made = begun.add_extension(names, critical=False).add_extension(authority, critical=False).sign(self._key, hashes.SHA256())
        how = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
        cert, secret = self.folder / "door.pem", self.folder / "door.key"
        cert.write_bytes(made.public_bytes(Encoding.PEM))
        secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how))
        return cert, secret, made.serial_number
