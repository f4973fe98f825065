"""The newest known state of each order, and what lists show of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal

from pydantic import TypeAdapter
from sqlalchemy import text

from app.adjustments.creditable_lines import PostedDocuments
from app.jobs.queue import Lease
from app.kit.db.engine import WriteSession
from app.kit.money import Money, total
from app.ledgers.base import Results
from app.model.order import Order
from app.orders.planning.explain import explain
from app.posting.plan import Decision, Plan

_ORDER = TypeAdapter(Order)
_KEEP = text("""
    insert into snapshot (order_id, tenant_id, version_at, content_hash, "order", name, processed_at, currency, total,
                          plan, expected_total)
    values (:id, :tenant, :version_at, :content_hash, cast(:order as jsonb), :name, :processed_at, :currency, :total,
            cast(:plan as jsonb), :expected_total)
        on conflict (order_id) do update
       set version_at = excluded.version_at, content_hash = excluded.content_hash, "order" = excluded."order",
           name = excluded.name, processed_at = excluded.processed_at, currency = excluded.currency,
           total = excluded.total, plan = excluded.plan, expected_total = excluded.expected_total
     where snapshot.version_at <= excluded.version_at
""")
_BOOKED = text("update snapshot set booked_total = :total where order_id = :id")


def keep(session: WriteSession, lease: Lease, order: Order, decision: Decision) -> None:
    """Store the state unless a newer one is stored already."""
    stored = _ORDER.dump_json(order)
    values = {
        "id": lease.of_order,
        "tenant": lease.tenant_id,
        "version_at": order.updated_at,
        "content_hash": hashlib.sha256(stored).hexdigest(),
        "order": stored.decode(),
        "name": order.name,
        "processed_at": order.processed_at,
        "currency": order.currency,
        "total": order.total.minor,
        "plan": json.dumps(explain(decision)),
        "expected_total": _expected(decision),
    }
    session.execute(_KEEP, values)


def _expected(decision: Decision) -> int | None:
    """Invoices less credit notes of a plan."""
    if not isinstance(decision, Plan) or not decision.documents:
        return None
    return total((document.total for document in decision.documents), decision.invoice.currency).minor


def booked(session: WriteSession, order_id: int, posted: PostedDocuments, results: Results) -> None:
    """What Fortnox has for this order, without its whole-krona rounding: compared with what should."""
    remotes = [results[document.ref] for document in posted.documents if document.ref in results]
    amounts = [
        Money.of(Decimal(str(remote["total"])) - Decimal(str(remote.get("round_off") or 0)), remote["currency"]).minor
        for remote in remotes
    ]
    if amounts:
        session.execute(_BOOKED, {"id": order_id, "total": sum(amounts)})


def externally_changed(session: WriteSession, order_id: int) -> None:
    """The documents were made by somebody else: they are neither known nor compared."""
    session.execute(_BOOKED, {"id": order_id, "total": None})


def read_order(stored: Mapping[str, object]) -> Order:
    """A stored state as the domain's Order."""
    return _ORDER.validate_python(stored)
