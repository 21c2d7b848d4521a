"""Servers run as containers, where a Docker daemon can be reached."""

import os
import socket
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Any, cast

import docker
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from docker.models.containers import Container
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient
from testcontainers.core.exceptions import ContainerStartException

from devstack.errors import StackError
from devstack.leftovers import ended, identity
from devstack.ports import HOST
from devstack.server import StackServer

OWNER = "userbus.owner"
TIMEOUT = 60
STOP_LIMIT = 30


@dataclass(frozen=True)
class ImageRecipe:
    """How to run one server from an image: one port published on 127.0.0.1, one folder kept if a volume is named."""

    name: str
    image: str
    ports: tuple[int, int]
    """The port on this machine and the port in the container."""
    ready: Callable[[], bool]
    command: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    volume: tuple[str, str] | None = None
    """The volume's name and the folder in the container."""


def has_image(image: str, say: Callable[[str], None]) -> bool:
    """Whether a Docker daemon answers and has the image, after pulling it where it had not.

    Containers that an earlier run left behind because it was killed are removed on the way.
    """
    if not _listens():
        return False
    try:
        with closing(DockerClient(timeout=TIMEOUT).client) as client:
            client.ping()
            _remove_leftovers(client)
            return _obtain(client, image, say)
    except (DockerException, OSError):
        return False


def _listens() -> bool:
    # asked first, because the Docker client leaves its socket open where nobody listens
    address = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    if not address.startswith("unix://"):
        return True
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(address.removeprefix("unix://")) == 0


def _remove_leftovers(client: docker.DockerClient) -> None:
    for left in client.containers.list(all=True, filters={"label": OWNER}, ignore_removed=True):
        if ended(left.labels[OWNER]):
            left.remove(force=True, v=True)


def _obtain(client: docker.DockerClient, image: str, say: Callable[[str], None]) -> bool:
    try:
        client.images.get(image)
    except ImageNotFound:
        say(f"Pulling the image {image}")
        try:
            client.images.pull(image)
        except (DockerException, OSError):
            say(f"The image {image} is neither here nor can it be pulled: going on without it")
            return False
    return True


class ContainerServer(StackServer):
    """One server in a container that outlives stop and kill, and is removed by close; a named volume stays."""

    def __init__(self, recipe: ImageRecipe) -> None:
        super().__init__(recipe.name)
        self.recipe = recipe
        # Leftovers are found by their label, so testcontainers' own reaper, one more image to pull, is not needed.
        testcontainers_config.ryuk_disabled = True
        self._container = _build(recipe)
        self._made = False

    @property
    def pid(self) -> int:
        """The id of its first process, as this machine sees it."""
        return int(self._state()["Pid"])

    def launch(self) -> None:
        """Make the container, or start it again."""
        try:
            if self._made:
                self._wrapped().start()
            else:
                self._made = True
                self._container.start()
        except APIError as error:
            raise StackError(f"Docker could not start {self.recipe.image}: {error.explanation}") from error

    def ready(self) -> bool:
        """Whether it serves now."""
        return self.recipe.ready()

    def fault(self) -> str | None:
        """How the container ended, if it did."""
        state = self._state()
        if state["Running"]:
            return None
        words = self._wrapped().logs(tail=20).decode(errors="replace")
        return f"The container of {self.name} ended with status {state['ExitCode']}. Its last words:\n{words}"

    def stop(self) -> None:
        """Like `docker stop`."""
        self._wrapped().stop(timeout=STOP_LIMIT)

    def kill(self) -> None:
        """Like `docker kill`."""
        self._wrapped().kill()

    def close(self) -> None:
        """Stop and remove the container, and the volumes that have no name."""
        with suppress(NotFound, ContainerStartException):
            self.stop()
        with suppress(NotFound):
            self._container.stop()
        self._container.get_docker_client().client.close()

    def _wrapped(self) -> Container:
        return self._container.get_wrapped_container()

    def _state(self) -> dict[str, Any]:
        self._wrapped().reload()
        return cast(dict[str, Any], self._wrapped().attrs["State"])


def _build(recipe: ImageRecipe) -> DockerContainer:
    container = DockerContainer(recipe.image, env=dict(recipe.env))
    here, inside = recipe.ports
    # The method for it cannot name an address, and a port on every address would be open to the network.
    cast(dict[str, Any], container.ports)[f"{inside}/tcp"] = (HOST, here)
    if recipe.command:
        container.with_command(list(recipe.command))
    if recipe.volume is not None:
        container.with_volume_mapping(*recipe.volume, mode="rw")
    return container.with_kwargs(labels={OWNER: identity(os.getpid()) or ""})
