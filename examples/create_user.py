"""Create a user and print it: `create_user.py [USERNAME]`. Needs USERBUS_AMQP_URL and the package userbus-client."""

import os
import sys
from uuid import uuid4

import userbus
from userbus.contracts.users import CreateUser

username = sys.argv[1] if len(sys.argv) > 1 else f"user_{uuid4().hex[:8]}"
with userbus.connect_sync(os.environ["USERBUS_AMQP_URL"], app_id="example") as bus:
    try:
        user = bus.ask(CreateUser(username=username))
    except userbus.Conflict as error:
        sys.exit(error.message)
print(user.model_dump_json(indent=2))
