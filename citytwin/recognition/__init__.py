"""Which format reads which file, and where on Earth it lies, from its name and first bytes."""
