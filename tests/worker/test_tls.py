"""Worker, bridge, command line and client on servers that speak nothing but TLS and want certificates of clients."""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from ssl import TLSVersion
from typing import Any
from urllib.parse import urlsplit

import pytest

import client as userbus
from bridge.app import create_app
from bridge.settings import Settings as BridgeSettings
from contracts.health import HealthView
from contracts.tls import TlsFailed, TlsFiles, with_amqp_files
from devstack.certificates import ensure_certificates
from devstack.ports import HOST
from devstack.servers import RunningServers, servers
from tests.support.command_line import run_userbus
from tests.support.forked_programs import ForkedProgram, StandardFiles
from tests.support.loopback import http_client, serve
from tests.support.patience import PATIENCE
from tests.support.stack import SECRET, settings
from worker.app import run_worker
from worker.bus.broker_connection import connect_once

WRONG_NAME = "localhost"  # not in the servers' certificate


@dataclass(frozen=True)
class SecureServers:
    """URLs without files, files that the servers accept, and files of an authority that nobody knows."""

    running: RunningServers
    amqp_url: str
    mongo_url: str
    good: TlsFiles
    strange: TlsFiles

    def env(self, files: TlsFiles, **changed: str) -> dict[str, str]:
        """The environment of a program."""
        given = {"USERBUS_TLS_CA_FILE": files.ca_file, "USERBUS_TLS_CERTIFICATE_FILE": files.certificate_file}
        urls = {"USERBUS_AMQP_URL": self.amqp_url, "USERBUS_MONGO_URL": self.mongo_url}
        return {**urls, **{name: str(file) for name, file in given.items() if file}, **changed}


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureServers]:
    home = tmp_path_factory.mktemp("secure")
    made = ensure_certificates(home / "tls", ["127.0.0.1"])
    strange = ensure_certificates(home / "strange")
    with servers(home, tls="mutual") as up:
        amqp_url, mongo_url = up.amqp_url.partition("?")[0], up.mongo_url.partition("&tlsCAFile")[0]
        good, other = TlsFiles(made.ca, made.client), TlsFiles(strange.ca, strange.client)
        yield SecureServers(up, amqp_url, mongo_url, good, other)


async def test_all_programs_speak_tls_with_files_of_their_settings(secure: SecureServers) -> None:
    files: dict[str, Any] = {"tls_ca_file": secure.good.ca_file, "tls_certificate_file": secure.good.certificate_file}
    urls = {"amqp_url": secure.amqp_url, "mongo_url": secure.mongo_url}
    bridge = create_app(BridgeSettings(amqp_url=secure.amqp_url, **files))
    async with (
        run_worker(settings(secure.running, **urls, **files)),
        userbus.connect(secure.amqp_url, app_id="test", timeout=PATIENCE, tls=secure.good) as bus,
        serve(bridge) as url,
        http_client(url) as http,
    ):
        assert isinstance(await bus.check_health("user"), HealthView)
        assert (await http.get("/health/ready")).status_code == 200
        env = secure.env(secure.good)
        assert await run_userbus(secure.amqp_url, "health", **env) == (
            0,
            "user: ok\naccount: ok\nrole: ok\nauth: ok\nsms: ok\n",
            "",
        )
        status, out, err = await run_userbus(secure.amqp_url, "dead", "list", **env)
        assert (status, err) == (0, "0 dead letters\n"), out


async def test_a_worker_takes_the_files_of_its_urls(secure: SecureServers) -> None:
    async with run_worker(settings(secure.running)), userbus.connect(secure.running.amqp_url, app_id="test") as bus:
        assert isinstance(await bus.check_health("user", timeout=PATIENCE), HealthView)


def broken(secure: SecureServers) -> dict[str, tuple[str, TlsFiles, str]]:
    """By what is wrong: the broker's URL, the files, what is said."""
    url, good, strange = secure.amqp_url, secure.good, secure.strange
    return {
        "authority": (url, TlsFiles(strange.ca_file, good.certificate_file), "name that authority's certificate in"),
        "no authority": (url, TlsFiles(None, good.certificate_file), "name that authority's certificate in"),
        "name": (url.replace("127.0.0.1", WRONG_NAME), good, "its certificate has other names"),
        "no TLS": (url.replace("amqps", "amqp"), TlsFiles(), "it ends the connection: where it speaks TLS"),
        "no certificate": (url, TlsFiles(good.ca_file), "USERBUS_TLS_CERTIFICATE_FILE"),
        "certificate": (url, TlsFiles(good.ca_file, strange.certificate_file), "USERBUS_TLS_CERTIFICATE_FILE"),
    }


@pytest.mark.parametrize("wrong", ["authority", "no authority", "name", "no TLS", "no certificate", "certificate"])
async def test_what_the_broker_or_its_client_refuses_is_told_with_its_address(
    secure: SecureServers, wrong: str
) -> None:
    url, files, said = broken(secure)[wrong]
    place = url.rpartition("@")[2]
    async with userbus.connect(url, app_id="test", tls=files) as bus:
        assert bus.state == "no broker"
        assert isinstance(bus.failure, TlsFailed)
        assert (place in str(bus.failure), said in str(bus.failure)) == (True, True), str(bus.failure)
        with pytest.raises(TlsFailed, match=said):
            await connect_once(bus._connection.url)


@pytest.mark.parametrize("words", [("health",), ("dead", "list")], ids=" ".join)
async def test_the_command_line_says_it_in_one_line(secure: SecureServers, words: tuple[str, ...]) -> None:
    env = secure.env(TlsFiles(secure.good.ca_file))
    status, _, err = await run_userbus(secure.amqp_url, *words, **env)
    assert (status, len(err.splitlines())) == (1, 1), err
    assert secure.amqp_url.rpartition("@")[2] in err
    assert "USERBUS_TLS_CERTIFICATE_FILE" in err


def limit_version(context: ssl.SSLContext, outdated: TLSVersion) -> ssl.SSLContext:
    """Have it speak this version and older ones alone."""
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = TLSVersion.MINIMUM_SUPPORTED
    with pytest.warns(DeprecationWarning, match="TLSVersion"):
        context.maximum_version = outdated
    return context


@pytest.mark.parametrize("outdated", [TLSVersion.TLSv1, TLSVersion.TLSv1_1])
@pytest.mark.parametrize("server", ["amqp_url", "mongo_url"])
def test_neither_server_speaks_an_outdated_version(secure: SecureServers, server: str, outdated: TLSVersion) -> None:
    address = urlsplit(getattr(secure, server))
    context = limit_version(ssl.create_default_context(cafile=secure.good.ca_file), outdated)
    context.load_cert_chain(str(secure.good.certificate_file))
    with (
        socket.create_connection((HOST, address.port or 0), timeout=PATIENCE) as plain,
        pytest.raises(OSError, match=r"PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|EOF|reset by peer"),
        context.wrap_socket(plain, server_hostname=HOST),
    ):
        pass


def shake_hands(listening: socket.socket, context: ssl.SSLContext) -> None:
    peer, _ = listening.accept()
    with peer, context.wrap_socket(peer, server_side=True):
        pass


async def test_a_broker_that_speaks_outdated_versions_alone_is_refused(tmp_path: Path) -> None:
    made = ensure_certificates(tmp_path, [HOST])
    context = limit_version(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), TLSVersion.TLSv1_1)
    context.load_cert_chain(made.server)
    with socket.create_server((HOST, 0)) as listening:
        place = f"{HOST}:{listening.getsockname()[1]}"
        shaking = asyncio.create_task(asyncio.to_thread(shake_hands, listening, context))
        with pytest.raises(TlsFailed, match=f"{place}: .* have it take TLS 1.2 or later"):
            await connect_once(with_amqp_files(f"amqps://guest:guest@{place}", TlsFiles(made.ca)))
        with pytest.raises(ssl.SSLError, match="UNSUPPORTED_PROTOCOL"):
            await shaking


async def test_a_broker_that_ends_the_handshake_is_told_of() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65_536)
        writer.close()

    async with await asyncio.start_server(hang_up, HOST, 0) as server:
        place = f"{HOST}:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(TlsFailed, match=f"{place}: it does not speak TLS on this port: .* \\(.+\\)"):
            await connect_once(f"amqps://guest:guest@{place}")


async def test_a_worker_tells_why_mongodb_cannot_be_used(secure: SecureServers, tmp_path: Path) -> None:
    good, strange, url = secure.good, secure.strange, secure.mongo_url
    cases = [
        (url, TlsFiles(strange.ca_file, good.certificate_file), "USERBUS_TLS_CA_FILE"),
        (url.replace("127.0.0.1", WRONG_NAME), good, "its certificate has other names"),
        (url.replace("&tls=true", ""), TlsFiles(), "where it speaks TLS, write amqps:// or tls=true"),
        (url, TlsFiles(good.ca_file), "USERBUS_TLS_CERTIFICATE_FILE"),
        (url, TlsFiles(good.ca_file, strange.certificate_file), "USERBUS_TLS_CERTIFICATE_FILE"),
    ]
    programs = []
    try:
        for number, (mongo_url, files, _) in enumerate(cases):
            log = tmp_path / f"{number}.log"
            log.touch()
            # a worker looks for its database first
            env = secure.env(files, USERBUS_MONGO_URL=mongo_url, USERBUS_SECRET_KEY=SECRET)
            amqp_url = secure.amqp_url if files != TlsFiles() else secure.running.amqp_url
            programs.append(ForkedProgram(["worker"], {**env, "USERBUS_AMQP_URL": amqp_url}, StandardFiles(log, log)))
        for number, (mongo_url, _, said) in enumerate(cases):
            line = await read_reason(tmp_path / f"{number}.log")
            place = mongo_url.split("/")[2]
            assert (place in line, said in line) == (True, True), line
    finally:
        for program in programs:
            program.stop()


async def read_reason(log: Path) -> str:
    """The line in which a worker says why it waits."""
    async with asyncio.timeout(PATIENCE):
        while True:
            lines = (await asyncio.to_thread(log.read_text)).splitlines()
            if found := [line for line in lines if "worker waits" in line]:
                return found[0]
            await asyncio.sleep(0.05)
