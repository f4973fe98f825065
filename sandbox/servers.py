"""All emulators at once, for a service that is started by hand."""

from __future__ import annotations

import sys
import threading

from sandbox.fortnox.app import create_app as create_fortnox
from sandbox.kit.serving import ServerThread
from sandbox.qliro.app import create_app as create_qliro
from sandbox.shopify.app import create_app as create_shopify


def serve_all(fortnox_port: int, shopify_port: int, qliro_port: int) -> None:
    """Serve until interrupted, after printing the settings that lead the service here."""
    with (
        ServerThread(create_fortnox(), fortnox_port) as fortnox,
        ServerThread(create_shopify(), shopify_port) as shopify,
        ServerThread(create_qliro(), qliro_port) as qliro,
    ):
        lines = (
            f"FORTNOX_AUTH_URL={fortnox.url}/oauth-v1",
            f"FORTNOX_API_URL={fortnox.url}",
            f"FORTNOX_EVENTS_URL={fortnox.url.replace('http', 'ws', 1)}/topics-v1",
            f"SHOPIFY_URL_TEMPLATE={shopify.url}/{{shop}}",
            f"QLIRO_LIVE_URL={qliro.url}",
        )
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return
