"""The worker's settings: read once, frozen, passed on as values."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from handlers.access import AccessSettings
from handlers.senders.settings import SmsSettings
from models.vault import Vault

Family = Literal["user", "account", "role", "auth", "sms"]


class Settings(AccessSettings, SmsSettings):
    """What a worker can be told, each as the environment variable USERBUS_<NAME>."""

    model_config = SettingsConfigDict(
        env_prefix="USERBUS_", frozen=True, env_ignore_empty=True, hide_input_in_errors=True
    )

    amqp_url: str = "amqp://guest:guest@127.0.0.1:5672/"
    mongo_url: str = "mongodb://127.0.0.1:27017/userbus?replicaSet=rs0"
    mongo_driver: Literal["pymongo", "motor"] = "pymongo"
    secret_key: Annotated[SecretStr, Field(min_length=32)]
    encryption_key: SecretStr | None = None
    families: Annotated[tuple[Family, ...], NoDecode] = ("user", "account", "role", "auth", "sms")
    prefetch: Annotated[int, Field(ge=1, le=1000)] = 64
    drain_seconds: Annotated[float, Field(gt=0)] = 15.0
    patience_seconds: Annotated[float, Field(gt=0)] = 10.0
    journal_days: Annotated[int, Field(ge=1)] = 7
    audit_days: Annotated[int, Field(ge=0)] = 90
    events_days: Annotated[int, Field(ge=1)] = 7
    queue_length: Annotated[int, Field(ge=100)] = 100_000
    argon2_memory: Annotated[int, Field(ge=19456)] = 19456
    argon2_rounds: Annotated[int, Field(ge=2)] = 2
    worker_host: str = "127.0.0.1"
    worker_port: Annotated[int, Field(ge=0, le=65535)] = 0
    hash_waiting: Annotated[int, Field(ge=1)] = 256
    log_format: Literal["console", "json"] = "console"

    @field_validator("families", mode="before")
    @classmethod
    def _listed(cls, given: object) -> object:
        return tuple(part.strip() for part in given.split(",") if part.strip()) if isinstance(given, str) else given

    @field_validator("encryption_key")
    @classmethod
    def _keys(cls, given: SecretStr | None) -> SecretStr | None:
        Vault(given.get_secret_value() if given else None)
        return given
