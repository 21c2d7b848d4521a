"""Lays the files of the wheel userbus-client out: client/ as `userbus`, the packages that it uses inside it."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGES = {"client": "userbus", "contracts": "userbus.contracts", "tracing": "userbus.tracing"}
OURS = Path(__file__).name
_IMPORT = re.compile(rf"^(\s*from )({'|'.join(PACKAGES)})(?=[. ])", re.MULTILINE)


class ClientLayout(BuildHookInterface[Any]):
    """Copies the modules under their new names; finds no other way of importing them than `from package…`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  the hook's signature
        """Write the modules under their new names to a folder and name them as the wheel's files."""
        self._folder = TemporaryDirectory()
        written = Path(self._folder.name)
        for package, name in PACKAGES.items():
            source, target = Path(self.root).parent / package, written / name.replace(".", "/")
            for module in source.glob("*.py"):
                if module.name != OURS:
                    target.mkdir(parents=True, exist_ok=True)
                    (target / module.name).write_text(rename_imports(module.read_text()))
        (written / "userbus" / "py.typed").touch()
        build_data["force_include"] |= {
            str(written / "userbus"): "userbus",
            str(Path(self.root).parent / "LICENSE"): "userbus/LICENSE",
        }

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002  as above
        """Remove the folder."""
        self._folder.cleanup()


def rename_imports(source: str) -> str:
    """A module's text with its imports renamed."""
    return _IMPORT.sub(lambda found: found[1] + PACKAGES[found[2]], source)
