"""Where each server comes from: the choice between a given URL, a container and a local binary."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from devstack import mongodb, rabbitmq
from devstack.containers import ContainerServer, ImageRecipe, has_image
from devstack.errors import StackError
from devstack.given import GivenServer
from devstack.keys import random_password, secret
from devstack.ports import HOST, require_free
from devstack.server import StackServer

WAYS = ("docker", "local")


@dataclass(frozen=True)
class StackWish:
    """What the caller asked for."""

    home: Path
    amqp_port: int
    mongo_port: int
    keep: bool
    say: Callable[[str], None]


@dataclass(frozen=True)
class ServerPlan:
    """A server that is ready to be launched, its URL for clients, and what must run before it."""

    url: str
    server: StackServer
    companions: tuple[StackServer, ...] = ()


def plan_rabbitmq(wish: StackWish, environ: Mapping[str, str]) -> ServerPlan:
    """RabbitMQ from USERBUS_AMQP_URL, else the image RABBITMQ_IMAGE, else the system package."""
    url = environ.get("USERBUS_AMQP_URL")
    if url:
        return ServerPlan(url, GivenServer("RabbitMQ", "USERBUS_AMQP_URL", url, partial(_amqp_answers, url)))
    image = environ.get("RABBITMQ_IMAGE", "rabbitmq:4-management")
    contained = _in_container(environ, image, wish.say)  # asked first: it removes leftovers that hold the port
    require_free(wish.amqp_port, "RabbitMQ", "USERBUS_AMQP_PORT", ", or use that server: USERBUS_AMQP_URL=<url>")
    password = secret(wish.home / "secrets" / "rabbitmq_password", random_password)
    url = f"amqp://{rabbitmq.USER}:{password}@{HOST}:{wish.amqp_port}/"
    if contained:
        return ServerPlan(url, ContainerServer(_rabbitmq_image(wish, image, password)))
    rabbitmq.ensure_rabbitmq(wish.say)
    epmd = rabbitmq.local_epmd(wish.home)
    server = rabbitmq.local_rabbitmq(wish.home, wish.amqp_port, epmd.recipe.port, password)
    return ServerPlan(url, server, (epmd,))


def plan_mongo(wish: StackWish, environ: Mapping[str, str]) -> ServerPlan:
    """MongoDB from USERBUS_MONGO_URL, else the image MONGO_IMAGE, else a local binary."""
    url = environ.get("USERBUS_MONGO_URL")
    if url:
        reachable = partial(mongodb.serves_transactions, url)
        return ServerPlan(url, GivenServer("a MongoDB replica set", "USERBUS_MONGO_URL", url, reachable))
    image = environ.get("MONGO_IMAGE", "mongo:7")
    contained = _in_container(environ, image, wish.say)
    require_free(wish.mongo_port, "MongoDB", "USERBUS_MONGO_PORT", ", or use that server: USERBUS_MONGO_URL=<url>")
    url = mongodb.mongo_url(wish.mongo_port)
    if contained:
        return ServerPlan(url, ContainerServer(_mongo_image(wish, image)))
    return ServerPlan(url, mongodb.local_mongod(mongodb.ensure_mongod(wish.say), wish.home, wish.mongo_port))


def _amqp_answers(url: str) -> bool:
    parts = urlsplit(url)
    return rabbitmq.speaks_amqp(parts.hostname or HOST, parts.port or 5672)


def _in_container(environ: Mapping[str, str], image: str, say: Callable[[str], None]) -> bool:
    """Whether to run the image; False where a local binary is to be used."""
    way = environ.get("USERBUS_DEVSTACK", "")
    if way not in ("", *WAYS):
        raise StackError(f"USERBUS_DEVSTACK is {way!r}, but must be one of {', '.join(WAYS)}, or be left out")
    found = way != "local" and has_image(image, say)
    if way == "docker" and not found:
        raise StackError(f"USERBUS_DEVSTACK=docker, but no Docker daemon with {image} answers: start it or load it")
    return found


def _volume(wish: StackWish, kind: str, folder: str) -> tuple[str, str] | None:
    """A volume named after the home folder, so that two checkouts never share their files."""
    mark = hashlib.sha256(str(wish.home).encode()).hexdigest()[:12]
    return (f"userbus-{mark}-{kind}", folder) if wish.keep else None


def _rabbitmq_image(wish: StackWish, image: str, password: str) -> ImageRecipe:
    env = {
        "RABBITMQ_DEFAULT_USER": rabbitmq.USER,
        "RABBITMQ_DEFAULT_PASS": password,
        "RABBITMQ_NODENAME": "userbus@localhost",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": rabbitmq.QUIET,
    }
    ready = partial(rabbitmq.speaks_amqp, HOST, wish.amqp_port)
    volume = _volume(wish, "rabbitmq", "/var/lib/rabbitmq")
    return ImageRecipe("RabbitMQ", image, (wish.amqp_port, 5672), ready, env=env, volume=volume)


def _mongo_image(wish: StackWish, image: str) -> ImageRecipe:
    """Inside, the server listens on the same port as outside, for a member must know itself by its address."""
    port = wish.mongo_port
    command = ("mongod", "--bind_ip_all", *mongodb.mongod_options(port))
    ready = partial(mongodb.is_primary, HOST, port)
    return ImageRecipe("MongoDB", image, (port, port), ready, command, volume=_volume(wish, "mongo", "/data/db"))
