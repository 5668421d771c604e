"""The map page of a published city: its files, their export, and a server for this computer."""
