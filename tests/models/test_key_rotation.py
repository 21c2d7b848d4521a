"""A new secret key beside the former one: what was derived from that one is still recognized."""

from dataclasses import replace

import pytest

from models.errors.auth import TenantInvalid
from models.errors.base import MessageReused
from models.secrets.keys import Keys
from models.store.client import Store
from models.store.journal import REFERENCE, CommandContext, Journal, TokenFormat
from models.store.scope import TransactionScope, provide
from models.tenants import Tenant, TenantRepository

OLD, NEW = "an old secret key of forty characters, with a comma", "a new secret key of more than 32 characters"
BOTH = f"{NEW},{'o' * 40}"
BODY, SPACED = b'{"a":1}', b'{ "a": 1 }'


def command(keys: Keys, body: bytes = BODY) -> CommandContext:
    """A command as a worker with these keys sees it."""
    newest, *former = keys.digest_pairs(body, BODY)
    return CommandContext("auth.sign_in", "m-1", newest[0], newest[1], tuple(former))


@pytest.mark.parametrize("form", [REFERENCE, TokenFormat("jwt", "k", {"sub": "1"})], ids=["reference", "jwt"])
async def test_a_repeat_after_a_rotation_is_answered_with_the_same_token(database: Store, form: TokenFormat) -> None:
    old, both, new = Keys("o" * 40), Keys(BOTH), Keys(NEW)
    first = Journal(database, old)
    token = first.derive_token(command(old), form)
    await first.write(command(old), f'{{"token": "{token}"}}', [], token_format=form)
    for body in (BODY, SPACED):
        assert await Journal(database, both).find_reply(command(both, body)) == f'{{"token": "{token}"}}'
    with pytest.raises(MessageReused):
        await Journal(database, new).find_reply(command(new))
    with pytest.raises(MessageReused):
        await Journal(database, both).find_reply(replace(command(both), name="auth.sign_up"))


async def test_a_tenant_that_has_called_once_needs_the_former_key_no_more(database: Store) -> None:
    scope = TransactionScope(database, provide(None))
    old, both, new = (TenantRepository(database, scope, Keys(text)) for text in ("o" * 40, BOTH, NEW))
    await database.collection("tenants").delete_many({})
    await old.add(Tenant(id=1, name="t", title="T", secret=old.hash_secret("t", "a tenant's secret")))
    with pytest.raises(TenantInvalid):
        await new.verify("t", "a tenant's secret")
    with pytest.raises(TenantInvalid):
        await both.verify("t", "another secret")
    for repository in (both, new):
        assert (await repository.verify("t", "a tenant's secret")).id == 1
    with pytest.raises(TenantInvalid):
        await new.verify("nobody", "a tenant's secret")


async def test_workers_that_still_derive_with_the_former_key_know_what_the_others_have_made(database: Store) -> None:
    scope = TransactionScope(database, provide(None))
    changed, waiting = Keys(BOTH), Keys(f"{'o' * 40},{NEW}")
    asked = replace(command(changed), message_id="m-2")
    reply = f'{{"token": "{Journal(database, changed).derive_token(asked, REFERENCE)}"}}'
    await Journal(database, changed).write(asked, reply, [], token_format=REFERENCE)
    assert await Journal(database, waiting).find_reply(replace(command(waiting), message_id="m-2")) == reply
    await database.collection("tenants").delete_many({})
    there, here = (TenantRepository(database, scope, keys) for keys in (changed, waiting))
    await here.add(Tenant(id=1, name="t", title="T", secret=here.hash_secret("t", "a tenant's secret")))
    for _ in range(2):
        for repository in (there, here):  # each hashes the secret anew by its own key
            assert (await repository.verify("t", "a tenant's secret")).id == 1
    assert waiting.has_sealed("digest", changed.seal("digest"))


def test_a_secret_with_a_comma_stays_one_secret() -> None:
    assert Keys(OLD).former == ()
    assert len(Keys(BOTH).former) == 1
    assert Keys(BOTH).digest(BODY) == Keys(NEW).digest(BODY) != Keys(OLD).digest(BODY)
