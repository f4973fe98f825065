"""Serve the Fortnox emulator: ``python -m sandbox.fortnox --port 8081``."""

from sandbox.fortnox.app import create_app
from sandbox.kit.serving import serve_from_command_line

serve_from_command_line("fortnox", create_app, 8081)
