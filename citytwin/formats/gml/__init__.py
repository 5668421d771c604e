"""GML as CityGML uses it: documents, coordinates, surfaces, links, code lists.

Lies below the formats that read CityGML modules, and declares no step.
"""
