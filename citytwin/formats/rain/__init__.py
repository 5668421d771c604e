"""Images of rain over time: what radar and weather models give, brought onto one lattice in the city."""
