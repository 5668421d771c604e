"""The PLATEAU samples in an archive, with their code lists: the tables of the folder."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import pytest

from citytwin import registry
from citytwin.formats.citygml import document as gml_bytes
from citytwin.model.steps import Dataset, Format
from citytwin.transports.finding import find_files

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "formats"))
from test_in_archives import assert_equal, zip_of

THEMES = {
    "citygml": "bldg",
    "citygml_relief": "dem",
    "citygml_roads": "tran",
    "citygml_land_use": "luse",
    "citygml_zones": "urf",
    "citygml_vegetation": "veg",
}


@pytest.fixture(scope="module")
def packed(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The samples in an archive in another one."""
    root = tmp_path_factory.mktemp("packed")
    zip_of(samples / "buildings" / "plateau", root / "inner.zip")
    with zipfile.ZipFile(root / "outer.zip", "w", zipfile.ZIP_STORED) as archive:
        archive.write(root / "inner.zip", "plateau.zip")
    return root / "outer.zip" / "plateau.zip"


def read(name: str, root: Path):
    """A theme of the samples; None where they have none of it."""
    step = registry.named(Format, name)
    files = find_files(root / "udx" / THEMES[name], step.patterns)
    return step.read(Dataset("x", root, files, "EPSG:6677", "Asia/Tokyo"), step.params())


@pytest.mark.parametrize("name", THEMES)
def test_a_theme(samples: Path, packed: Path, name: str) -> None:
    """Every value of every table, every reject and note."""
    assert_equal(read(name, packed), read(name, samples / "buildings" / "plateau"))


@pytest.mark.parametrize("window", [300_000, 1_000_000])
def test_small_windows(
    samples: Path, packed: Path, monkeypatch: pytest.MonkeyPatch, window: int
) -> None:
    """Tiles of several megabytes, read out of the archive in many windows."""
    plain = read("citygml", samples / "buildings" / "plateau")
    monkeypatch.setattr(gml_bytes, "WINDOW_BYTES", window)
    assert_equal(read("citygml", packed), plain)
