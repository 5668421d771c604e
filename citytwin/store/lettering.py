"""Letters of legends: sizes of the embedded font, and where lines break."""

from __future__ import annotations

from functools import cache

from PIL import ImageFont

from citytwin.store.legend_font import legend_font


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """Return the font of the legends in a size.

    Parameters
    ----------
    size
        Height of the letters [pixels].

    Raises
    ------
    StoreError
        If the build did not fetch the font.
    """
    # the basic layout engine gives the same picture with and without libraqm
    return ImageFont.truetype(legend_font(), size, layout_engine=ImageFont.Layout.BASIC)


def wrapped(text: str, size: int, width: float) -> list[str]:
    """Break a text into lines; Japanese breaks anywhere, other words only at spaces.

    Parameters
    ----------
    text
        One paragraph.
    size
        Size of the font [pixels].
    width
        Longest line [pixels].
    """
    face = font(size)
    lines: list[str] = []
    line = ""
    for piece in _fitting(_pieces(text), face, width):
        if line and face.getlength((line + piece).rstrip()) > width:
            lines.append(line.rstrip())
            line = piece.lstrip()
        else:
            line += piece
    return [*lines, line.rstrip()] if line.strip() else lines


def _fitting(pieces: list[str], face: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """Cut words that are longer than a line into letters."""
    return [
        part
        for piece in pieces
        for part in ([piece] if face.getlength(piece.rstrip()) <= width else list(piece))
    ]


_NEVER_FIRST = "、。，．」』）)・ー"


def _pieces(text: str) -> list[str]:
    """Cut where a line may break."""
    pieces: list[str] = []
    for letter in text:
        wide = ord(letter) >= 0x2E80
        follows = pieces and (
            letter in _NEVER_FIRST
            or (not wide and not pieces[-1].endswith(" ") and ord(pieces[-1][-1]) < 0x2E80)
        )
        if follows:
            pieces[-1] += letter
        else:
            pieces.append(letter)
    return pieces
