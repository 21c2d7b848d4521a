"""Settings of `userbus service`."""

import os
from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """Where the list is, and the management API of the broker that it is applied to, if any."""

    model_config = SettingsConfigDict(env_prefix="USERBUS_", frozen=True, env_ignore_empty=True)

    services_file: Path = Path("services.toml")
    management_url: SecretStr | None = None


def load_settings() -> ServiceSettings:
    """Read the settings from the environment and the folder of secrets."""
    return ServiceSettings(_secrets_dir=os.environ.get("USERBUS_SECRETS_DIR"))
