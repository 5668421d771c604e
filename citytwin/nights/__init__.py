"""Runs by the clock: a journal of what each night did, the timer that starts it, what follows it."""
