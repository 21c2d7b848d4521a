"""The documents as one page for people: plain HTML, nothing fetched from anywhere, no script."""

import json
from html import escape
from typing import Any

from bridge.docs.answers import Json

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
h1,h2{line-height:1.2}code,pre{font:14px/1.45 ui-monospace,monospace}
pre{background:#f4f4f6;padding:.75rem;overflow:auto;border-radius:4px;max-height:30rem}
details{border:1px solid #d8d8de;border-radius:4px;margin:.5rem 0;padding:0 .75rem}
summary{cursor:pointer;padding:.5rem 0}
.verb{display:inline-block;min-width:4.5rem;font-weight:600;color:#0b5cad}.what{color:#5a5a66;margin-left:.75rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0}
@media(prefers-color-scheme:dark){body{color:#e6e6ea;background:#17171b}pre{background:#222228}details{border-color:#3a3a44}
.verb{color:#7db8f5}.what{color:#a4a4b0}a{color:#7db8f5}}
"""


def page(document: Json, links: dict[str, str]) -> str:
    """The page of a document; `links` are further documents by their names."""
    info = document["info"]
    listed = "".join(f'<li><a href="{escape(url)}">{escape(name)}</a></li>' for name, url in links.items())
    sections = "".join(_section(tag, document["paths"]) for tag in document["tags"])
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(info["title"])}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>'
        f"<h1>{escape(info['title'])}</h1><p>{escape(info['description'])}</p><ul>{listed}</ul>{sections}</body></html>"
    )


def _section(tag: Json, paths: dict[str, Json]) -> str:
    calls = [
        _call(verb.upper(), path, operation)
        for path, verbs in paths.items()
        for verb, operation in verbs.items()
        if tag["name"] in operation["tags"]
    ]
    name = escape(tag["name"])
    return f'<h2 id="{name}">{name}</h2><p>{escape(tag["description"])}</p>{"".join(calls)}'


def _call(verb: str, path: str, operation: Json) -> str:
    schemes = " or ".join(" and ".join(both) for both in operation["security"]) or "open to everyone"
    parts = [f"<p>Credential: {escape(schemes)}</p>", _parameters(operation["parameters"])]
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        parts.append(f"<h4>Request {escape(media)}</h4>{_json(content.get('example', content['schema']))}")
        parts.append(f"<details><summary>Schema</summary>{_json(content['schema'])}</details>")
    parts += [_response(status, response) for status, response in operation["responses"].items()]
    head = f'<span class="verb">{verb}</span> <code>{escape(path)}</code>'
    what = f'<span class="what">{escape(operation["summary"])}</span>'
    return f'<details id="{escape(operation["operationId"])}"><summary>{head}{what}</summary>{"".join(parts)}</details>'


def _parameters(parameters: list[Json]) -> str:
    rows = [
        f"<tr><td><code>{escape(one['name'])}</code></td><td>{escape(one['in'])}</td>"
        f"<td>{'required' if one.get('required') else 'optional'}</td><td><code>{_text(one['schema'])}</code></td></tr>"
        for one in parameters
    ]
    return (
        f"<table><tr><th>Parameter</th><th>In</th><th></th><th>Schema</th></tr>{''.join(rows)}</table>" if rows else ""
    )


def _response(status: str, response: Json) -> str:
    shown = [
        _json(example["value"])
        for content in response.get("content", {}).values()
        for example in content.get("examples", {"": {"value": content.get("example")}}).values()
    ]
    return f"<details><summary>{escape(status)} {escape(response['description'])}</summary>{''.join(shown)}</details>"


def _json(value: Any) -> str:
    return f"<pre>{escape(json.dumps(value, ensure_ascii=False, indent=2))}</pre>"


def _text(schema: Json) -> str:
    return escape(json.dumps(schema, ensure_ascii=False))
