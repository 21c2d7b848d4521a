"""The bridge's settings: read once, frozen, passed on as values."""

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

DialectName = Literal["foreseen", "rbac", "passport"]  # the others have doors of their own


class Settings(BaseSettings):
    """What a bridge can be told, each as the environment variable USERBUS_<NAME>; lists are texts with commas.

    `trusted_proxies` are the addresses and networks whose `X-Forwarded-For` is believed, by default nobody's.
    """

    model_config = SettingsConfigDict(env_prefix="USERBUS_", frozen=True, env_ignore_empty=True)

    amqp_url: SecretStr = SecretStr("amqp://guest:guest@127.0.0.1:5672/")
    bridge_host: str = "127.0.0.1"
    bridge_port: Annotated[int, Field(ge=0, le=65535)] = 8000
    bridge_open_dialects: Annotated[tuple[DialectName, ...], NoDecode] = ()
    bridge_timeout: Annotated[float, Field(gt=0, le=300)] = 10.0
    token_cache: Annotated[float, Field(ge=0, le=5)] = 5.0
    cookie_secure: bool = False
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()
    time_zone: ZoneInfo = ZoneInfo("UTC")
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] = "console"

    @field_validator("bridge_open_dialects", "cors_origins", "trusted_proxies", mode="before")
    @classmethod
    def _listed(cls, given: object) -> object:
        return tuple(part.strip() for part in given.split(",") if part.strip()) if isinstance(given, str) else given
