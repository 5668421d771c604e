"""Gridders: tables onto the one grid of the city."""
