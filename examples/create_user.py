"""Create a user over the bus with nothing but aio-pika, and print the reply. Needs USERBUS_AMQP_URL."""

import asyncio
import json
import os
import sys
import uuid

import aio_pika


async def main(username: str) -> None:
    connection = await aio_pika.connect(os.environ["USERBUS_AMQP_URL"])
    async with connection:
        channel = await connection.channel()
        replies = await channel.declare_queue(exclusive=True)
        commands = await channel.get_exchange("userbus.commands")
        body = {"username": username, "accounts": [{"integration": "lark", "account": f"ou_{username}"}]}
        request = aio_pika.Message(
            json.dumps(body).encode(),
            content_type="application/json",
            type="user.create",
            message_id=str(uuid.uuid4()),  # send the same id again after an outage: it is done once
            correlation_id=str(uuid.uuid4()),
            reply_to=replies.name,
        )
        await commands.publish(request, routing_key="user.create")
        async with replies.iterator(timeout=10) as answers:
            async for answer in answers:
                return print(json.dumps(json.loads(answer.body), indent=2, ensure_ascii=False))


asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else f"user_{uuid.uuid4().hex[:8]}"))
