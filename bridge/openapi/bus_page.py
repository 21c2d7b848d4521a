"""The page of the bus: the AsyncAPI document as plain HTML, without scripts."""

import json
import re
from html import escape
from typing import Any

Json = dict[str, Any]

_CODE = re.compile(r"`([^`]+)`")
STYLE_PATH = "/docs/assets/bus.css"
POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
STYLE = """
:root { color-scheme: light dark; --line: #8884; --quiet: #8882; }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 72rem; padding: 1rem; overflow-wrap: anywhere; }
nav { columns: 15rem; font-size: 14px; margin: 1rem 0; }
nav a { display: block; }
h2 { border-top: 1px solid var(--line); margin-top: 2rem; padding-top: 1rem; }
h3 { font-size: 1rem; margin: 1rem 0 0; }
code, pre { background: var(--quiet); border-radius: 3px; font-size: 13px; }
pre { overflow-x: auto; padding: .6rem; white-space: pre; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
td, th { border: 1px solid var(--line); padding: .2rem .5rem; text-align: left; vertical-align: top; }
.kind { border-radius: 3px; color: #fff; font-size: 12px; padding: .1rem .4rem; }
.command { background: #a34300; } .query { background: #1a6334; } .event { background: #4a3fa8; }
"""


def bus_page(document: Json) -> str:
    """Return the page that shows every request, reply and event of an AsyncAPI document, with schema and example."""
    operations: dict[str, Json] = document["operations"]
    version = f"AsyncAPI {escape(document['asyncapi'])}"
    links = "".join(f'<a href="#{escape(name)}">{escape(name)}</a>' for name in operations)
    body = "".join(_operation(name, document) for name in operations)
    schemas = sorted(document["components"]["schemas"].items())
    shared = "".join(_section(f"schema-{name}", name, _schema(each)) for name, each in schemas)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>userbus: the bus</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><link rel="stylesheet" href="{STYLE_PATH}"></head>
<body><h1>The bus</h1><p><a href="/docs">The HTTP dialects</a> · <a href="/docs/asyncapi.json">{version}</a></p>
<p>{_prose(document["info"]["description"])}</p><nav>{links}</nav>{body}<h1>Schemas</h1>{shared}</body></html>
"""


def _operation(name: str, document: Json) -> str:
    operation, schemas = document["operations"][name], document["components"]["schemas"]
    channel, kind = document["channels"][name], operation["title"]
    exchange, key = channel["bindings"]["amqp"]["exchange"]["name"], channel["address"]
    (message,) = channel["messages"].values()
    parts = [
        f'<p><span class="kind {kind}">{kind}</span> {_quote(exchange)}, routing key {_quote(key)}</p>',
        _message("Body", message, schemas),
    ]
    if "reply" in operation:
        parts.append(_message("Reply", document["channels"]["replies"]["messages"][name], schemas))
    return _section(name, name, "".join(parts))


def _message(title: str, message: Json, schemas: Json) -> str:
    payload = message["payload"]
    shown = schemas[_model_name(payload)] if "$ref" in payload else payload
    example = json.dumps(message["examples"][0]["payload"], indent=2, ensure_ascii=False)
    return f"<h3>{title}</h3>{_schema(shown)}<pre>{escape(example)}</pre>"


def _section(id: str, title: str, content: str) -> str:
    return f'<section id="{escape(id)}"><h2>{escape(title)}</h2>{content}</section>'


def _schema(schema: Json) -> str:
    text = f"<p>{_prose(schema['description'])}</p>" if "description" in schema else ""
    if "properties" not in schema:
        return f"{text}<p>{_type(schema)}</p>"
    required = schema.get("required", [])
    rows = "".join(_row(name, each, name in required) for name, each in schema["properties"].items())
    return f"{text}<table><tr><th>field</th><th>type</th><th></th></tr>{rows}</table>"


def _row(name: str, schema: Json, is_required: bool) -> str:
    about = ["required"] if is_required else []
    about += [f"{key}: {schema[key]}" for key in ("description", "default", "format") if schema.get(key) is not None]
    return f"<tr><td>{_quote(name)}</td><td>{_type(schema)}</td><td>{_prose('; '.join(about))}</td></tr>"


def _type(schema: Json) -> str:
    if "$ref" in schema:
        name = escape(_model_name(schema))
        return f'<a href="#schema-{name}">{name}</a>'
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(map(_type, options))
    if "const" in schema or "enum" in schema:
        return " or ".join(_quote(json.dumps(each)) for each in schema.get("enum") or [schema["const"]])
    if schema.get("type") == "array":
        return f"array of {_type(schema.get('items', {}))}"
    return escape(str(schema.get("type", "anything")))


def _model_name(schema: Json) -> str:
    return str(schema["$ref"].rpartition("/")[2])


def _prose(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(text))


def _quote(text: str) -> str:
    return f"<code>{escape(text)}</code>"
