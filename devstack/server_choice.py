"""Where each server comes from: an external one, a container or a local binary."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from devstack import mongodb, rabbitmq
from devstack.certificates import ServerTls
from devstack.containers import ContainerServer, ImageSpec, ensure_image
from devstack.errors import StackError
from devstack.external import ExternalServer
from devstack.keys import ensure_secret, random_password
from devstack.ports import HOST, require_server_ports
from devstack.server import StackServer

MODES = ("docker", "local")


@dataclass(frozen=True)
class ServerOptions:
    """Where servers keep their files, on which ports, and who hears about slow steps."""

    home: Path
    amqp_port: int
    mongo_port: int
    keep: bool
    say: Callable[[str], None]
    tls: ServerTls | None = None


@dataclass(frozen=True)
class ServerChoice:
    """A server to launch, its URL for clients, and the servers that must run before it."""

    url: str
    server: StackServer
    companions: tuple[StackServer, ...] = ()


def choose_rabbitmq(options: ServerOptions, environ: Mapping[str, str]) -> ServerChoice:
    """RabbitMQ from USERBUS_AMQP_URL, else the image RABBITMQ_IMAGE, else the system package."""
    url = environ.get("USERBUS_AMQP_URL")
    if url:
        return ServerChoice(url, ExternalServer("RabbitMQ", "USERBUS_AMQP_URL", url, partial(rabbitmq.lets_in, url)))
    image = environ.get("RABBITMQ_IMAGE", "rabbitmq:4-management")
    in_container = _use_container(options, environ, image)  # first, since it removes orphans that hold the port
    require_server_ports(options.amqp_port, options.mongo_port, environ)
    password = ensure_secret(options.home / "secrets" / "rabbitmq_password", random_password)
    url = rabbitmq.amqp_url(options.amqp_port, password, options.tls)
    if in_container:
        return ServerChoice(url, ContainerServer(_rabbitmq_image(options, image, password)))
    rabbitmq.ensure_rabbitmq(options.say)
    epmd = rabbitmq.local_epmd(options.home)
    server = rabbitmq.local_rabbitmq(options.home, options.amqp_port, epmd.spec.port, password, options.tls)
    return ServerChoice(url, server, (epmd,))


def choose_mongo(options: ServerOptions, environ: Mapping[str, str]) -> ServerChoice:
    """MongoDB from USERBUS_MONGO_URL, else the image MONGO_IMAGE, else a local binary; MONGO_CACHE_GB is its cache."""
    url = environ.get("USERBUS_MONGO_URL")
    if url:
        reachable = partial(mongodb.serves_transactions, url)
        return ServerChoice(url, ExternalServer("a MongoDB replica set", "USERBUS_MONGO_URL", url, reachable))
    image = environ.get("MONGO_IMAGE", "mongo:7")
    in_container = _use_container(options, environ, image)
    require_server_ports(options.amqp_port, options.mongo_port, environ)
    url = mongodb.mongo_url(options.mongo_port, options.tls)
    cache_gb = environ.get("MONGO_CACHE_GB", mongodb.CACHE_GB)
    if in_container:
        return ServerChoice(url, ContainerServer(_mongo_image(options, image, cache_gb)))
    mongod = mongodb.ensure_mongod(options.say)
    return ServerChoice(url, mongodb.local_mongod(mongod, options.home, options.mongo_port, cache_gb, options.tls))


def _use_container(options: ServerOptions, environ: Mapping[str, str], image: str) -> bool:
    """Whether to use the image, pulling it if missing; False where a local binary is to be used."""
    mode = environ.get("USERBUS_DEVSTACK", "")
    if mode not in ("", *MODES):
        raise StackError(f"USERBUS_DEVSTACK is {mode!r}, but must be one of {', '.join(MODES)}, or be left out")
    if options.tls:  # the keys' files are their owner's alone, and a container has other users
        if mode == "docker":
            raise StackError("USERBUS_DEVSTACK_TLS needs local servers: leave out USERBUS_DEVSTACK=docker")
        return False
    found = mode != "local" and ensure_image(image, options.say)
    if mode == "docker" and not found:
        raise StackError(f"USERBUS_DEVSTACK=docker, but no Docker daemon with {image} answers: start it or load it")
    return found


def _volume(options: ServerOptions, kind: str, folder: str) -> tuple[str, str] | None:
    """A volume named after the home folder, so that two checkouts never share files."""
    mark = hashlib.sha256(str(options.home).encode()).hexdigest()[:12]
    return (f"userbus-{mark}-{kind}", folder) if options.keep else None


def _rabbitmq_image(options: ServerOptions, image: str, password: str) -> ImageSpec:
    env = {
        "RABBITMQ_DEFAULT_USER": rabbitmq.USER,
        "RABBITMQ_DEFAULT_PASS": password,
        "RABBITMQ_NODENAME": "userbus@localhost",
        "RABBITMQ_ENABLED_PLUGINS_FILE": "/var/lib/rabbitmq/enabled_plugins",  # one that may be written
        "RABBITMQ_ENABLED_PLUGINS": f"rabbitmq_management,rabbitmq_prometheus,{rabbitmq.PLUGIN}",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"{rabbitmq.QUIET} -rabbit max_message_size {rabbitmq.MAX_MESSAGE}",
    }
    ready = partial(rabbitmq.speaks_amqp, HOST, options.amqp_port)
    volume = _volume(options, "rabbitmq", "/var/lib/rabbitmq")
    return ImageSpec("RabbitMQ", image, (options.amqp_port, 5672), ready, env=env, volume=volume)


def _mongo_image(options: ServerOptions, image: str, cache_gb: str) -> ImageSpec:
    """Inside, the server listens on the same port as outside, since a member must reach itself by its address."""
    port = options.mongo_port
    command = ("mongod", "--bind_ip_all", *mongodb.mongod_options(port, cache_gb))
    ready = partial(mongodb.is_primary, HOST, port)
    return ImageSpec("MongoDB", image, (port, port), ready, command, volume=_volume(options, "mongo", "/data/db"))
