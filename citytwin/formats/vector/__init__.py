"""What all formats of vector files share: kinds of files, their CRS, values of their columns."""
