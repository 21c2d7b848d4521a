"""TLS to RabbitMQ and MongoDB: files of certificates as options of URLs, and what went wrong in a sentence."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from contracts.broker_addresses import split_urls

AMQP_OPTIONS = ("cafile", "certfile")
MONGO_OPTIONS = ("tlsCAFile", "tlsCertificateKeyFile")
# What switches the verification off, by the one value that does not: aiormq takes all but 0 for yes, "false" too.
UNVERIFIED = {
    "no_verify_ssl": "0",
    "tlsinsecure": "false",
    "tlsallowinvalidcertificates": "false",
    "tlsallowinvalidhostnames": "false",
}
YES = ("1", "true", "yes")
LOCAL = ("localhost", "127.", "[::1]")
CA = "USERBUS_TLS_CA_FILE, or TlsFiles(ca_file=…) of the client"
CERTIFICATE = "USERBUS_TLS_CERTIFICATE_FILE, or TlsFiles(certificate_file=…) of the client"
ADVICE = {  # the first text that the error holds
    "mismatch, certificate": "its certificate has other names: write one of them into the URL",
    "certificate has expired": "its certificate has expired: give the server a new one",
    "CERTIFICATE_VERIFY_FAILED": "its certificate is of an authority that is not known here: name that authority's "
    f"certificate in {CA}",
    "PROTOCOL_VERSION": "it speaks no version of TLS that is safe: have it take TLS 1.2 or later",
    "UNSUPPORTED_PROTOCOL": "it speaks no version of TLS that is safe: have it take TLS 1.2 or later",
    "ALERT_CERTIFICATE_EXPIRED": f"the certificate in {CERTIFICATE}, has expired: name a new one",
    "ALERT_CERTIFICATE_REQUIRED": f"it wants a certificate of its clients: name one in {CERTIFICATE}",
    "_ALERT_": f"it refuses the certificate in {CERTIFICATE}: does the server know its authority?",
    "WRONG_VERSION_NUMBER": "it does not speak TLS on this port: write another port, or a URL without TLS",
    "UNEXPECTED_EOF": "it does not speak TLS on this port: write another port, or a URL without TLS",
    "ConnectionResetError()": "it does not speak TLS on this port: write another port, or a URL without TLS",
    "closed": "it ends the connection: where it speaks TLS, write amqps:// or tls=true into the URL; where it wants a "
    f"certificate of its clients, name one that it accepts in {CERTIFICATE}",
    "reset by peer": "it ends the connection: where it speaks TLS, write amqps:// into the URL; where it wants a "
    f"certificate of its clients, name one that it accepts in {CERTIFICATE}",
}


@dataclass(frozen=True)
class TlsFiles:
    """Files in PEM for TLS to a server.

    `ca_file` has the certificates of the authorities that are trusted, by default the system's; `certificate_file` a
    client certificate and its key.
    """

    ca_file: Path | None = None
    certificate_file: Path | None = None

    def options(self, names: tuple[str, str]) -> dict[str, str]:
        """Return the files that are given, by these names of options."""
        given = zip(names, (self.ca_file, self.certificate_file), strict=True)
        return {name: str(file) for name, file in given if file}


class TlsFailed(ConnectionError):
    """A connection that could not be made secure; the text names the address and says what to do."""


def with_amqp_files(urls: str, files: TlsFiles) -> str:
    """Return the URLs of a broker with the files as options for aio-pika; options that a URL has already stay.

    Raises ValueError, without the URL, where files are given and a URL is not amqps://, where a file cannot be used,
    and where a URL switches the verification off.
    """
    return ",".join(_with_files(url, files, AMQP_OPTIONS, "write amqps://") for url in split_urls(urls))


def with_mongo_files(url: str, files: TlsFiles) -> str:
    """Return MongoDB's URL with the files as its options; raises ValueError as `with_amqp_files`."""
    return _with_files(url, files, MONGO_OPTIONS, "add the option tls=true to it")


def _with_files(url: str, files: TlsFiles, names: tuple[str, str], instead: str) -> str:
    parts = [(name.lower(), text) for name, text in parse_qsl(urlsplit(url).query, keep_blank_values=True)]
    if any(text.lower() != UNVERIFIED.get(name, text.lower()) for name, text in parts):
        raise ValueError("certificates and names are always verified: leave out the option that switches that off")
    given = dict(parts)
    added = {name: file for name, file in files.options(names).items() if name.lower() not in given}
    if added and not _speaks_tls(url, given):
        raise ValueError(f"files of certificates are given, but the URL is one without TLS: {instead}")
    used = given | {name.lower(): file for name, file in added.items()}
    ca_file, certificate_file = (used.get(name.lower()) for name in names)
    _require_usable(ca_file, certificate_file, used.get("keyfile"))
    if not added:
        return url
    start = "&" if "?" in url else "?" if urlsplit(url).path or names == AMQP_OPTIONS else "/?"
    return f"{url}{start}{urlencode(added, quote_via=quote)}"


def is_local(url: str) -> bool:
    """Whether all hosts of a URL are this machine."""
    hosts = urlsplit(url).netloc.rpartition("@")[2].split(",")
    return all(host.startswith(LOCAL) for host in hosts)


def is_broker_secure(urls: str) -> bool:
    """Whether each of a broker's URLs is one with TLS, or of this machine."""
    return all(is_local(url) or url.startswith("amqps:") for url in split_urls(urls))


def _speaks_tls(url: str, options: Mapping[str, str]) -> bool:
    default = "true" if url.startswith(("amqps://", "mongodb+srv://")) else "false"
    return options.get("tls", options.get("ssl", default)).lower() in YES


def _require_usable(ca_file: str | None, certificate_file: str | None, key: str | None) -> None:
    """Raise ValueError for a file that is not there, or that holds something else."""
    try:
        if ca_file:
            ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise ValueError(f"{ca_file} holds no certificates of authorities in PEM: {error}") from error
    try:
        if certificate_file:
            ssl.create_default_context().load_cert_chain(certificate_file, key)
    except OSError as error:
        raise ValueError(f"{certificate_file} does not hold a certificate and its key in PEM: {error}") from error


@contextmanager
def explain_tls_failures(url: str) -> Iterator[None]:
    """Turn an error in the block that TLS explains into `TlsFailed`; others pass. `url` is what is connected to."""
    try:
        yield
    except Exception as error:
        advice = advise(f"{error} {error.__cause__!r}")
        if advice is None:
            raise
        place = urlsplit(url).netloc.rpartition("@")[2]
        raise TlsFailed(f"{place}: {advice} ({str(error) or repr(error.__cause__)})") from error


def advise(error: str) -> str | None:
    """Return what to do about the text of an error; None where it has nothing to do with TLS."""
    return next((advice for mark, advice in ADVICE.items() if mark in error), None)
