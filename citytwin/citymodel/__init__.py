"""A city model in a notebook: any files in one line, as tables."""
