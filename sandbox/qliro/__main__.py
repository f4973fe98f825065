"""Serve the emulator: `python -m sandbox.qliro --port N`."""

from sandbox.kit.serving import serve_from_command_line
from sandbox.qliro.app import create_app

DEFAULT_PORT = 8403

if __name__ == "__main__":
    serve_from_command_line("qliro", create_app, DEFAULT_PORT)
