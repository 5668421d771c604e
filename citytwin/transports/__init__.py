"""From a place to bytes: knows no format."""
