"""The server as a process, with a real identity provider as another."""
