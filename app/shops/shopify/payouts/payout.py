"""A Shopify Payments payout with its lines as a `Payout`, from GraphQL and from the older REST shape. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from app.kit.money import Money
from app.model.order import BOOKS_ZONE
from app.model.payout import Payout, PayoutLine
from app.shops.base import BodyNotUnderstoodError, understanding
from app.shops.shopify.payouts.lines import THE_PAYOUT_ITSELF, TransactionDetail, graphql_line, is_test, rest_line
from app.shops.shopify.reading import Json, mapping, moment, money, numeric_id, required, text

PROVIDER = "shopify_payments"
_FINAL = frozenset(("PAID", "FAILED", "CANCELED", "CANCELLED"))
_BOUNCED = _FINAL - {"PAID"}


@understanding("payout")
def graphql_payout(
    payout: Json, transactions: Iterable[Json], *, shop: str, details: Mapping[str, TransactionDetail]
) -> Payout:
    """A payout of GraphQL and the balance transactions found for it; those of other payouts are left out.

    Raises BodyNotUnderstoodError.
    """
    identity = numeric_id(required(payout, "legacyResourceId"), "legacyResourceId")
    own = [transaction for transaction in transactions if _payout_id(transaction) == identity]
    net = mapping(required(payout, "net"), "net")
    return _payout(
        payout,
        shop=shop,
        paid_on=moment(required(payout, "issuedAt"), "issuedAt").astimezone(BOOKS_ZONE).date(),
        paid_out=money(net.get("amount"), net.get("currencyCode"), "net"),
        lines=tuple(graphql_line(transaction, details) for transaction in own if _is_part(transaction)),
        has_test=any(is_test(transaction) for transaction in own),
    )


@understanding("payout")
def rest_payout(payout: Json, transactions: Iterable[Json], *, shop: str) -> Payout:
    """The same of REST (`payouts/{id}.json`, `balance/transactions.json?payout_id=`). Raises BodyNotUnderstoodError."""
    identity = numeric_id(required(payout, "id"), "id")
    own = [transaction for transaction in transactions if text(transaction.get("payout_id")) == identity]
    return _payout(
        payout,
        shop=shop,
        paid_on=_plain_date(required(payout, "date")),
        paid_out=money(required(payout, "amount"), required(payout, "currency"), "amount"),
        lines=tuple(rest_line(transaction) for transaction in own if _is_part(transaction)),
        has_test=any(is_test(transaction) for transaction in own),
    )


def _payout(
    payout: Json, *, shop: str, paid_on: date, paid_out: Money, lines: tuple[PayoutLine, ...], has_test: bool
) -> Payout:
    status = text(required(payout, "status")).upper()
    identity = numeric_id(payout.get("legacyResourceId") or payout.get("id"), "id")
    unmatched_lines = {line.net.currency for line in lines} - {paid_out.currency}
    if unmatched_lines:
        raise BodyNotUnderstoodError(f"payout {identity} in {paid_out.currency} has lines in {sorted(unmatched_lines)}")
    return Payout(
        provider=PROVIDER,
        account=shop,
        id=identity,
        paid_on=paid_on,
        currency=paid_out.currency,
        paid_out=paid_out,
        lines=lines,
        # Money of a shop in test mode never reaches a bank, so such a payout is shown but never booked.
        is_final=status in _FINAL and not has_test,
        bounced=status in _BOUNCED,
        bank_reference=text(payout.get("externalTraceId")),
    )


def _is_part(transaction: Json) -> bool:
    return text(transaction.get("type")).lower() not in THE_PAYOUT_ITSELF


def _payout_id(transaction: Json) -> str | None:
    """None while the money has not been assigned to a payout."""
    payout_id = mapping(required(transaction, "associatedPayout"), "associatedPayout").get("id")
    return None if payout_id is None else numeric_id(payout_id, "associatedPayout")


def _plain_date(value: object) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise BodyNotUnderstoodError(f"date is no day: {value!r}") from error
