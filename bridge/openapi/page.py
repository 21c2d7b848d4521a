"""The page that shows the documents: Scalar, from a package that carries it; nothing is loaded from elsewhere."""

import json
from importlib.metadata import distribution
from pathlib import Path

ASSETS = "/docs/assets"
# Scalar writes style elements; scripts come from here alone, and calls go to this bridge alone.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>userbus</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,"></head>
<body><div id="app"></div><noscript>This page needs JavaScript; its source is /docs/openapi.json.</noscript>
<script src="{ASSETS}/scalar.js"></script><script src="{ASSETS}/start.js"></script></body></html>
"""
OPTIONS = {
    "withDefaultFonts": False,
    "telemetry": False,
    "hideClientButton": True,
    "showDeveloperTools": "never",
    "agent": {"disabled": True},
    "mcp": {"disabled": True},
}


def start_script(documents: dict[str, str]) -> str:
    """The script that shows the documents; `documents` maps their titles to their paths, the first is shown first."""
    sources = [{"title": title, "url": path} for title, path in documents.items()]
    options = json.dumps(OPTIONS | {"sources": sources})
    return f"Scalar.createApiReference('#app', {{...{options}, servers: [{{url: location.origin}}]}})"


def scalar_file() -> Path:
    """The script of Scalar within its package, whose Python code is not imported."""
    package = distribution("star-openapi-scalar")
    return Path(str(package.locate_file("star_openapi_scalar/templates/scalar/js/scalar.standalone.js")))
