"""The manifests in deploy/kubernetes fit the schemas of Kubernetes, strictly."""

import pytest

from tests.official_tools.tools import Tools
from tests.test_kubernetes import FILES, RESOURCES


@pytest.mark.parametrize("version", ["1.31", "1.37"])
async def test_every_manifest_is_accepted(tools: Tools, version: str) -> None:
    said = await tools.run("kubernetes-validate", "--strict", "-k", version, *FILES)
    assert said.count(" passed for resource ") == len(RESOURCES)
