"""GTFS timetables: lines of public transport and how often they run."""
