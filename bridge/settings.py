"""Settings of the bridge: read once at the start, immutable."""

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from contracts.environment import SecretAmqpUrl, TlsSettings

DialectName = Literal["foreseen", "rbac", "passport"]  # the others do not use service tokens


class Settings(TlsSettings, BaseSettings):
    """Settings of the bridge, each read from the environment variable USERBUS_<NAME>; lists are separated by commas.

    Pages of `cors_origins` may call from browsers, with session cookies too. `allowed_hosts` are the names that `Host`
    may have, by default any; `*.` stands for all names below. `trusted_proxies` are the addresses and networks whose
    `X-Forwarded-For` is trusted, by default none; `max_connections_per_address` is not for them. The limits a minute
    are for one client address and callers without credentials; 0 is no limit. `console_amqp_url` is how the console
    reaches the bus, by default as the bridge does: where callers are checked it needs the rights of the operator.
    `console_broker_amqp_url` is how it reaches dead letters and the log of events, by default as the bus: where callers
    are checked it needs the rights of the worker, with `require_caller`, so that redriven messages keep their senders.
    """

    model_config = SettingsConfigDict(env_prefix="USERBUS_", frozen=True, env_ignore_empty=True)

    amqp_url: SecretAmqpUrl = SecretStr("amqp://guest:guest@127.0.0.1:5672")
    bridge_host: str = "127.0.0.1"
    bridge_port: Annotated[int, Field(ge=0, le=65535)] = 8000
    bridge_metrics_host: str = "127.0.0.1"
    bridge_metrics_port: Annotated[int, Field(ge=0, le=65535)] = 0
    bridge_open_dialects: Annotated[tuple[DialectName, ...], NoDecode] = ()
    bridge_timeout: Annotated[float, Field(gt=0, le=300)] = 10.0
    token_cache: Annotated[float, Field(ge=0, le=5)] = 5.0
    cookie_secure: bool = False
    console: bool = False
    console_amqp_url: SecretAmqpUrl | None = None
    console_broker_amqp_url: SecretAmqpUrl | None = None
    require_caller: bool = False
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()
    max_connections: Annotated[int, Field(ge=1)] = 1000
    max_connections_per_address: Annotated[int, Field(ge=1)] = 250
    sign_ups_per_minute: Annotated[int, Field(ge=0)] = 0
    checks_per_minute: Annotated[int, Field(ge=0)] = 0
    sends_per_minute: Annotated[int, Field(ge=0)] = 0
    time_zone: ZoneInfo = ZoneInfo("UTC")
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] = "console"
    request_log: bool = True

    @field_validator("bridge_open_dialects", "cors_origins", "allowed_hosts", "trusted_proxies", mode="before")
    @classmethod
    def _split_list(cls, given: object) -> object:
        return tuple(part.strip() for part in given.split(",") if part.strip()) if isinstance(given, str) else given
