"""Lays the files of a wheel out below one package of its own, so that it brings no name as general as `client`."""

import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
BUILD_FILES = ("pyproject.toml",)


class OnePackage(BuildHookInterface[Any]):
    """Copies packages of the repository under their new names; an editable installation stays as the repository is.

    Its settings: `package` is the wheel's one package, `packages` are those that become parts of it, `files` are the
    patterns of what is copied, and `top` is the one that becomes the package itself; `beside` has files of the
    repository's root that come along, and `imported` the names of packages that another wheel brings. It renames
    imports of the form `from package… import`, of which tests hold that there is no other.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the modules under their new names to a folder and name them as the wheel's files."""
        self._folder = TemporaryDirectory()
        if version == "editable":
            return
        own, package = own_names(self.config), self.config["package"]
        names = own | self.config.get("imported", {})
        written = Path(self._folder.name)
        for old, new in own.items():
            for pattern in self.config["files"]:
                _copy(ROOT / old.replace(".", "/"), written / new.replace(".", "/"), pattern, names)
        (written / package / "py.typed").touch()
        (written / package / "__init__.py").touch()
        build_data["force_include"] |= {
            str(written / package): package,
            **{str(ROOT / name): f"{package}/{name}" for name in ("LICENSE", *self.config.get("beside", ()))},
        }
        scripts = self.metadata.core.scripts
        scripts |= {name: rename_reference(target, names) for name, target in scripts.items()}

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002  the hook's signature
        """Remove the folder."""
        self._folder.cleanup()


def own_names(config: dict[str, Any]) -> dict[str, str]:
    """The packages' names in the wheel that brings them, by their names in the repository."""
    below = {name: f"{config['package']}.{name}" for name in config["packages"]}
    return below | ({config["top"]: config["package"]} if "top" in config else {})


def rename_imports(source: str, names: dict[str, str]) -> str:
    """A module's text with its imports renamed."""
    imports = re.compile(rf"^(\s*from )({'|'.join(names)})((?:\.\w+)* import )", re.MULTILINE)
    return imports.sub(lambda found: found[1] + names[found[2]] + found[3], source)


def rename_reference(target: str, names: dict[str, str]) -> str:
    """The new name of `package.module:object`."""
    package, dot, rest = target.partition(".")
    return f"{names.get(package, package)}{dot}{rest}"


def _copy(source: Path, target: Path, pattern: str, names: dict[str, str]) -> None:
    for file in source.glob(pattern):
        if file.is_dir() or file.name in BUILD_FILES or "__pycache__" in file.parts:
            continue
        copy = target / file.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix == ".py":
            copy.write_text(rename_imports(file.read_text(), names))
        else:
            shutil.copy(file, copy)
