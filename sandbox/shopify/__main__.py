"""Serve the emulator: `python -m sandbox.shopify --port N`."""

from sandbox.kit.serving import serve_from_command_line
from sandbox.shopify.app import create_app

DEFAULT_PORT = 8402

if __name__ == "__main__":
    serve_from_command_line("shopify", create_app, DEFAULT_PORT)
