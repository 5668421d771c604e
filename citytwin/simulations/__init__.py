"""Simulations: declarations over the kernels; they know physics, not files."""
