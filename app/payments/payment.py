"""Makes a payment of a provider's transaction: its account by gateway and currency, its day, its reference."""

from __future__ import annotations

from datetime import date

from app.kit.money import Money
from app.model.finding import Finding
from app.model.order import Transaction, books_day
from app.posting.references import MoneySource
from app.posting.steps import PayInvoice
from app.tenants.rules import TenantRules


def payment_of(transaction: Transaction, rules: TenantRules, not_before: date) -> PayInvoice | Finding:
    """The payment of a transaction, before it is known what it pays."""
    currency = transaction.amount.currency
    stem = rules.gateways.get(transaction.gateway.lower())
    if stem is None:
        data = {"gateway": transaction.gateway, "currency": currency}
        return Finding("PAYMENT_GATEWAY_UNMAPPED", transaction.gateway, data)
    role = clearing_role(stem, transaction.settled.currency if transaction.settled else currency, rules)
    account, rounding = rules.account(role), rules.account("rounding")
    if account is None or rounding is None:
        missing = role if account is None else "rounding"
        return Finding("ROLE_UNMAPPED", missing, {"role": missing})
    return PayInvoice(
        source=MoneySource(transaction.id),
        amount=transaction.amount,
        account=account,
        role=role,
        rounding_account=rounding,
        # Fortnox refuses a payment dated before its invoice (fortnox-api.md 4, 7).
        day=max(books_day(transaction.processed_at), not_before),
        reference=transaction.payment_id or transaction.id,
        settles=False,
        mode=rules.modes_of_payment.get(transaction.gateway.casefold(), ""),
    )


OWN_DEBTS = ("gift_card", "store_credit")
"""Roles of payments that use up a debt of the company: no money is received."""


def clearing_role(stem: str, currency: str, rules: TenantRules) -> str:
    """A provider's clearing account in this currency; without one it settles in kronor (acc-09, acc-28)."""
    if stem in OWN_DEBTS:
        return stem
    own = f"{stem}.{currency.lower()}"
    return own if rules.account(own) is not None else f"{stem}.sek"


def settled_share(transaction: Transaction, part: Money) -> Money | None:
    """Of what the provider made of a whole transaction, what a part of it is; None where it converted nothing."""
    whole = transaction.settled
    if whole is None or not transaction.amount:
        return None
    return Money.rounded(whole.decimal * part.decimal / transaction.amount.decimal, whole.currency)
