"""Python generated from our documents is importable, and what is built on it makes real calls."""

import json
from uuid import uuid4

from bridge.openapi.document import document
from tests.official_tools.tools import Tools
from tests.support.client import Client
from tests.support.dialects import DIALECTS
from tests.support.source import ROOT
from tests.support.stack import Stack

MODELS = ("--input-file-type=jsonschema", "--output-model-type=pydantic_v2.BaseModel", "--formatters=builtin")
READ = """
import sys
from models.event_user_created_v1 import UserCreated
from models.user_create import CreateUser
from models.user_create_reply import UserView

models = (CreateUser, UserView, UserCreated)
for model, text in zip(models, sys.argv[1:], strict=True):
    print(model.model_validate_json(text).model_dump_json(exclude_unset=True))
"""
CALL = """
import json
import sys
from foreseen_client.api.foreseen import foreseen_get_user_username, foreseen_post_user
from foreseen_client.client import AuthenticatedClient
from foreseen_client.models.foreseen_post_user_body import ForeseenPostUserBody
from foreseen_client.models.foreseen_post_user_body_usertype import ForeseenPostUserBodyUsertype

url, token, username = sys.argv[1:]
with AuthenticatedClient(base_url=url, token=token) as client:
    body = ForeseenPostUserBody(username=username, usertype=ForeseenPostUserBodyUsertype.USER)
    foreseen_post_user.sync(client=client, body=body)
    print(json.dumps(foreseen_get_user_username.sync(username, client=client).to_dict()))
"""


async def test_models_of_the_bus_hold_a_command_its_reply_and_its_event(tools: Tools, client: Client) -> None:
    await tools.run("datamodel-codegen", *MODELS, f"--input={ROOT}/docs/bus/schemas", "--output=models")
    command = {"username": f"user_{uuid4().hex[:8]}", "email_verified": 1}
    events = await client.events("user.created")
    reply = await client.done("user.create", command)
    [event] = await events.about(f"user/{reply['id']}", 1)
    seen = await tools.run("python", "-c", READ, *map(json.dumps, (command, reply, event)))
    read = [json.loads(line) for line in seen.splitlines()]
    assert read[:2] == [command, reply]
    assert read[2] == event | {"time": event["time"].replace("Z", "000Z")}  # pydantic writes microseconds


async def test_a_client_is_generated_of_each_dialect_without_a_warning_and_calls(tools: Tools, stack: Stack) -> None:
    for dialect in DIALECTS:
        path = tools.write("openapi.json", document([dialect], dialect.name, "1"))
        options = ("--meta=none", "--fail-on-warning", "--output-path", f"{dialect.name}_client")
        await tools.run("openapi-python-client", "generate", "--path", path, *options)
    username = f"user_{uuid4().hex[:8]}"
    seen = json.loads(await tools.run("python", "-c", CALL, stack.url, stack.token, username))
    assert (seen["error_code"], seen["data"]["username"]) == (0, username)
