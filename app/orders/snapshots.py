"""The newest known state of each order, and what lists show of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal

from pydantic import TypeAdapter
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from app.adjustments.creditable_lines import PostedDocuments
from app.jobs.queue import Lease
from app.kit.db.engine import WriteSession
from app.kit.money import Money, total
from app.ledgers.base import Remote
from app.model.order import Order
from app.orders.planning.explain import explain
from app.posting.plan import Decision, Plan
from app.schema import Snapshot

_ORDER = TypeAdapter(Order)


def keep(session: WriteSession, lease: Lease, order: Order, decision: Decision) -> None:
    """Store the state unless a newer one is stored already."""
    stored = _ORDER.dump_python(order, mode="json")
    values = {
        "version_at": order.updated_at,
        "content_hash": hashlib.sha256(json.dumps(stored, sort_keys=True).encode()).hexdigest(),
        "order": stored,
        "name": order.name,
        "processed_at": order.processed_at,
        "currency": order.currency,
        "total": order.total.minor,
        "plan": explain(decision),
        "expected_total": _expected(decision),
    }
    statement = insert(Snapshot).values(job_id=lease.job_id, tenant_id=lease.tenant_id, **values)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[Snapshot.job_id], set_=values, where=Snapshot.version_at <= order.updated_at
        )
    )


def _expected(decision: Decision) -> int | None:
    """Invoices less credit notes of a plan."""
    if not isinstance(decision, Plan) or not decision.documents:
        return None
    return total((document.total for document in decision.documents), decision.invoice.currency).minor


def booked(session: WriteSession, job_id: int, posted: PostedDocuments, results: Mapping[str, Remote]) -> None:
    """What Fortnox has for this order, without its whole-krona rounding: compared with what should."""
    remotes = [results[document.key] for document in posted.documents if document.key in results]
    amounts = [
        Money.of(Decimal(str(remote["total"])) - Decimal(str(remote.get("round_off") or 0)), remote["currency"]).minor
        for remote in remotes
    ]
    if amounts:
        session.execute(update(Snapshot).where(Snapshot.job_id == job_id).values(booked_total=sum(amounts)))


def externally_changed(session: WriteSession, job_id: int) -> None:
    """The documents were made by somebody else: they are neither known nor compared."""
    session.execute(update(Snapshot).where(Snapshot.job_id == job_id).values(booked_total=None))


def read_order(stored: Mapping[str, object]) -> Order:
    """A stored state as the domain's Order."""
    return _ORDER.validate_python(stored)
