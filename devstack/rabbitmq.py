"""RabbitMQ from the system package, run as any user with all files in its own folder."""

import asyncio
import os
import shutil
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import aio_pika
from aiormq.exceptions import InvalidFrameError, ProbableAuthenticationError

from devstack.certificates import ServerTls
from devstack.errors import AccessRefused, StackError
from devstack.local import LocalServer, ServerSpec
from devstack.packages import install
from devstack.ports import HOST, answers, free_port

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
PROTOCOL = b"AMQP\x00\x00\x09\x01"
QUIET = "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none"
LOOPBACK = "-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}"
USER = "userbus"
CONNECT_TIMEOUT = 5.0
PLUGIN = "rabbitmq_consistent_hash_exchange"  # for consumers of events that take several partitions
MAX_MESSAGE = 16_777_216  # bytes: a reply can be as large as a document of MongoDB


def ensure_rabbitmq(say: Callable[[str], None]) -> None:
    """Install the system package where it is missing; raises StackError with what to do where that fails."""
    if not SERVER.exists():
        install(["rabbitmq-server"], "RabbitMQ", say)
    if not SERVER.exists():
        raise StackError(f"RabbitMQ is installed, but not at {SERVER}: name a running one in USERBUS_AMQP_URL")


def local_epmd(home: Path) -> LocalServer:
    """The Erlang port mapper that RabbitMQ needs, on a port of its own; it keeps running while RabbitMQ restarts."""
    port = free_port()
    epmd = shutil.which("epmd", path=f"{os.environ.get('PATH', '')}:/usr/bin:/usr/lib/erlang/bin") or "epmd"
    argv = (epmd, "-address", HOST, "-port", str(port))
    return LocalServer(ServerSpec("epmd", argv, home, port, lambda: answers(HOST, port)))


def local_rabbitmq(home: Path, port: int, epmd_port: int, password: str, tls: ServerTls | None = None) -> LocalServer:
    """A RabbitMQ with the user `userbus`; configuration, data and cookie are in `home`/rabbitmq."""
    folder = home / "rabbitmq"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in _config_files(port, password, tls).items():
        (folder / name).touch(mode=0o600)
        (folder / name).write_text(text)
    env = {**_inherited_environment(), **_environment(folder), "ERL_EPMD_PORT": str(epmd_port)}
    return LocalServer(ServerSpec("RabbitMQ", (str(SERVER),), home, port, lambda: speaks_amqp(HOST, port, tls), env))


def amqp_url(port: int, password: str, tls: ServerTls | None = None) -> str:
    """The URL for clients, with the options of aio-pika for TLS."""
    # no path: the clients of Java and Ruby, and librabbitmq, read "/" as the virtual host ""
    place = f"{USER}:{password}@{HOST}:{port}"
    if tls is None:
        return f"amqp://{place}"
    certificate = {"certfile": str(tls.files.client)} if tls.needs_client_certificate else {}
    return f"amqps://{place}?{urlencode({'cafile': str(tls.files.ca), **certificate})}"


def speaks_amqp(host: str, port: int, tls: ServerTls | None = None) -> bool:
    """Whether a broker answers there with the first frame of AMQP 0-9-1 (Connection.Start on channel 0)."""
    try:
        with socket.create_connection((host, port), timeout=2) as plain, _wrap(plain, host, tls) as peer:
            peer.sendall(PROTOCOL)
            return peer.recv(7).startswith(b"\x01\x00\x00")
    except OSError:
        return False


def _wrap(plain: socket.socket, host: str, tls: ServerTls | None) -> socket.socket:
    if tls is None:
        return plain
    context = ssl.create_default_context(cafile=tls.files.ca)
    context.load_cert_chain(tls.files.client)
    return context.wrap_socket(plain, server_hostname=host)


def lets_in(url: str) -> bool:
    """Whether a client can connect to the URL; raises AccessRefused for a wrong user, password or virtual host."""
    try:
        asyncio.run(_connect(url))
    except ProbableAuthenticationError as error:
        raise AccessRefused(str(error)) from error
    except InvalidFrameError as error:  # which does not hold the broker's own words
        raise AccessRefused("its virtual host does not exist, or this user may not use it") from error
    except (OSError, TimeoutError):
        return False
    return True


async def _connect(url: str) -> None:
    async with await aio_pika.connect(url, timeout=CONNECT_TIMEOUT):
        pass


def _config_files(port: int, password: str, tls: ServerTls | None) -> dict[str, str]:
    settings = {
        **_listeners(port, tls),
        "default_user": USER,
        "default_pass": password,
        "max_message_size": str(MAX_MESSAGE),
        "log.console": "true",
        "log.file": "false",
    }
    conf = "".join(f"{key} = {text}\n" for key, text in settings.items())
    return {
        "rabbitmq.conf": conf,
        "enabled_plugins": f"[{PLUGIN}].\n",
        "rabbitmq-env.conf": "",
        "advanced.config": "[].\n",
    }


def _listeners(port: int, tls: ServerTls | None) -> dict[str, str]:
    if tls is None:
        return {"listeners.tcp.1": f"{HOST}:{port}"}
    return {
        "listeners.tcp": "none",
        "listeners.ssl.1": f"{HOST}:{port}",
        "ssl_options.versions.1": "tlsv1.2",  # RabbitMQ 3.10 takes 1.0 and 1.1 as well
        "ssl_options.versions.2": "tlsv1.3",
        "ssl_options.cacertfile": str(tls.files.ca),
        "ssl_options.certfile": str(tls.files.server),
        "ssl_options.keyfile": str(tls.files.server),
        "ssl_options.verify": "verify_peer" if tls.needs_client_certificate else "verify_none",
        "ssl_options.fail_if_no_peer_cert": "true" if tls.needs_client_certificate else "false",
    }


def _inherited_environment() -> dict[str, str]:
    """The caller's environment without settings of RabbitMQ or Erlang."""
    excluded = ("RABBITMQ_", "ERL_", "ERLANG_", "NOTIFY_SOCKET")
    return {name: text for name, text in os.environ.items() if not name.startswith(excluded)}


def _environment(folder: Path) -> dict[str, str]:
    return {
        "HOME": str(folder),
        "RABBITMQ_NODENAME": "userbus@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": HOST,
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_CONFIG_FILES": str(folder / "conf.d"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "rabbitmq-env.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_MNESIA_BASE": str(folder / "db"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        "ERL_CRASH_DUMP": str(folder / "erl_crash.dump"),
        "ERL_EPMD_ADDRESS": HOST,
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"{QUIET} {LOOPBACK}",
        # The start script then becomes the server instead of waiting for it, so that signals reach the server.
        "RUNNING_UNDER_SYSTEMD": "true",
    }
