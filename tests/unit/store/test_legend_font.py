"""The embedded font really draws what legends say."""

from __future__ import annotations

import pytest
from PIL import ImageFont

from citytwin.errors import StoreError
from citytwin.store import legend_font as module

SIGNS = "最大浸水深日照時間風速標高凡例合成データABCxyz0123456789.,–≥≤×°²³%→㎡(){}"


@pytest.mark.skipif(not module.LEGEND_FONT.is_file(), reason="no font; run 'python hatch_build.py'")
def test_draws_japanese_and_latin() -> None:
    """Every sign of a legend must have a shape of its own, not the box of unknown signs."""
    font = ImageFont.truetype(module.legend_font(), 32)
    unknown = bytes(font.getmask("\U000f0000"))
    drawn = {sign: bytes(font.getmask(sign)) for sign in SIGNS}
    assert [sign for sign, mask in drawn.items() if mask == unknown or not any(mask)] == []


def test_missing_font_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A build without the font must say what to run."""
    monkeypatch.setattr(module, "LEGEND_FONT", module.LEGEND_FONT.with_name("none.ttf"))
    with pytest.raises(StoreError, match=r"hatch_build\.py"):
        module.legend_font()
