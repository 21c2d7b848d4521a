"""Judging an outage: silence is told soon, an election is ridden out."""

from models.watch import Watch


async def test_silence_is_an_outage_within_a_second() -> None:
    watch = Watch()
    watch.seen("silent", 10.0, 10.5)
    assert not watch.down
    watch.seen("silent", 10.6, 10.8)
    assert watch.down
    assert watch.outage(13.0) == 3.0


async def test_an_election_is_ridden_out_for_five_seconds() -> None:
    watch = Watch()
    watch.seen("electing", 10.0, 10.1)
    watch.seen("electing", 14.8, 14.9)
    assert not watch.down
    watch.seen("electing", 15.0, 15.1)
    assert watch.down


async def test_a_primary_ends_it_and_wakes_who_waits() -> None:
    watch = Watch()
    watch.seen("silent", 10.0, 11.0)
    watch.seen("primary", 11.1, 11.2)
    assert not watch.down
    assert watch.outage(20.0) == 0.0
    assert await watch.back(0.01)


async def test_a_new_outage_counts_from_its_own_beginning() -> None:
    watch = Watch()
    watch.seen("silent", 10.0, 10.5)
    watch.seen("primary", 10.6, 10.6)
    watch.seen("silent", 20.0, 20.5)
    assert not watch.down
