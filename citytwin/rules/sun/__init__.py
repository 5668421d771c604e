"""Rules on sunlight: one file each, with its source and what was not checked against it."""
