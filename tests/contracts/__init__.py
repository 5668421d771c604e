"""What every registered step must keep, whoever wrote it."""
