"""Servers in containers, where a Docker daemon is available."""

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
from devstack.orphans import has_ended, identity
from devstack.ports import HOST
from devstack.server import StackServer

OWNER = "userbus.owner"
TIMEOUT = 60
STOP_LIMIT = 30


@dataclass(frozen=True)
class ImageSpec:
    """How to run one server from an image: its ports published on 127.0.0.1, one folder kept if a volume is named."""

    name: str
    image: str
    ports: tuple[int, int]
    """The port on this machine and the port in the container."""
    ready: Callable[[], bool]
    command: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    volume: tuple[str, str] | None = None
    """The volume's name and the folder in the container."""
    more_ports: tuple[tuple[int, int], ...] = ()
    """Others, as `ports`."""


def ensure_image(image: str, say: Callable[[str], None]) -> bool:
    """Pull the image if it is missing; False where no Docker daemon answers or the image cannot be had.

    Also removes containers that a killed run left behind.
    """
    if not _has_daemon():
        return False
    try:
        with closing(DockerClient(timeout=TIMEOUT).client) as client:
            client.ping()
            _remove_orphans(client)
            return _ensure_pulled(client, image, say)
    except (DockerException, OSError):
        return False


def _has_daemon() -> bool:
    # the Docker client would leave its socket open where nobody listens
    address = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    if not address.startswith("unix://"):
        return True
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(address.removeprefix("unix://")) == 0


def _remove_orphans(client: docker.DockerClient) -> None:
    for orphan in client.containers.list(all=True, filters={"label": OWNER}, ignore_removed=True):
        if has_ended(orphan.labels[OWNER]):
            orphan.remove(force=True, v=True)


def _ensure_pulled(client: docker.DockerClient, image: str, say: Callable[[str], None]) -> bool:
    try:
        client.images.get(image)
    except ImageNotFound:
        say(f"Pulling the image {image}")
        try:
            client.images.pull(image)
        except (DockerException, OSError):
            say(f"The image {image} is missing and cannot be pulled: going on without it")
            return False
    return True


class ContainerServer(StackServer):
    """One server in a container, which survives stop and kill and is removed by close; a named volume stays."""

    def __init__(self, spec: ImageSpec) -> None:
        super().__init__(spec.name)
        self.spec = spec
        # Orphans are found by their label, so testcontainers' own reaper, one more image to pull, is not needed.
        testcontainers_config.ryuk_disabled = True
        self._container = _build(spec)
        self._is_created = False

    @property
    def pid(self) -> int:
        """The id of its first process on this machine."""
        return int(self._state()["Pid"])

    def launch(self) -> None:
        """Create and start the container, or start it again."""
        try:
            if self._is_created:
                self._docker_container().start()
            else:
                self._is_created = True
                self._container.start()
        except APIError as error:
            raise StackError(f"Docker could not start {self.spec.image}: {error.explanation}") from error

    def is_ready(self) -> bool:
        """Whether it accepts clients now."""
        return self.spec.ready()

    def fault(self) -> str | None:
        """Why the container does not run, with its last lines of output; None while it runs."""
        state = self._state()
        if state["Running"]:
            return None
        words = self._docker_container().logs(tail=20).decode(errors="replace")
        return f"The container of {self.name} ended with status {state['ExitCode']}. Its last words:\n{words}"

    def stop(self) -> None:
        """Stop it as `docker stop` does."""
        self._docker_container().stop(timeout=STOP_LIMIT)

    def kill(self) -> None:
        """Kill it as `docker kill` does."""
        self._docker_container().kill()

    def close(self) -> None:
        """Stop and remove the container and its unnamed volumes."""
        with suppress(NotFound, ContainerStartException):
            self.stop()
        with suppress(NotFound):
            self._container.stop()
        self._container.get_docker_client().client.close()

    def _docker_container(self) -> Container:
        return self._container.get_wrapped_container()

    def _state(self) -> dict[str, Any]:
        self._docker_container().reload()
        return cast(dict[str, Any], self._docker_container().attrs["State"])


def _build(spec: ImageSpec) -> DockerContainer:
    container = DockerContainer(spec.image, env=dict(spec.env))
    # with_bind_ports takes no address and would open the port to the network.
    for here, inside in (spec.ports, *spec.more_ports):
        cast(dict[str, Any], container.ports)[f"{inside}/tcp"] = (HOST, here)
    if spec.command:
        container.with_command(list(spec.command))
    if spec.volume is not None:
        container.with_volume_mapping(*spec.volume, mode="rw")
    return container.with_kwargs(labels={OWNER: identity(os.getpid()) or ""})
