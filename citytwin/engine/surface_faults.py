"""Tells of spikes and pits in a surface beside every result that is computed from it."""

from __future__ import annotations

from citytwin.kernels.lone_heights import Lone, group_cells, lone_heights, step_m
from citytwin.model import fields as f
from citytwin.model.grid import GridSpec, Tile
from citytwin.model.notes import Note, Worst, tally
from citytwin.model.steps import Arrays
from citytwin.model.text import text


def surface_faults(grid: GridSpec, tile: Tile, window: Tile, arrays: Arrays) -> tuple[Note, ...]:
    """Count the cells of a tile whose surface stands out from all around, and name the worst.

    Parameters
    ----------
    grid
        The city's grid.
    tile
        Where cells are counted.
    window
        What the arrays cover: the tile, and what lies around it.
    arrays
        With the surface, or without: then there is nothing to tell.
    """
    surface = arrays.get(f.SURFACE_HEIGHT)
    if surface is None:
        return ()
    rows, cols = tile.within(window)
    step, group = step_m(grid.cell_m), group_cells(grid.cell_m)
    spikes, pits = lone_heights(
        surface, step, group, (rows.start, rows.stop), (cols.start, cols.stop)
    )
    told = (_spikes(spikes, grid, window, step), _pits(pits, grid, window, step))
    return tuple(note for note in told if note is not None)


def _spikes(found: Lone, grid: GridSpec, window: Tile, step: float) -> Note | None:
    if not found.number:
        return None
    form = text(
        f"地表面に、周囲のすべてより {step:g} m 以上突き出たセルが {{count}} 個あります（最大 {{worst}}）。"
        "測量の誤りであれば、その影も誤りです",
        f"The surface has spikes: {{count}} cells stand more than {step:g} m above all around them,"
        " the worst {worst}. Where they are errors of the survey, so are their shadows",
    )
    return tally("loss", form, found.number, _worst(found, grid, window))


def _pits(found: Lone, grid: GridSpec, window: Tile, step: float) -> Note | None:
    if not found.number:
        return None
    form = text(
        f"地表面に、周囲のすべてより {step:g} m 以上落ち込んだセルが {{count}} 個あります"
        "（最大 {worst}）。測量の誤りであれば、そこの値も誤りです",
        f"The surface has pits: {{count}} cells lie more than {step:g} m below all around them, the"
        " worst {worst}. Where they are errors of the survey, so are the values there",
    )
    return tally("loss", form, found.number, _worst(found, grid, window))


def _worst(found: Lone, grid: GridSpec, window: Tile) -> Worst:
    x = float(grid.x_centres(window)[found.col])
    y = float(grid.y_centres(window)[found.row])
    said = f"{found.step_m:.1f} m, x {x:.1f}, y {y:.1f}"
    return Worst(
        size=found.step_m, said=text(said, f"by {found.step_m:.1f} m at x {x:.1f}, y {y:.1f}")
    )
