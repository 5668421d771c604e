"""Formats: bytes to tables, one file or folder per format."""
