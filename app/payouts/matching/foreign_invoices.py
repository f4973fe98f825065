"""Matches payout lines with pre-existing invoices, by the reference on them.

The references are a local register, read page by page by the connection's register job and then only for what changed:
a payout costs no call for them, however many lines it has.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select

from app.execution.documents import own_invoices
from app.kit.db.engine import ReadSession, WriteSession
from app.master_data.cache import INVOICES
from app.master_data.entries import request_refresh
from app.model.payout import OF_ORDERS, MatchKey, PayoutLine
from app.payouts.matching.references import Matched, forms_of
from app.payouts.planning.plan import Match
from app.schema import Connection, MasterDataRefresh, MasterRecord, RefreshRequest
from app.tenants.rules import ReferenceField, TenantRules

BY_FOREIGN_INVOICE = "foreign_invoice"
"""Key of such a match."""
_FRESH = timedelta(hours=6)
_SHOPS = (MatchKey.PAYMENT_ID, MatchKey.ORDER_NAME, MatchKey.SHOP_ORDER_ID)
_PROVIDERS = (MatchKey.PROVIDER_ORDER_ID, MatchKey.TRANSACTION_ID)


def foreign_matches(
    session: ReadSession, tenant_id: int, unmatched_lines: Iterable[PayoutLine], rules: TenantRules
) -> dict[str, Matched]:
    """Line id → the one pre-existing invoice with its reference. No match with two invoices, or one of Bokbro's."""
    field = rules.payout_reference_field
    keys = _SHOPS if rules.use_merchant_reference else _PROVIDERS
    references = {
        line.id: {form for key in keys for form in _written(line.keys.get(key, ""), rules)}
        for line in unmatched_lines
        if line.kind in OF_ORDERS
    }
    if field is ReferenceField.NOWHERE or not any(references.values()):
        return {}
    invoices = _invoices(session, tenant_id, field, set().union(*references.values()))
    matches: dict[str, Matched] = {}
    for line_id, values in references.items():
        numbers = {number: is_open for value in values for number, is_open in invoices.get(value, {}).items()}
        if len(numbers) == 1:
            ((number, is_open),) = numbers.items()
            match = Match("", BY_FOREIGN_INVOICE, invoice=number, invoice_is_open=is_open)
            matches[line_id] = Matched(None, match)
    return matches


def _written(reference: str, rules: TenantRules) -> set[str]:
    """How another system may have written a reference: with or without the prefix, a name with or without its sign."""
    if not reference:
        return set()
    bare = {form.removeprefix("#") for form in forms_of(reference, rules)}
    prefixes = {"", rules.payment_reference_prefix, rules.reference_prefix}
    return {f"{prefix}{sign}{form}" for form in bare for prefix in prefixes for sign in ("", "#")}


def _invoices(
    session: ReadSession, tenant_id: int, field: ReferenceField, values: set[str]
) -> dict[str, dict[str, bool]]:
    """Value of the field → numbers of the invoices of others that have it, and whether each is open."""
    written = MasterRecord.data[field.value].astext
    conditions = (Connection.tenant_id == tenant_id, MasterRecord.kind == INVOICES, written.in_(values))
    rows = session.execute(
        select(written, MasterRecord.code, MasterRecord.data)
        .join(Connection, Connection.id == MasterRecord.connection_id)
        .where(*conditions)
    ).all()
    own = own_invoices(session, tenant_id, [row.code for row in rows])
    invoices: dict[str, dict[str, bool]] = {}
    for value, number, data in rows:
        if data["counts"] and number not in own:
            invoices.setdefault(value, {})[number] = bool(data["open"])
    return invoices


def request_invoices(session: WriteSession, connection_id: int, now: datetime) -> None:
    """Have references read that are not known or old; what waits for them is looked at again when they are."""
    read = session.get(MasterDataRefresh, (connection_id, INVOICES))
    wished = session.get(RefreshRequest, (connection_id, INVOICES, ""))
    if wished is None and (read is None or now - read.refreshed_at > _FRESH):
        request_refresh(session, connection_id, [(INVOICES, "")])
