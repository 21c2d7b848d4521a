"""Integrations on a worker that has no encryption key."""

from dataclasses import replace
from uuid import uuid4

import pytest
from pydantic import SecretStr

from contracts.integrations import CreateIntegration
from handlers.integrations import create_integration
from models.errors.accounts import NoKey
from models.secrets.vault import Vault
from models.store.journal import CommandContext
from models.unit_of_work import UnitOfWork
from tests.support.stack import Stack


def unit(stack: Stack) -> UnitOfWork:
    keyless = replace(stack.worker.dependencies, vault=Vault(None))
    return UnitOfWork(keyless, CommandContext("integration.create", uuid4().hex, "digest"))


async def test_secrets_are_refused_with_the_way_out(stack: Stack) -> None:
    command = CreateIntegration(name=uuid4().hex, secrets=[SecretStr("s3cret")])
    async with unit(stack) as keyless:
        with pytest.raises(NoKey, match="USERBUS_ENCRYPTION_KEY") as refusal:
            await create_integration(command, keyless)
    assert (refusal.value.kind, refusal.value.code) == ("denied", "integration.no_key")


async def test_an_integration_without_secrets_is_made(stack: Stack) -> None:
    async with unit(stack) as keyless:
        made = await create_integration(CreateIntegration(name=uuid4().hex), keyless)
    assert made.secret_count == 0
