"""All that is written: working store, layers, catalogue, publication."""
