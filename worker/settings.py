"""The worker's settings: read once, frozen, passed on as values."""

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from access.service_list import read_services
from contracts.base import Family
from contracts.environment import AmqpUrl, TlsSettings, describe_mistyped
from contracts.faults import fault_text
from handlers.sms_gateways.settings import SmsSettings
from models.secrets.vault import Vault
from models.store.lanes import MOST_LANES
from runtime.settings_file import EXPLAINED
from worker.session_settings import SignInSettings
from worker.webhook_settings import WebhookSettings

KEY_LENGTH = 32


class Settings(TlsSettings, SignInSettings, SmsSettings, WebhookSettings):
    """A worker's settings, each the environment variable USERBUS_<NAME>."""

    model_config = SettingsConfigDict(
        env_prefix="USERBUS_", frozen=True, env_ignore_empty=True, hide_input_in_errors=True
    )

    amqp_url: AmqpUrl = "amqp://guest:guest@127.0.0.1:5672"
    mongo_url: str = "mongodb://127.0.0.1:27017/userbus?replicaSet=rs0"
    mongo_driver: Literal["pymongo", "motor"] = "pymongo"
    secret_key: SecretStr
    encryption_key: SecretStr | None = None
    families: Annotated[tuple[Family, ...], NoDecode] = ("user", "account", "role", "auth", "sms")
    prefetch: Annotated[int, Field(ge=1, le=1000)] = 64
    drain_seconds: Annotated[float, Field(gt=0)] = 15.0
    patience_seconds: Annotated[float, Field(gt=0)] = 10.0
    journal_days: Annotated[int, Field(ge=1)] = 7
    audit_days: Annotated[int, Field(ge=0)] = 90
    events_days: Annotated[int, Field(ge=1)] = 7
    relay_lanes: Annotated[int, Field(ge=1, le=MOST_LANES)] = 1
    queue_length: Annotated[int, Field(ge=100)] = 100_000
    argon2_memory: Annotated[int, Field(ge=19456)] = 19456
    argon2_rounds: Annotated[int, Field(ge=2)] = 2
    worker_host: str = "127.0.0.1"
    worker_port: Annotated[int, Field(ge=0, le=65535)] = 0
    hash_waiting: Annotated[int, Field(ge=1)] = 256
    require_caller: bool = False
    services_file: Path = Path("services.toml")
    log_format: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    request_log: bool = True

    @field_validator("secret_key")
    @classmethod
    def _check_length(cls, given: SecretStr) -> SecretStr:
        if len(given) < KEY_LENGTH:
            raise ValueError(
                f"use at least {KEY_LENGTH} characters, not {len(given)}: `openssl rand -hex 32` prints a key"
            )
        return given

    @field_validator("families", mode="before")
    @classmethod
    def _split(cls, given: object) -> object:
        return tuple(part.strip() for part in given.split(",") if part.strip()) if isinstance(given, str) else given

    @field_validator("services_file")
    @classmethod
    def _check_services(cls, given: Path) -> Path:
        read_services(given)
        return given

    @field_validator("encryption_key")
    @classmethod
    def _check_key(cls, given: SecretStr | None) -> SecretStr | None:
        Vault(given.get_secret_value() if given else None)
        return given


def read_settings() -> Settings:
    """Read the settings; wrong ones are reported in a line each, and end the program with status 2."""
    if mistyped := describe_mistyped(os.environ, Settings.model_fields):
        print("\n".join(f"worker: {sentence} see {EXPLAINED}" for sentence in mistyped), file=sys.stderr)
        sys.exit(2)
    try:
        return Settings(_secrets_dir=os.environ.get("USERBUS_SECRETS_DIR"))
    except ValidationError as error:
        for fault in error.errors():
            name = "USERBUS_" + "_".join(map(str, fault["loc"])).upper()
            print(f"worker: {name}: {fault_text(fault)}; see {EXPLAINED}", file=sys.stderr)
        sys.exit(2)
