"""Layers that a configuration does not give, in few lines: most of them nobody has asked for."""

from __future__ import annotations

from collections.abc import Sequence

from citytwin.engine.plan import NOTHING_MAKES


def told_left_out(left_out: Sequence[str]) -> list[str]:
    """Return one line for each layer that lacks something, and one for all that nothing here makes.

    Parameters
    ----------
    left_out
        As a plan says them: the layer, a colon, and why.
    """
    parted = [text.partition(": ") for text in left_out]
    lines = [f"left out: {name}: {why}" for name, _, why in parted if NOTHING_MAKES not in why]
    others = [name for name, _, why in parted if NOTHING_MAKES in why]
    if others:
        lines.append(f"left out, as {NOTHING_MAKES} them: {', '.join(others)}")
    return lines
