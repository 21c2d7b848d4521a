"""Several URLs in one setting: how they are read, and which one comes next."""

import pytest

from contracts.broker_addresses import BrokerAddresses, printable_url, split_urls, with_heartbeat

THREE = ["amqp://a", "amqp://b", "amqp://c"]


def test_urls_are_separated_by_commas_that_a_password_may_hold_too() -> None:
    assert split_urls("amqp://u:x,y@one:5672 , amqps://two/%2F?heartbeat=5") == [
        "amqp://u:x,y@one:5672",
        "amqps://two/%2F?heartbeat=5",
    ]


def test_no_password_is_printed() -> None:
    assert printable_url("amqp://ann:secret@one:5672/vhost?auth=plain") == "amqp://ann@one:5672/vhost"
    assert printable_url("amqps://[::1]:5671") == "amqps://[::1]:5671"


def test_a_heartbeat_of_the_setting_is_kept() -> None:
    assert with_heartbeat("amqp://one") == "amqp://one?heartbeat=15"
    assert with_heartbeat("amqps://one?cafile=ca.pem") == "amqps://one?cafile=ca.pem&heartbeat=15"
    assert with_heartbeat("amqp://one?heartbeat=5") == "amqp://one?heartbeat=5"


def test_an_address_that_several_connections_lost_is_given_up_once() -> None:
    addresses = BrokerAddresses(THREE)
    first = addresses.current
    for _ in range(5):
        addresses.give_up(first, "lost")
    assert addresses.current == THREE[(THREE.index(first) + 1) % 3]


def test_processes_begin_at_different_addresses() -> None:
    assert {BrokerAddresses(THREE).current for _ in range(100)} == {*THREE}


async def test_each_address_is_tried_until_one_is_right(caplog: pytest.LogCaptureFixture) -> None:
    async def attempt(url: str) -> str:
        if url != "amqp://b":
            raise ConnectionError("refused")
        return url

    addresses = BrokerAddresses(THREE)
    assert await addresses.try_each(attempt) == "amqp://b"
    assert addresses.current == "amqp://b"
    with pytest.raises(ConnectionError):
        await BrokerAddresses(["amqp://c", "amqp://a"]).try_each(attempt)
    assert "refused" in caplog.text
