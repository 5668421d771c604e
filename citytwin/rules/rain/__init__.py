"""Rainfall intensities by duration and return period, one YAML file per place."""
