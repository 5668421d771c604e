"""The format ``lidar``: classified point clouds (LAS, LAZ) as rasters of ground and surface."""
