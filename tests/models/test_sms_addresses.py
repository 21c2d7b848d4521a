"""How many codes a client address may ask for, on a real collection."""

from uuid import uuid4

import pytest

from models.errors.sms import SmsTooMany
from models.secrets.keys import Keys
from models.sms_addresses import AddressLimits
from models.store.client import Store
from models.store.document import now


@pytest.fixture
def addresses(database: Store) -> AddressLimits:
    return AddressLimits(database, Keys(f"a key of this test alone {uuid4().hex}"), limit=2)


async def ask(addresses: AddressLimits, *given: str) -> None:
    for address in given:
        await addresses.record_send(address, uuid4().hex, now(), None)


@pytest.mark.parametrize(
    "given",
    [
        ("192.0.2.1", "192.0.2.1", "192.0.2.1"),
        ("192.0.2.1", "::ffff:192.0.2.1", "::FFFF:C000:201"),
        ("2001:db8:1:2::1", "2001:DB8:1:2:0::1", "2001:db8:1:2::1"),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::2", "2001:db8:1:2:1:2:3:4"),
        ("a client", "a client", "a client"),
    ],
)
async def test_an_address_or_a_network_that_one_client_has_is_counted_as_one(
    addresses: AddressLimits, given: tuple[str, ...]
) -> None:
    await ask(addresses, *given[:2])
    with pytest.raises(SmsTooMany):
        await ask(addresses, given[2])


async def test_other_addresses_are_counted_by_themselves(addresses: AddressLimits) -> None:
    await ask(addresses, *["192.0.2.1", "192.0.2.2", "2001:db8:1:2::1", "2001:db8:1:3::1", "a client"] * 2)
    with pytest.raises(SmsTooMany):
        await ask(addresses, "192.0.2.2")


async def test_a_released_send_is_not_counted(addresses: AddressLimits) -> None:
    await addresses.record_send("2001:db8:1:2::1", "given back", now(), None)
    await addresses.release("2001:db8:1:2::2", "given back")
    await ask(addresses, "2001:db8:1:2::1", "2001:db8:1:2::1")
