"""Public generators of synthetic cities; needs neither pytest nor hypothesis."""

from citytwin.testing.demo_data import (
    Bridge,
    BuildingTruth,
    DemoCity,
    FloodInflow,
    write_demo_city,
)
from citytwin.testing.mesh_code import second_mesh_code, third_mesh_bounds, third_mesh_code

__all__ = [
    "Bridge",
    "BuildingTruth",
    "DemoCity",
    "FloodInflow",
    "second_mesh_code",
    "third_mesh_bounds",
    "third_mesh_code",
    "write_demo_city",
]
