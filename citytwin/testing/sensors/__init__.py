"""A simulated city of sensors: everything it says is synthetic, and every message says so."""
