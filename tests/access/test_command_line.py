"""The command line with a RabbitMQ user that may not do what is asked."""

import pytest

from tests.support.command_line import run_userbus


@pytest.mark.parametrize("words", [("tenant", "list"), ("user", "delete", "42", "--yes"), ("events", "replay")])
async def test_who_has_no_right_is_told_so(urls: dict[str, str], words: tuple[str, ...]) -> None:
    status, out, err = await run_userbus(urls["billing"], *words)
    assert (status, out) == (1, "")
    assert "the broker refuses it: ACCESS_REFUSED" in err
    assert "needs another RabbitMQ user in USERBUS_AMQP_URL" in err
    assert (err.startswith("userbus: "), err.count("\n")) == (True, 1)
