"""Matches payout lines with orders: all keys of a line must agree, and an amount is never a key.

An amount or a day would only ever suggest an order (accounting.md 0.12): here they are not even looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import ColumnElement, Select, Text, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from app.kit.db.engine import ReadSession
from app.model.payout import MatchKey, Payout, PayoutLine
from app.model.providers import habits_of
from app.orders.source_of_record import NOT_OURS
from app.payouts.matching.foreign_invoices import foreign_matches
from app.payouts.matching.references import Matched, forms_of
from app.payouts.planning.plan import Match
from app.schema import Connection, Job, MoneyUse, Operation, PayoutLineUse, SalesOrder, Snapshot, StoredPayout
from app.schema.orders import PAYMENT_IDS
from app.tenants.rules import TenantRules

Orders = Mapping[str, set[tuple[int, str]]]
"""Value of a key → ids and names of the orders that have it."""

_REFERENCES = (MatchKey.PAYMENT_ID, MatchKey.ORDER_NAME)
_LEARNED = (MatchKey.TRANSACTION_ID, MatchKey.PROVIDER_ORDER_ID)
"""Keys that are the provider's own: known only from lines that another key found."""


def names_our_transaction(line: PayoutLine, payout: Payout) -> bool:
    """Whether a line names the shop's transaction itself: then it is no other one."""
    return habits_of(payout.provider).names_shops_transactions and bool(line.keys.get(MatchKey.TRANSACTION_ID))


def _values(line: PayoutLine, key: MatchKey, payout: Payout) -> set[str]:
    """What the line says of this key; of some providers either reference may be either."""
    either = key in _REFERENCES and habits_of(payout.provider).mixes_references
    return {value for reference in (_REFERENCES if either else (key,)) if (value := line.keys.get(reference))}


def match_lines(session: ReadSession, tenant_id: int, payout: Payout, rules: TenantRules) -> dict[str, Matched]:
    """Line id → order. A key that finds two orders finds none, and keys that differ find none: a person decides."""
    reported = orders_reported_by(session, tenant_id, payout)
    hits: dict[str, list[tuple[MatchKey, tuple[int, str]]]] = {
        line_id: [(MatchKey.PROVIDER_ORDER_ID, order)] for line_id, order in reported.items()
    }
    for key in MatchKey:
        if key is MatchKey.TRANSACTION_ID and not habits_of(payout.provider).names_shops_transactions:
            continue
        forms = {
            line.id: set().union(*(forms_of(value, rules) for value in values))
            for line in payout.lines
            if (values := _values(line, key, payout)) and line.id not in reported
        }
        orders = _orders(session, tenant_id, key, set().union(*forms.values()))
        for line_id, values in forms.items():
            of_this = set().union(*(orders.get(value, ()) for value in values))
            if len(of_this) == 1:
                hits.setdefault(line_id, []).append((key, of_this.pop()))
    matches = {
        line_id: Matched(places[0][1][0], Match(places[0][1][1], places[0][0].value))
        for line_id, places in hits.items()
        if len({order_id for _key, (order_id, _name) in places}) == 1
    }
    unmatched_lines = [line for line in payout.lines if line.id not in hits]
    matches |= _learned(session, tenant_id, payout, matches, unmatched_lines)
    left = [line for line in unmatched_lines if line.id not in matches]
    return matches | foreign_matches(session, tenant_id, left, rules)


def _learned(
    session: ReadSession,
    tenant_id: int,
    payout: Payout,
    matches: Mapping[str, Matched],
    unmatched_lines: Iterable[PayoutLine],
) -> dict[str, Matched]:
    """Unmatched lines, by the provider's own ids on matched lines of this payout or an earlier one.

    A refund whose reference was replaced after the sale is found so (qliro-api.md 4.2).
    """
    learned: dict[str, Matched] = {}
    waiting = [line for line in unmatched_lines if any(line.keys.get(key) for key in _LEARNED)]
    for key in _LEARNED if waiting else ():
        values = {line.keys[key] for line in waiting if line.keys.get(key)}
        orders = orders_of_earlier_lines(session, tenant_id, payout.provider, key, values)
        for line in payout.lines:
            if line.id in matches and line.keys.get(key) in values:
                matched = matches[line.id]
                if matched.order_id is not None:
                    orders.setdefault(line.keys[key], set()).add((matched.order_id, matched.match.order_name))
        for line in waiting:
            known = orders.get(line.keys.get(key, ""), set())
            if len(known) == 1 and line.id not in learned:
                ((order_id, name),) = known
                learned[line.id] = Matched(order_id, Match(name, key.value))
    return learned


def _orders(session: ReadSession, tenant_id: int, key: MatchKey, values: set[str]) -> Orders:
    """Value of the key → the orders that have it."""
    orders: dict[str, set[tuple[int, str]]] = {}
    for column, statement in _KEYS.get(key, ()) if values else ():
        conditions = (Snapshot.tenant_id == tenant_id, column.in_(values), ~IS_MANAGED_ELSEWHERE)
        rows = session.execute(statement.where(*conditions)).all()
        for value, order_id, name in rows:
            orders.setdefault(value, set()).add((order_id, name))
    if key is MatchKey.PAYMENT_ID and values:
        for value, order_id, name in session.execute(_by_payment_id(tenant_id, values)).all():
            orders.setdefault(value, set()).add((order_id, name))
    return orders


def _by_payment_id(tenant_id: int, values: set[str]) -> Select[str, int, str]:
    """Orders with a transaction of that payment id.

    Shopify shows it on the authorisation and not always on its capture (qliro-api.md 6), which is what our payment has.
    """
    value = func.jsonb_array_elements_text(PAYMENT_IDS).column_valued("value", joins_implicitly=True)
    conditions = (
        Snapshot.tenant_id == tenant_id,
        ~IS_MANAGED_ELSEWHERE,
        PAYMENT_IDS.op("?|")(cast(sorted(values), ARRAY(Text))),
    )
    return select(value, Snapshot.order_id, Snapshot.name).where(*conditions, value.in_(values))


_REFERENCE = Operation.payload["reference"].astext
_REFERENCE2 = Operation.payload["reference2"].astext
_NAME = func.ltrim(Snapshot.name, "#")
_KEYS: dict[MatchKey, tuple[tuple[ColumnElement[str], Select[str, int, str]], ...]] = {
    MatchKey.TRANSACTION_ID: (
        (
            MoneyUse.transaction_id.expression,
            select(MoneyUse.transaction_id, MoneyUse.order_id, Snapshot.name).join(
                Snapshot, Snapshot.order_id == MoneyUse.order_id
            ),
        ),
    ),
    MatchKey.PAYMENT_ID: tuple(
        (
            column,
            select(column, Snapshot.order_id, Snapshot.name)
            .join(Job, Job.order_id == Snapshot.order_id)
            .join(Operation, Operation.job_id == Job.id)
            .where(Operation.kind == kind),
        )
        # What the payment names, and what Fortnox has in ExternalInvoiceReference2.
        for column, kind in ((_REFERENCE, "PayInvoice"), (_REFERENCE2, "CreateInvoice"))
    ),
    MatchKey.SHOP_ORDER_ID: (
        (
            SalesOrder.platform_id.expression,
            select(SalesOrder.platform_id, Snapshot.order_id, Snapshot.name).join(
                Snapshot, Snapshot.order_id == SalesOrder.id
            ),
        ),
    ),
    MatchKey.ORDER_NAME: ((_NAME, select(_NAME, Snapshot.order_id, Snapshot.name)),),
}
"""How each key is looked up; a provider's own order id is known only from lines that another key found."""


IS_MANAGED_ELSEWHERE = func.coalesce(Snapshot.plan["reason"].astext.in_(NOT_OURS), False)
"""Whether another channel is the source of record of an order's snapshot and has the documents."""


def orders_reported_by(session: ReadSession, tenant_id: int, payout: Payout) -> dict[str, tuple[int, str]]:
    """Line id → id and name of the order that we read at the provider under that very number.

    Not an order of which another channel is the source of record: other keys match it.
    """
    if not habits_of(payout.provider).reports_orders:
        return {}
    numbers = {line.id: line.keys.get(MatchKey.PROVIDER_ORDER_ID, "") for line in payout.lines}
    named = (SalesOrder.tenant_id == tenant_id, SalesOrder.platform_id.in_(set(numbers.values()) - {""}))
    rows = session.execute(
        select(SalesOrder.platform_id, Snapshot.order_id, Snapshot.name)
        .join(Snapshot, Snapshot.order_id == SalesOrder.id)
        .join(Connection, Connection.id == SalesOrder.connection_id)
        .where(*named, Connection.platform == payout.provider, ~IS_MANAGED_ELSEWHERE)
    ).all()
    orders: dict[str, set[tuple[int, str]]] = {}
    for number, order_id, name in rows:
        orders.setdefault(number, set()).add((order_id, name))
    reported = ((line, orders.get(number, set())) for line, number in numbers.items())
    return {line: next(iter(orders)) for line, orders in reported if len(orders) == 1}


def orders_of_earlier_lines(
    session: ReadSession, tenant_id: int, provider: str, key: MatchKey, values: set[str]
) -> dict[str, set[tuple[int, str]]]:
    """Value of the key → ids and names of the orders that stored lines with it were matched to."""
    if not values:
        return {}
    line = (
        func.jsonb_array_elements(StoredPayout.content["lines"])
        .column_valued("line", joins_implicitly=True)
        .cast(JSONB)
    )
    value = line["keys"][key.value].astext
    statement = (
        select(value, PayoutLineUse.order_id, Snapshot.name)
        .select_from(StoredPayout)
        .join(PayoutLineUse, PayoutLineUse.payout_id == StoredPayout.id)
        .join(Snapshot, Snapshot.order_id == PayoutLineUse.order_id)
        .where(
            StoredPayout.tenant_id == tenant_id,
            StoredPayout.provider == provider,
            PayoutLineUse.line_id == line["id"].astext,
            value.in_(values),
            # Learned from other lines only: a line that was learned itself proves nothing.
            PayoutLineUse.matched_by.not_in((MatchKey.TRANSACTION_ID.value, MatchKey.PROVIDER_ORDER_ID.value)),
        )
    )
    orders: dict[str, set[tuple[int, str]]] = {}
    for known, order_id, name in session.execute(statement).all():
        orders.setdefault(known, set()).add((order_id, name))
    return orders
