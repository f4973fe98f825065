"""What a payout's orders were paid and what other payouts have of them, for the plausibility check."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import BigInteger, ColumnElement, Text, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import InstrumentedAttribute

from app.kit.db.engine import ReadSession
from app.kit.money import Money, total
from app.model.finding import Finding
from app.model.order import Transaction, TransactionKind, books_day
from app.model.payout import Payout, PayoutLine
from app.payments.payout_timing import provider_of
from app.payouts.matching.references import Matched, orders_of
from app.payouts.planning.line_answers import LineAnswer
from app.payouts.planning.plan import Match
from app.payouts.planning.plausibility import BEYOND_ORDER, COMPARED, PaidOrder, Settled, beyond_orders
from app.schema import PayoutLineUse, Snapshot, StoredPayout
from app.tenants.rules import TenantRules

_LINE: TypeAdapter[PayoutLine] = TypeAdapter(PayoutLine)
_TRANSACTIONS: TypeAdapter[tuple[Transaction, ...]] = TypeAdapter(tuple[Transaction, ...])
_TAKEN = (TransactionKind.SALE, TransactionKind.CAPTURE)
_ONE_REPORT = frozenset({"klarna", "kustom"})
"""Providers whose reports may be taken for each other's (docs/settlement-unknowns.md)."""

OtherLine = tuple[str, PayoutLine]
"""A provider and a line that another payout of it has."""


def doubtful_lines(
    session: ReadSession,
    stored: StoredPayout,
    payout: Payout,
    matched: Mapping[str, Matched],
    rules: TenantRules,
) -> dict[str, Finding]:
    """Lines with which an order would be settled beyond what it was paid, at the provider or in total.

    What a person said of a line goes before the comparison; a payout that is booked is not compared any more.
    """
    if stored.booked is not None:
        return {}
    answered = {line for line, match in matched.items() if match.match.by in list(LineAnswer)}
    orders = {line: order for line, order in orders_of(payout, matched, COMPARED).items() if line not in answered}
    lines: dict[int, list[PayoutLine]] = {}
    for line in payout.lines:
        if line.id in orders:
            lines.setdefault(orders[line.id], []).append(line)
    paid = _paid(session, lines, rules)
    others = _other_lines(session, stored.id, paid) if paid else {}
    findings: dict[str, Finding] = {}
    for provider in ("", payout.provider):  # what all providers have of it says most
        known = {
            order: limit
            for order, (name, moved) in paid.items()
            if (limit := _order(name, moved, others.get(order, ()), provider, payout.currency, rules)) is not None
        }
        findings = beyond_orders(lines, known) | findings
    return findings


def without_doubtful(matched: Mapping[str, Matched], doubtful: Collection[str]) -> dict[str, Matched]:
    """A doubtful line is unmatched until a person has looked: it settles no order."""
    unmatched = Matched(None, Match("", BEYOND_ORDER))
    return {line: unmatched if line in doubtful else match for line, match in matched.items()}


def _paid(
    session: ReadSession, orders: Iterable[int], rules: TenantRules
) -> dict[int, tuple[str, Sequence[Transaction]]]:
    """Order → its name and the money it took in; without those from before the start date."""
    columns = (Snapshot.order_id, Snapshot.name, Snapshot.processed_at, Snapshot.order["transactions"])
    rows = session.execute(select(*columns).where(_among(Snapshot.order_id, orders)))
    return {
        order: (
            name,
            [transaction for transaction in _TRANSACTIONS.validate_python(held or ()) if transaction.succeeded],
        )
        for order, name, at, held in rows
        if rules.cut_over is None or books_day(at) >= rules.cut_over
    }


def _among(column: InstrumentedAttribute[Any], jobs: Iterable[int]) -> ColumnElement[bool]:
    """One array: a payout may have more orders than a statement may have parameters."""
    return column == func.any(cast(sorted(set(jobs)), ARRAY(BigInteger)))


def _order(
    name: str,
    moved: Iterable[Transaction],
    others: Iterable[OtherLine],
    provider: str,
    currency: str,
    rules: TenantRules,
) -> PaidOrder | None:
    """What it was paid through a provider (through all for none); None where that is not known.

    Nothing through this one is known only where all of its money is known to have gone through others.
    """
    moved = list(moved)
    if provider and _is_all_of_others(moved, provider, currency, rules):
        nothing = Money.zero(currency)
        return PaidOrder(name, nothing, Settled(nothing, nothing))
    own = [transaction for transaction in moved if not provider or provider_of(transaction, rules) == provider]
    taken = [transaction for transaction in own if transaction.kind in _TAKEN]
    currencies = {transaction.amount.currency for transaction in taken}
    counted = currency if currency in currencies else next(iter(currencies)) if len(currencies) == 1 else None
    if counted is None:
        return None
    given_back = [
        transaction.amount
        for transaction in own
        if transaction.kind is TransactionKind.CHANGE and transaction.amount.currency == counted
    ]
    captured = total(
        (_with_rounding(transaction) for transaction in taken if transaction.amount.currency == counted), counted
    )
    captured -= total(given_back, counted)
    settled = Settled(Money.zero(counted), Money.zero(counted))
    for its_provider, line in others:
        amount = line.amount if line.amount.currency == counted else line.order_amount
        if amount is not None and amount.currency == counted and (not provider or its_provider == provider):
            settled = settled.and_line(line.kind, amount)
    return PaidOrder(name, captured, settled) if captured.minor > 0 else None


def _is_all_of_others(moved: Iterable[Transaction], provider: str, currency: str, rules: TenantRules) -> bool:
    taken = [transaction for transaction in moved if transaction.kind in _TAKEN]
    if not taken or any(transaction.amount.currency != currency for transaction in taken):
        return False
    own = _ONE_REPORT if provider in _ONE_REPORT else {provider}
    providers = {provider_of(transaction, rules) for transaction in taken}
    return "" not in providers and not own & providers  # a gateway of no provider may be this one's: unknown is not nil


def _with_rounding(transaction: Transaction) -> Money:
    rounding = transaction.rounding
    is_same = rounding is not None and rounding.currency == transaction.amount.currency
    return transaction.amount + rounding if rounding is not None and is_same else transaction.amount


def _other_lines(session: ReadSession, payout_id: int, orders: Iterable[int]) -> dict[int, list[OtherLine]]:
    """Order → lines of it that other payouts have."""
    use = PayoutLineUse
    columns = (use.payout_id, use.line_id, use.order_id, use.provider)
    conditions = (_among(use.order_id, orders), use.payout_id != payout_id)
    reported_state_of = session.execute(select(*columns).where(*conditions))
    uses = {(payout, line): (order or 0, provider) for payout, line, order, provider in reported_state_of}
    if not uses:
        return {}
    line = func.jsonb_array_elements(StoredPayout.content["lines"], type_=JSONB).column_valued(
        "line", joins_implicitly=True
    )
    line_ids = cast(sorted({line_id for _payout, line_id in uses}), ARRAY(Text))
    rows = session.execute(
        select(StoredPayout.id, line).where(
            _among(StoredPayout.id, {payout for payout, _line in uses}),
            line.op("->>")("id") == func.any(line_ids),
        )
    )
    lines: dict[int, list[OtherLine]] = {}
    for payout, content in rows:
        other_line = _LINE.validate_python(content)
        if other_line.kind in COMPARED and (payout, other_line.id) in uses:
            order, provider = uses[payout, other_line.id]
            lines.setdefault(order, []).append((provider, other_line))
    return lines
