"""Settings of `userbus topology`."""

import os

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from contracts.topology.declared import declared_topology
from contracts.topology.parts import Topology


class TopologySettings(BaseSettings):
    """The management API, and those settings of the workers that queues are declared by."""

    model_config = SettingsConfigDict(env_prefix="USERBUS_", frozen=True, env_ignore_empty=True)

    management_url: SecretStr | None = None
    queue_length: int = Field(default=100_000, ge=100)
    events_days: int = Field(default=7, ge=1)

    @property
    def topology(self) -> Topology:
        """What workers with these settings declare."""
        return declared_topology(self.queue_length, self.events_days)


def read_topology_settings() -> TopologySettings:
    """Read the settings from the environment and the folder of secrets."""
    return TopologySettings(_secrets_dir=os.environ.get("USERBUS_SECRETS_DIR"))
