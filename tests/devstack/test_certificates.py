"""Certificates of a development stack, and servers that speak TLS with them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from devstack.certificates import LIFETIME, ensure_certificates, server_tls
from devstack.errors import StackError
from devstack.mongodb import serves_transactions
from devstack.ports import free_port
from devstack.rabbitmq import lets_in
from devstack.server_choice import ServerOptions, choose_mongo, choose_rabbitmq
from devstack.servers import servers
from devstack.settings import load_settings


def test_certificates_are_made_once_and_their_keys_are_the_owners_alone(tmp_path: Path) -> None:
    made = ensure_certificates(tmp_path)
    texts = [file.read_text() for file in (made.ca, made.server, made.client)]
    assert ensure_certificates(tmp_path) == made
    assert [file.read_text() for file in (made.ca, made.server, made.client)] == texts
    assert {file.stat().st_mode & 0o777 for file in (made.server, made.client)} == {0o600}
    assert "PRIVATE KEY" not in made.ca.read_text()


def test_they_are_signed_by_the_authority_and_end_within_a_year(tmp_path: Path) -> None:
    made = ensure_certificates(tmp_path)
    ca, server, client = (x509.load_pem_x509_certificate(f.read_bytes()) for f in (made.ca, made.server, made.client))
    for certificate in (server, client):
        certificate.verify_directly_issued_by(ca)
        assert certificate.not_valid_after_utc <= datetime.now(UTC) + LIFETIME
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]


def test_those_that_end_soon_or_are_not_whole_are_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = ensure_certificates(tmp_path).ca.read_text()
    (tmp_path / "client.pem").unlink()
    second = ensure_certificates(tmp_path).ca.read_text()
    assert second != first
    monkeypatch.setattr("devstack.certificates.RENEWAL", LIFETIME + timedelta(days=1))
    assert ensure_certificates(tmp_path).ca.read_text() != second


def test_servers_without_certificates_of_clients_take_the_authority_alone(tmp_path: Path) -> None:
    with servers(tmp_path, tls="on") as up:
        assert "certfile" not in up.amqp_url
        assert "tlsCertificateKeyFile" not in up.mongo_url
        assert lets_in(up.amqp_url)
        assert serves_transactions(up.mongo_url)
        assert not serves_transactions(up.mongo_url.replace("&tls=true", "").partition("&tlsCAFile")[0])
        assert not lets_in(up.amqp_url.replace("amqps://", "amqp://"))


def test_containers_cannot_have_it(tmp_path: Path) -> None:
    tls = server_tls(tmp_path, load_settings({"USERBUS_DEVSTACK_TLS": "on", "USERBUS_HOME": str(tmp_path)}).tls)
    options = ServerOptions(tmp_path, free_port(), free_port(), keep=False, say=lambda _: None, tls=tls)
    for choose in (choose_rabbitmq, choose_mongo):
        with pytest.raises(StackError, match="leave out USERBUS_DEVSTACK=docker"):
            choose(options, {"USERBUS_DEVSTACK": "docker"})


def test_an_unknown_mode_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="USERBUS_DEVSTACK_TLS is 'yes', but must be on or mutual"):
        load_settings({"USERBUS_DEVSTACK_TLS": "yes", "USERBUS_HOME": str(tmp_path)})
