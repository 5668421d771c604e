"""What laws and standards ask of sunlight: the rules as files, and the geometry of shade."""
