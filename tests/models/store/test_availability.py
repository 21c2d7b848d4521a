"""Judging an outage: silence counts soon, an election is ridden out."""

from models.store.availability import DatabaseAvailability


async def test_silence_is_an_outage_within_a_second() -> None:
    availability = DatabaseAvailability()
    availability.record("silent", 10.0, 10.5)
    assert not availability.is_down
    availability.record("silent", 10.6, 10.8)
    assert availability.is_down
    assert availability.outage_seconds(13.0) == 3.0


async def test_an_election_is_ridden_out_for_fifteen_seconds() -> None:
    availability = DatabaseAvailability()
    availability.record("electing", 10.0, 10.1)
    availability.record("electing", 24.8, 24.9)
    assert not availability.is_down
    availability.record("electing", 25.0, 25.1)
    assert availability.is_down


async def test_a_primary_ends_it_and_wakes_the_waiting() -> None:
    availability = DatabaseAvailability()
    availability.record("silent", 10.0, 11.0)
    availability.record("primary", 11.1, 11.2)
    assert not availability.is_down
    assert availability.outage_seconds(20.0) == 0.0
    assert await availability.wait_until_up(0.01)


async def test_a_new_outage_counts_from_its_own_beginning() -> None:
    availability = DatabaseAvailability()
    availability.record("silent", 10.0, 10.5)
    availability.record("primary", 10.6, 10.6)
    availability.record("silent", 20.0, 20.5)
    assert not availability.is_down


async def test_a_primary_is_steady_while_every_check_finds_the_same_one() -> None:
    availability = DatabaseAvailability()
    availability.record("primary", 10.0, 10.1, "first election")
    availability.record("primary", 10.3, 10.4, "first election")
    assert availability.is_steady_since(9.0)
    availability.record("primary", 10.6, 10.7, "second election")  # no check has seen the members elect
    assert not availability.is_steady_since(10.0)
    assert availability.is_steady_since(10.8)
    availability.record("silent", 20.0, 20.5)
    assert not availability.is_steady_since(20.6)
    availability.record("primary", 20.7, 20.8, "second election")
    assert not availability.is_steady_since(20.4)
    assert availability.is_steady_since(20.6)
