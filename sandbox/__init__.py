"""Emulators of the outside systems: real HTTP servers that enforce what the real ones do."""
