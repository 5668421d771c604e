"""Points of longest shade: two per site, none where there is no shade."""

from __future__ import annotations

import numpy as np

from citytwin.layers.shade_worst import worst_points
from tests.unit.store.little_tables import shade_checks


def test_a_point_for_each_side_that_is_shaded() -> None:
    """The second site casts no shade beyond the outer line."""
    checks = shade_checks()
    checks["near_hours"], checks["near_limit_h"] = [4.5, 1.0], 4.0
    checks["far_hours"] = [1.0, 0.0]
    checks["near_x_m"], checks["near_y_m"] = [10.0, 20.0], [1.0, 2.0]
    checks["far_x_m"], checks["far_y_m"] = [11.0, np.nan], [5.0, np.nan]
    checks["far_limit_h"] = [1.0, 2.5]
    points = worst_points(checks)
    assert points["where"].tolist() == ["near", "near", "far"]
    assert points["margin_h"].tolist() == [-0.5, 3.0, 0.0]
    assert points["fails"].tolist() == [1, 0, 1], "a limit that is reached is broken"
    assert [(p.x, p.y) for p in points.geometry] == [(10.0, 1.0), (20.0, 2.0), (11.0, 5.0)]
    assert points["point_id"].is_unique
    assert points.crs == checks.crs
