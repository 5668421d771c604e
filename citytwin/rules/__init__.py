"""Rules by name, on sunlight and on the rain of places, and the geometry of shade."""
