"""compose.yaml and deploy/cluster.yaml fit the schema of Compose's specification, which a linter brings along."""

from pathlib import Path

import pytest

from tests.official_tools.tools import Tools

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["compose.yaml", "deploy/cluster.yaml"])
async def test_a_compose_file_fits_the_specification(tools: Tools, name: str) -> None:
    assert "error" not in await tools.run("dclint", "--quiet", ROOT / name)


async def test_a_mistyped_key_is_told(tools: Tools) -> None:
    file = tools.folder / "mistyped.yaml"
    text = (ROOT / "deploy" / "cluster.yaml").read_text()
    file.write_text(text.replace("healthcheck:", "helthcheck:"))
    with pytest.raises(AssertionError, match="ComposeValidationError"):
        await tools.run("dclint", "--quiet", file)
