"""What all city-model formats make, whatever their syntax: faces, footprints, rows of tables.

Lies below the formats: knows no XML, JSON or raster file, and declares no step.
"""
