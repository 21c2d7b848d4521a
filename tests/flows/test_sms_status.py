"""How sending codes goes, and what one number got."""

from uuid import uuid4

from tests.support.client import Client
from tests.support.sms import number, sent
from tests.support.stack import Stack


async def test_a_number_shows_its_sends_and_whether_it_has_a_code(client: Client, stack: Stack) -> None:
    telephone, message_id = number(), uuid4().hex
    before = await client.done("sms.status", {"telephone": telephone})
    assert (before["number"], before["gateway"], before["sent_today"]) == (None, "log", None)
    await client.done("sms.send_code", {"telephone": telephone}, message_id=message_id)
    after = await client.done("sms.status", {"telephone": telephone})
    (send,) = after["number"]["sends"]
    assert (send["message_id"], send["outcome"], after["number"]["tries_left"]) == (message_id, "sent", 5)
    assert after["number"]["code_expires_at"] > send["at"]
    assert after["outcomes"]["sent"] == before["outcomes"]["sent"] + 1
    (code,) = sent(stack, telephone)
    assert code not in str(after["number"])
    await client.done("sms.verify_code", {"telephone": telephone, "code": code})
    used = await client.done("sms.status", {"telephone": telephone})
    assert (used["number"]["code_expires_at"], used["number"]["tries_left"]) == (None, 0)


async def test_limits_are_told(client: Client) -> None:
    told = await client.done("sms.status", {})
    assert (told["number"], told["per_number"], told["per_address"], told["per_day"]) == (None, 10, 0, 0)
