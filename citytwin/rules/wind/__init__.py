"""Rules on pedestrian wind, one YAML file each."""
