"""A published city, opened by whatever names its folder."""

from __future__ import annotations

from pathlib import Path

import pytest

import citytwin
from citytwin.errors import StoreError
from citytwin.store.publish import publish
from citytwin.twin import Twin
from tests.unit.store import little_city as lc


def test_a_folder_may_be_a_text_or_a_path(tmp_path: Path) -> None:
    """``Twin("out/demo")`` is what people write."""
    publish(tmp_path / "city", [lc.stage(tmp_path / "s", "terrain")], lc.run_info())
    for twin in (
        Twin(str(tmp_path / "city")), Twin(tmp_path / "city"), citytwin.open(tmp_path / "city")
    ):  # fmt: skip
        assert list(twin) == ["terrain"]
        assert twin["terrain"].to_xarray().attrs["sources"] == {"Rain": "cd" * 32}
    with pytest.raises(StoreError, match="holds no published city"):
        Twin(str(tmp_path))
