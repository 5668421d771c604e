"""The build hook that brings the browser libraries."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

hatch_build = pytest.importorskip("hatch_build", reason="hatchling is not installed")

ROOT = Path(hatch_build.__file__).parent


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project in which an earlier build put every file in place."""
    shutil.copy(ROOT / "package-lock.json", tmp_path)
    files = {}
    for number, name in enumerate(hatch_build.FILES):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes([number]) * 10)
        files[name] = {"bytes": 10, "sha256": hatch_build._sha256(path)}
    manifest = {"recipe_sha256": hatch_build._recipe_sha256(tmp_path), "files": files}
    (tmp_path / hatch_build.MANIFEST).write_text(json.dumps(manifest))
    return tmp_path


def test_nothing_is_fetched_twice(project: Path) -> None:
    """Files of the locked versions must be enough; package.json is not even looked for."""
    assert hatch_build.is_current(project)
    assert hatch_build.vendor(project) is False


@pytest.mark.parametrize("damage", ["lock", "file", "missing", "manifest"])
def test_stale_files_are_noticed(project: Path, damage: str) -> None:
    """A new lock file, and a changed or missing file, must lead to a new fetch."""
    name = next(iter(hatch_build.FILES))
    if damage == "lock":
        (project / "package-lock.json").write_text("{}")
    elif damage == "file":
        (project / name).write_bytes(b"x" * 10)
    elif damage == "missing":
        (project / name).unlink()
    else:
        (project / hatch_build.MANIFEST).write_text("{")
    assert not hatch_build.is_current(project)


def test_lock_file_names_no_host() -> None:
    """The lock must work with any registry: exact versions and hashes, no addresses."""
    text = (ROOT / "package-lock.json").read_text(encoding="utf-8")
    assert "http" not in text
    packages = json.loads(text)["packages"]
    third_party = [entry for name, entry in packages.items() if name]
    assert len(third_party) > 3
    assert all(entry["integrity"].startswith("sha512-") for entry in third_party)


def test_versions_are_exact_and_locked() -> None:
    """package.json must pin the versions that the lock holds."""
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    assert hatch_build._locked_versions(ROOT) == wanted


def test_every_locked_package_has_a_digest_and_a_licence() -> None:
    """Which `npm ci` checks, and the bill of materials (`make sbom`) names."""
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert set(lock["packages"][""]["dependencies"]) <= {
        n.removeprefix("node_modules/") for n in packages
    }
    for name, package in packages.items():
        assert re.fullmatch(r"sha512-[A-Za-z0-9+/]{86}==", package["integrity"]), name
        assert package["license"], name
