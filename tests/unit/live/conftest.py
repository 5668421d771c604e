"""A published town, built once for all tests of layers that follow observations."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from citytwin.config import LoadedConfig, load
from tests.unit.live.following_town import MAST, town


@pytest.fixture(scope="session")
def built_town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town as `citytwin run` left it."""
    live = {"wind": {"thing": MAST}, "traffic": {}, "road_speeds": {}}
    return town(tmp_path_factory.mktemp("town"), **live).file


@pytest.fixture
def loaded(built_town: Path, tmp_path: Path) -> LoadedConfig:
    """A town of its own for each test."""
    shutil.copytree(built_town.parent, tmp_path / "town")
    return load(tmp_path / "town" / built_town.name)
