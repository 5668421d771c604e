"""Assessments: what fields mean for buildings, roads and people."""
