"""Payouts as JSON, and what one says as a hash. Knows no database: the process that reads files needs it, too."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import TypeAdapter

from app.model.payout import Payout

SETTLEMENT: TypeAdapter[Payout] = TypeAdapter(Payout)


def digest_of(payout: Payout) -> str:
    """What a payout says, as a hash: when it was reported does not count."""
    return digest_of_json(SETTLEMENT.dump_python(payout, mode="json"))


def digest_of_json(content: dict[str, Any]) -> str:
    """The same of one that is JSON already."""
    essence = {name: value for name, value in content.items() if name != "updated_at"}
    return hashlib.sha256(json.dumps(essence, sort_keys=True).encode()).hexdigest()
