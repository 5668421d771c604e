"""Who may see what: classifications, one decision over a policy, and the chain of what was asked."""
