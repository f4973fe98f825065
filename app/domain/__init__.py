"""The pure core: frozen dataclasses in, frozen dataclasses out; no clock, no I/O, no framework."""
