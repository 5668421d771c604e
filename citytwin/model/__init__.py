"""The nouns of the twin: frozen, typed, free of input and output."""
