"""Tells of spikes and pits in a surface or the ground beside every result that is computed from it."""

from __future__ import annotations

from citytwin.kernels.lone_heights import (
    GROUND_SLENDERNESS,
    MIN_SLENDERNESS,
    Lone,
    group_cells,
    lone_heights,
    step_m,
)
from citytwin.model import fields as f
from citytwin.model.grid import GridSpec, Tile
from citytwin.model.notes import Note, Worst, tally
from citytwin.model.steps import Arrays
from citytwin.model.text import Text, text


def surface_faults(grid: GridSpec, tile: Tile, window: Tile, arrays: Arrays) -> tuple[Note, ...]:
    """Count the cells of a tile whose height stands out from all around, and name the worst.

    Parameters
    ----------
    grid
        The city's grid.
    tile
        Where cells are counted.
    window
        What the arrays cover: the tile, and what lies around it.
    arrays
        With the surface, else with the ground, or without both: then there is nothing to tell.
    """
    surface = arrays.get(f.SURFACE_HEIGHT)
    height = arrays.get(f.TERRAIN) if surface is None else surface
    if height is None:
        return ()
    rows, cols = tile.within(window)
    step = step_m(grid.cell_m, GROUND_SLENDERNESS if surface is None else MIN_SLENDERNESS)
    spikes, pits = lone_heights(
        height, step, group_cells(grid.cell_m), (rows.start, rows.stop), (cols.start, cols.stop)
    )
    forms = _of_ground(step) if surface is None else _of_surface(step)
    return tuple(
        tally("loss", form, found.number, _worst(found, grid, window))
        for form, found in zip(forms, (spikes, pits), strict=True)
        if found.number
    )


def _of_surface(step: float) -> tuple[Text, Text]:
    return (
        text(
            f"地表面に、周囲のすべてより {step:g} m 以上突き出たセルが {{count}} 個あります（最大 {{worst}}）。"
            "測量の誤りであれば、その影も誤りです",
            f"The surface has spikes: {{count}} cells stand more than {step:g} m above all around them,"
            " the worst {worst}. Where they are errors of the survey, so are their shadows",
        ),
        text(
            f"地表面に、周囲のすべてより {step:g} m 以上落ち込んだセルが {{count}} 個あります"
            "（最大 {worst}）。測量の誤りであれば、そこの値も誤りです",
            f"The surface has pits: {{count}} cells lie more than {step:g} m below all around them, the"
            " worst {worst}. Where they are errors of the survey, so are the values there",
        ),
    )


def _of_ground(step: float) -> tuple[Text, Text]:
    return (
        text(
            f"地盤面に、周囲のすべてより {step:g} m 以上高いセルが {{count}} 個あります（最大 {{worst}}）。"
            "測量の誤りの可能性があります",
            f"The ground has spikes: {{count}} cells stand more than {step:g} m above all around them,"
            " the worst {worst}. They may be errors of the survey",
        ),
        text(
            f"地盤面に、周囲のすべてより {step:g} m 以上低いセルが {{count}} 個あります（最大 {{worst}}）。"
            "測量の誤りであれば、そこにたまる水の深さも誤りです",
            f"The ground has pits: {{count}} cells lie more than {step:g} m below all around them, the"
            " worst {worst}. Where they are errors of the survey, so is the depth of the water there",
        ),
    )


def _worst(found: Lone, grid: GridSpec, window: Tile) -> Worst:
    x = float(grid.x_centres(window)[found.col])
    y = float(grid.y_centres(window)[found.row])
    said = f"{found.step_m:.1f} m, x {x:.1f}, y {y:.1f}"
    return Worst(
        size=found.step_m, said=text(said, f"by {found.step_m:.1f} m at x {x:.1f}, y {y:.1f}")
    )
