"""Who may see what: classifications, one decision over a policy, the chain of what was asked, and
keys that close what lies on the disk.
"""
