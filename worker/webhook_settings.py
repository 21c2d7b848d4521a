"""The settings of webhooks, part of the worker's."""

from ipaddress import ip_network
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode

from models.webhook_addresses import Network


class WebhookSettings(BaseSettings):
    """The settings of webhooks."""

    webhook_networks: Annotated[tuple[Network, ...], NoDecode] = ()
    webhook_seconds: Annotated[float, Field(gt=0, le=30)] = 10.0
    webhook_hours: Annotated[float, Field(gt=0, le=168)] = 72.0

    @field_validator("webhook_networks", mode="before")
    @classmethod
    def _read_networks(cls, given: object) -> object:
        if not isinstance(given, str):
            return given
        return tuple(ip_network(part.strip()) for part in given.split(",") if part.strip())
