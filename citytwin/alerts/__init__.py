"""From what is observed to what is said of it: rules, alerts, and the messages that carry them."""
