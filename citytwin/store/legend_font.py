"""The embedded font of legends and prints: Japanese and Latin in one file."""

from __future__ import annotations

from pathlib import Path

from citytwin.errors import StoreError

LEGEND_FONT = Path(__file__).parent / "fonts" / "BIZUDPGothic-Regular.ttf"
"""BIZ UDPGothic (Morisawa, SIL OFL 1.1), about 11,700 characters; put there by the build hook."""


def legend_font() -> Path:
    """Return the path of the font file, for ``ImageFont.truetype``.

    Raises
    ------
    StoreError
        When the build did not fetch the font.
    """
    if not LEGEND_FONT.is_file():
        msg = f"the font {LEGEND_FONT} is missing"
        raise StoreError(msg, hint="install citytwin again, or run 'python hatch_build.py'")
    return LEGEND_FONT
