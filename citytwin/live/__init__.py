"""The running twin: takes feeds in, keeps the state, runs what rules name, and answers the city."""
