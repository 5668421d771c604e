"""Light of the sun and the sky over a span of days: of a clear sky, of the real one, on roofs."""
