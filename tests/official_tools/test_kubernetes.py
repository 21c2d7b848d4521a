"""The manifests in deploy/kubernetes fit the schemas of Kubernetes, strictly."""

import shutil

import pytest

from tests.official_tools.tools import Tools
from tests.test_kubernetes import FILES, FOLDER, RESOURCES


@pytest.mark.parametrize("version", ["1.31", "1.37"])
async def test_every_manifest_is_accepted(tools: Tools, version: str) -> None:
    said = await tools.run("kubernetes-validate", "--strict", "-k", version, *FILES)
    assert said.count(" passed for resource ") == len(RESOURCES)


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="needs kubectl, which is in no registry of packages")
async def test_the_base_is_accepted_as_kubectl_renders_it(tools: Tools) -> None:
    rendered = tools.folder / "rendered.yaml"
    rendered.write_text(await tools.run("kubectl", "kustomize", FOLDER))
    said = await tools.run("kubernetes-validate", "--strict", "-k", "1.37", rendered)
    assert said.count(" passed for resource ") == len(RESOURCES)
