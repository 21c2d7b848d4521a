"""Certificates of a development stack: an authority of its own, and what it signs for the servers and their clients."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from devstack.keys import write_secret
from devstack.ports import HOST
from devstack.settings import TlsMode

LIFETIME = timedelta(days=365)
RENEWAL = timedelta(days=30)  # what ends sooner is made anew at the next start
CLIENT = "userbus"
NAMES = (HOST, "localhost")


@dataclass(frozen=True)
class Certificates:
    """Files in PEM: the authority's certificate, and those of a server and of a client, each with its key."""

    ca: Path
    server: Path
    client: Path


@dataclass(frozen=True)
class ServerTls:
    """How a server speaks TLS, and nothing else: with which certificates, and whether clients need one."""

    files: Certificates
    needs_client_certificate: bool


@dataclass(frozen=True)
class _Authority:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def server_tls(folder: Path, mode: TlsMode) -> ServerTls | None:
    """Return how servers speak TLS in a mode, with certificates in the folder; None where they do not."""
    return ServerTls(ensure_certificates(folder), mode == "mutual") if mode else None


def ensure_certificates(folder: Path, names: Sequence[str] = NAMES) -> Certificates:
    """Return the certificates in the folder; where there are none, or they end within 30 days, make new ones.

    `names` are host names and addresses of the server. The authority's key is not kept: nobody can sign more.
    """
    files = Certificates(folder / "ca.pem", folder / "server.pem", folder / "client.pem")
    if not _are_good(files):
        authority = _create_authority()
        write_secret(files.server, _issue(authority, names[0], names))
        write_secret(files.client, _issue(authority, CLIENT))
        write_secret(files.ca, _certificate_text(authority.certificate))  # last: without it all are made anew
    return files


def _are_good(files: Certificates) -> bool:
    if not all(file.exists() for file in (files.ca, files.server, files.client)):
        return False
    ends = x509.load_pem_x509_certificate(files.ca.read_bytes()).not_valid_after_utc
    return ends > datetime.now(UTC) + RENEWAL


def _create_authority() -> _Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("userbus development")
    usage = x509.KeyUsage(
        key_cert_sign=True, crl_sign=True, digital_signature=False, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    unsigned = (
        _builder(name, name, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
    )
    return _Authority(unsigned.sign(key, hashes.SHA256()), key)


def _issue(authority: _Authority, name: str, alternatives: Sequence[str] = ()) -> str:
    """Return a new certificate and its key, for a server of these names and addresses, or for a client without any."""
    key = ec.generate_private_key(ec.SECP256R1())
    unsigned = (
        _builder(_name(name), authority.certificate.subject, key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False)
        # MongoDB's members connect to themselves, with the certificate that they serve
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
        )
    )
    if alternatives:
        unsigned = unsigned.add_extension(
            x509.SubjectAlternativeName([_alternative(each) for each in alternatives]), critical=False
        )
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return _certificate_text(unsigned.sign(authority.key, hashes.SHA256())) + text.decode()


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _alternative(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _certificate_text(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
