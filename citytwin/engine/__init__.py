"""Runs steps: binding, plan, tiles, checks, resumption, publication."""
