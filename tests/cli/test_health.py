"""`userbus health` against a broker that does not let it in."""

from tests.support.command_line import run_userbus
from tests.support.stack import Stack


async def test_a_wrong_password_is_told_once_with_the_brokers_reason(stack: Stack) -> None:
    user, _, place = stack.amqp_url.rpartition("@")
    wrong = f"{user.rpartition(':')[0]}:wrong-password@{place}"
    status, out, err = await run_userbus(wrong, "health")
    assert (status, out) == (1, "")
    assert err.count("ACCESS_REFUSED") == 1
    assert "USERBUS_AMQP_URL" in err
    assert "wrong-password" not in err


async def test_no_broker_is_told_once() -> None:
    status, out, err = await run_userbus("amqp://guest:guest@127.0.0.1:9", "health")
    assert (status, out) == (1, "")
    assert err.count("127.0.0.1") <= 2
    assert "USERBUS_AMQP_URL" in err


async def test_a_virtual_host_that_does_not_exist_is_told(stack: Stack) -> None:
    status, _, err = await run_userbus(f"{stack.amqp_url}/nowhere", "health")
    assert (status, err.count("refuses the virtual host nowhere")) == (1, 1)
