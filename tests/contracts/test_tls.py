"""Files for TLS become options of URLs; what would be insecure or cannot work is refused."""

from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from contracts.tls import TlsFiles, advise, is_broker_secure, is_local, with_amqp_files, with_mongo_files
from devstack.certificates import Certificates, ensure_certificates
from worker.settings import Settings


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return ensure_certificates(tmp_path_factory.mktemp("certificates & keys"))


@pytest.fixture(scope="module")
def files(made: Certificates) -> TlsFiles:
    return TlsFiles(made.ca, made.client)


def options(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


def test_without_files_urls_stay_as_they_are() -> None:
    for url in ("amqp://u:p@h", "amqps://u:a,b@h1:1,amqps://h2/v?heartbeat=5"):
        assert with_amqp_files(url, TlsFiles()) == url
    for url in ("mongodb://h/userbus?replicaSet=rs0", "mongodb://h1,h2/?tls=true", "mongodb+srv://h"):
        assert with_mongo_files(url, TlsFiles()) == url


def test_each_url_of_a_cluster_gets_the_files(files: TlsFiles) -> None:
    one, other = with_amqp_files("amqps://u:a,b@h1:1 , amqps://h2/v?heartbeat=5", files).split(",amqps:")
    assert options(one) == {"cafile": str(files.ca_file), "certfile": str(files.certificate_file)}
    assert options(other) == {"heartbeat": "5", **options(one)}
    assert one.startswith("amqps://u:a,b@h1:1?")


@pytest.mark.parametrize("url", ["mongodb://h/userbus?tls=true", "mongodb://h/?SSL=true", "mongodb+srv://h"])
def test_mongodb_gets_them_where_its_url_says_tls(url: str, files: TlsFiles) -> None:
    made = with_mongo_files(url, files)
    assert made.startswith(url)
    assert (
        options(made).items()
        >= {"tlsCAFile": str(files.ca_file), "tlsCertificateKeyFile": str(files.certificate_file)}.items()
    )
    assert urlsplit(made).path.startswith("/")


def test_what_a_url_names_is_kept(made: Certificates, files: TlsFiles) -> None:
    url = f"amqps://h?cafile={quote(str(made.server))}"
    assert options(with_amqp_files(url, TlsFiles(files.ca_file)))["cafile"] == str(made.server)
    url = f"mongodb://h/?tls=true&tlscafile={quote(str(made.server))}"
    assert with_mongo_files(url, TlsFiles(files.ca_file)) == url


@pytest.mark.parametrize("url", ["amqp://u:pencil@h", "amqps://h1,amqp://u:pencil@h2"])
def test_files_are_not_for_a_broker_without_tls(url: str, files: TlsFiles) -> None:
    with pytest.raises(ValueError, match="without TLS: write amqps://") as refusal:
        with_amqp_files(url, files)
    assert "pencil" not in str(refusal.value)


@pytest.mark.parametrize("url", ["mongodb://h/userbus?replicaSet=rs0", "mongodb+srv://h/?tls=false"])
def test_nor_for_a_mongodb_without_tls(url: str, files: TlsFiles) -> None:
    with pytest.raises(ValueError, match="without TLS: add the option tls=true"):
        with_mongo_files(url, files)


@pytest.mark.parametrize("option", ["tlsInsecure", "tlsAllowInvalidCertificates", "tlsallowinvalidhostnames"])
def test_certificates_and_names_are_always_verified(option: str) -> None:
    with pytest.raises(ValueError, match="always verified"):
        with_mongo_files(f"mongodb://h/?tls=true&{option}=true", TlsFiles())


# aiormq takes whatever is not "0" for yes, and the first where there are several
@pytest.mark.parametrize(
    "query", ["=1", "=true", "=false", "=no", "=2", "=", "", "=1&no_verify_ssl=0", "=0&No_Verify_SSL=1"]
)
def test_no_value_switches_the_verification_of_the_broker_off(query: str) -> None:
    with pytest.raises(ValueError, match="always verified"):
        with_amqp_files(f"amqps://h1,amqps://h2?heartbeat=5&no_verify_ssl{query}", TlsFiles())
    assert with_amqp_files("amqps://h?no_verify_ssl=0", TlsFiles()) == "amqps://h?no_verify_ssl=0"
    assert with_mongo_files("mongodb://h/?tls=true&tlsInsecure=False", TlsFiles())


def test_files_that_cannot_be_used_are_named(made: Certificates, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").touch()
    for name in ("nowhere.pem", "empty.pem"):
        with pytest.raises(ValueError, match=f"{name} holds no certificates of authorities"):
            with_amqp_files("amqps://h", TlsFiles(tmp_path / name))
    with pytest.raises(ValueError, match=r"ca\.pem does not hold a certificate and its key"):
        with_mongo_files("mongodb://h/?tls=true", TlsFiles(made.ca, made.ca))


def test_a_certificate_and_its_key_may_be_in_two_files(made: Certificates, tmp_path: Path) -> None:
    certificate, key = (tmp_path / name for name in ("tls.crt", "tls.key"))
    text = made.client.read_text()
    start = text.index("-----BEGIN PRIVATE KEY")
    certificate.write_text(text[:start])
    key.write_text(text[start:])
    url = f"amqps://h?certfile={quote(str(certificate))}"
    assert with_amqp_files(f"{url}&keyfile={quote(str(key))}", TlsFiles()).startswith(url)
    with pytest.raises(ValueError, match=r"tls\.crt does not hold a certificate and its key"):
        with_amqp_files(url, TlsFiles())


def test_the_name_of_the_database_stays_what_it_was(files: TlsFiles) -> None:
    assert urlsplit(with_mongo_files("mongodb+srv://h/userbus", files)).path == "/userbus"


def test_a_broker_is_secure_where_each_of_its_addresses_is() -> None:
    for urls in (
        "amqps://h1:1,amqps://u:p@h2",
        "amqp://u:p@127.0.0.1:5672",
        "amqp://localhost,amqp://[::1]:5,amqps://h",
    ):
        assert is_broker_secure(urls)
    for urls in ("amqp://h", "amqps://h1,amqp://h2", "amqp://127.0.0.1,amqp://10.0.0.1", "amqp://127.0.0.1@h"):
        assert not is_broker_secure(urls)
    assert is_local("mongodb://u:p@127.0.0.1:1,localhost:2/userbus")
    assert not is_local("mongodb://u:p@127.0.0.1:1,h:2/userbus")


def test_settings_are_checked_before_a_program_starts(files: TlsFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USERBUS_TLS_CA_FILE", str(files.ca_file))
    with pytest.raises(ValueError, match=r"amqp_url\n.*write amqps://"):
        Settings(secret_key="k" * 32, mongo_url="mongodb://h/?tls=true")
    with pytest.raises(ValueError, match=r"mongo_url\n.*add the option tls=true"):
        Settings(secret_key="k" * 32, amqp_url="amqps://h")
    assert options(Settings(secret_key="k" * 32, amqp_url="amqps://h", mongo_url="mongodb://h/?tls=true").amqp_url) == {
        "cafile": str(files.ca_file)
    }


def test_a_clients_certificate_that_has_expired_is_told_apart_from_an_unknown_one() -> None:
    assert "has expired: name a new one" in str(advise("[SSL: SSLV3_ALERT_CERTIFICATE_EXPIRED] sslv3 alert"))
    assert "know its authority" in str(advise("[SSL: TLSV1_ALERT_UNKNOWN_CA] tlsv1 alert unknown ca"))


@pytest.mark.parametrize("reason", ["TLSV1_ALERT_PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL"])
def test_a_server_that_speaks_outdated_versions_alone_is_told_apart_from_one_that_refuses_a_certificate(
    reason: str,
) -> None:
    advice = str(advise(f"[SSL: {reason}] (_ssl.c:1006)"))
    assert "have it take TLS 1.2 or later" in advice
    assert "certificate" not in advice


def test_errors_that_have_nothing_to_do_with_tls_get_no_advice() -> None:
    assert advise("[Errno 111] Connect call failed ('127.0.0.1', 5672)") is None
    assert advise("[Errno -2] Name or service not known") is None
