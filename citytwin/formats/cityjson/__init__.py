"""The format ``cityjson``: CityJSON 1.0, 1.1 and 2.0, also as one feature per line."""
