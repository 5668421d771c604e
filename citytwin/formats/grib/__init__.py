"""GRIB 1 and 2, read through GDAL: what its messages are of, where and when."""
