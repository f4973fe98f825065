"""What several test modules share of `test_tokens`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from app.kit.encryption import connection_binding
from app.schema import Connection
from tests.support.pipeline.bench import Bench


def encrypt_again(bench: Bench, **changes: Any) -> None:
    """Change what is stored of the Fortnox grant."""
    bound = connection_binding(bench.tenant_id, "fortnox", str(bench.company))
    with bench.program.store.write() as session:
        row = session.get_one(Connection, bench.fortnox_id)
        values = dict(bench.program.ring.open_values(row.encrypted, bound_to=bound)) | changes
        row.encrypted = bytes(bench.program.ring.encrypt_values(values, bound_to=bound))
    bench.program.grants.forget(bench.fortnox_id)


AN_HOUR_AGO = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
