"""citytwin: a digital twin of a whole city."""

__version__ = "0.1.0"
