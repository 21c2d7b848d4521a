"""SMS in the console: how sending goes, and what a number was sent."""

from uuid import uuid4

from tests.bridge.console.conftest import SignedInOperator
from tests.support.client import Client


async def test_it_shows_the_gateway_its_limits_and_what_a_number_was_sent(
    operator: SignedInOperator, client: Client
) -> None:
    telephone, message_id = f"+86139{uuid4().int % 10**8:08}", uuid4().hex
    path = f"/sms?telephone=%2B{telephone[1:]}"
    assert "This number never got a code." in await operator.visitor.read(path)
    await client.done("sms.send_code", {"telephone": telephone}, message_id=message_id)
    page = await operator.visitor.read(path)
    assert "<dt>Vendor</dt><dd>log</dd>" in page
    assert "<dt>To one number a day</dt><dd>10</dd>" in page
    assert "<dt>To all numbers a day</dt><dd>no limit</dd>" in page
    assert "5 wrong attempts are left" in page
    assert (f"message_id={message_id}" in page, '<span class="badge good">sent</span>' in page) == (True, True)
    assert "is not a telephone number" in await operator.visitor.read("/sms?telephone=ada", 400)
