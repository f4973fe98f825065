"""Connecting a tenant to Fortnox, Shopify and Qliro: consent, codes, tokens, and the row that keeps them sealed.

`fortnox_oauth` and `shopify_api` speak with the two systems and know no database; `fortnox` and `shopify` are the
flows; `storing` is the one place where a connection's row is written. All of it is synchronous and gets its HTTP client
passed in. A flow that fails raises `ConnectRefusedError` with a catalogue code and leaves nothing half-stored.
"""

from app.connect.errors import ConnectRefusedError
from app.connect.fortnox import FortnoxConnector
from app.connect.qliro import QliroConnector
from app.connect.shopify import ShopifyConnector
from app.connect.storing import Connected

__all__ = ["ConnectRefusedError", "Connected", "FortnoxConnector", "QliroConnector", "ShopifyConnector"]
