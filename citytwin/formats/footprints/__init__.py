"""The format ``footprints``: building outlines with heights from vector files."""
