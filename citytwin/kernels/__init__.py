"""Physics and raster arithmetic on plain arrays: numba and numpy only."""
