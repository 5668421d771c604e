"""The format ``datex2``: DATEX II 2 and 3, measured traffic data and situations."""
