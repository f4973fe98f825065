"""Connecting a tenant to Fortnox, Shopify and Qliro: consent, codes, tokens, and the row that keeps them encrypted.

`fortnox_oauth` and `shopify_api` speak with the two systems and know no database; `fortnox` and `shopify` are the
flows; `storing` is the one place where a connection's row is written. All of it is synchronous and gets its HTTP client
passed in. A flow that fails raises `ConnectRefusedError` with a catalogue code and leaves nothing half-stored.
"""

from app.connections.errors import ConnectRefusedError
from app.connections.flows.fortnox import FortnoxConnector
from app.connections.flows.qliro import QliroConnector
from app.connections.flows.shopify import ShopifyConnector
from app.connections.repository import Connected

__all__ = ["ConnectRefusedError", "Connected", "FortnoxConnector", "QliroConnector", "ShopifyConnector"]
