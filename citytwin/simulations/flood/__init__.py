"""Inundation by rain and inflows: parameters, the storm of a run, what is said, the step."""
