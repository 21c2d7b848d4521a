"""Secrets of tenants, without a database."""

import pytest

from models.secrets.keys import Keys
from models.store.client import Store
from models.store.scope import TransactionScope, provide
from models.tenants import Tenant, TenantRepository, generate_key, is_secret

OLD, NEW = "o" * 40, "n" * 40
SECRET = "a tenant's secret"


async def hash_secret(keys: Keys, name: str, secret: str) -> str:
    store = Store("mongodb://127.0.0.1:1/userbus")  # which is not asked
    hashed = TenantRepository(store, TransactionScope(store, provide(None)), keys).hash_secret(name, secret)
    await store.close()
    return hashed


async def test_a_tenants_own_secret_is_known_and_nothing_else() -> None:
    keys = Keys(NEW)
    stored = await hash_secret(keys, "t", SECRET)
    assert is_secret(SECRET, stored, "t", keys)
    for wrong in ("", SECRET[:-1], SECRET.upper(), stored):
        assert not is_secret(wrong, stored, "t", keys)
    assert not is_secret(SECRET, stored, "u", keys)
    assert not is_secret(f"{SECRET}", stored, f"t\0{SECRET}", keys)


async def test_name_and_secret_are_kept_apart() -> None:
    keys = Keys(NEW)
    assert await hash_secret(keys, "ab", "c") != await hash_secret(keys, "a", "bc")


@pytest.mark.parametrize("secret", ["", SECRET])
def test_where_nothing_is_stored_no_secret_is_right(secret: str) -> None:
    assert not is_secret(secret, "", "t", Keys(f"{NEW},{OLD}"))


async def test_a_secret_is_known_by_each_key_that_there_still_is() -> None:
    for made_with in (OLD, NEW):
        stored = await hash_secret(Keys(made_with), "t", SECRET)
        assert is_secret(SECRET, stored, "t", Keys(f"{NEW},{OLD}"))
        assert not is_secret("another", stored, "t", Keys(f"{NEW},{OLD}"))
        assert is_secret(SECRET, stored, "t", Keys(NEW)) is (made_with == NEW)


async def test_a_secret_is_stored_as_a_keyed_hash() -> None:
    hashed = await hash_secret(Keys(NEW), "t", SECRET)
    assert hashed == Keys(NEW).hash_code("tenant", f"t\0{SECRET}")
    assert hashed != await hash_secret(Keys(OLD), "t", SECRET)


def test_a_tenant_is_found_in_any_letter_case_and_has_a_key_of_its_own() -> None:
    first, second = (Tenant(id=id, name="Ours", title="Our App", secret="hash") for id in (1, 2))
    row = first.to_row()
    assert row["folded"] == {"name": "ours", "title": "our app"}
    assert (row["_id"], row["name"], row["title"], row["secret"]) == (1, "Ours", "Our App", "hash")
    assert len(first.key) == 32
    assert first.key != second.key
    assert bytes.fromhex(generate_key()) != bytes.fromhex(generate_key())
