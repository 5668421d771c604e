"""Layers that a configuration does not give, in few lines: most of them nobody has asked for."""

from __future__ import annotations

from collections.abc import Sequence

from citytwin.engine.left_out import NOTHING_MAKES, LeftOut


def told_left_out(left_out: Sequence[LeftOut]) -> list[str]:
    """Return one line for each layer that lacks something, and one for all that nothing here makes.

    Parameters
    ----------
    left_out
        As a plan says them.
    """
    lines = [f"left out: {one}" for one in left_out if one.has_maker]
    others = [one.layer for one in left_out if not one.has_maker]
    if others:
        lines.append(f"left out, as {NOTHING_MAKES} them: {', '.join(others)}")
    return lines
