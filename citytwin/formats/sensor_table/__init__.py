"""The format ``sensor_table``: any CSV or JSON of sensors, by a mapping in the configuration."""
