"""What several test modules share of `test_qliro_credentials`."""

from __future__ import annotations

from app.schema import Connection
from tests.support.pipeline.qliro import Qliro


def encrypted(qliro: Qliro, content: bytes) -> bytes:
    """Put other bytes in place of the sealed credentials; returns those that were there."""
    with qliro.bench.program.store.write() as session:
        row = session.get_one(Connection, qliro.connection_id)
        before, row.encrypted = bytes(row.encrypted), content
    return before
