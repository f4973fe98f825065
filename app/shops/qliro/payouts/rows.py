"""Reads the rows of a Qliro settlement into payout lines (qliro-api.md 5.3, 5.4). Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from app.kit.money import Money, MoneyError
from app.model.payout import MatchKey, PayoutLine, PayoutLineKind
from app.shops.base import BodyNotUnderstoodError, traded

Json = Mapping[str, Any]

_KINDS = {
    ("Transaction", "Debit"): PayoutLineKind.CHARGE,
    ("Transaction", "Credit"): PayoutLineKind.REFUND,
    ("Chargeback", "Credit"): PayoutLineKind.CHARGEBACK,
    ("Chargeback", "Debit"): PayoutLineKind.CHARGEBACK_REVERSED,
}
_IDENTITY = (
    "AcquirerName",
    "BatchId",
    "CurrencyCode",
    "Type",
    "Action",
    "PaymentTransactionId",
    "OrderId",
    "MerchantOrderReference",
)
"""With day and amount, what distinguishes rows: Qliro gives them no id. Rows alike in all of it are numbered."""


def lines(rows: Iterable[Json], *, fee_kept_on: frozenset[str]) -> Iterator[PayoutLine]:
    """The rows as lines. `fee_kept_on`: the Actions on which Qliro keeps a fee; on the other it gives one back.

    Raises BodyNotUnderstoodError.
    """
    seen: Counter[str] = Counter()
    for row in rows:
        size = abs(amount(row, "Amount", _word(row, "CurrencyCode")))
        identity = "|".join([*(_word(row, name) for name in _IDENTITY), str(_occurred_on(row)), str(size)])
        seen[identity] += 1
        if is_fee(row):
            yield _fee_line(row, f"{identity}|{seen[identity]}", is_kept=action(row) in fee_kept_on)
        else:
            yield _movement(row, f"{identity}|{seen[identity]}")


def is_fee(row: Json) -> bool:
    """Whether the row is a fee, of one sale or of the whole batch."""
    return row.get("Type") == "Fee"


def action(row: Json) -> str:
    """Debit or Credit, seen from the buyer: Debit is a sale. Raises BodyNotUnderstoodError for anything else."""
    row_action = str(row.get("Action"))
    if row_action not in ("Debit", "Credit"):
        raise BodyNotUnderstoodError(f"Action is neither Debit nor Credit: {row_action!r}")
    return row_action


def amount(row: Json, name: str, currency: str) -> Money:
    """An exact amount in major units. Raises BodyNotUnderstoodError."""
    try:
        return traded(Decimal(str(row.get(name))), currency)
    except (MoneyError, InvalidOperation) as error:
        raise BodyNotUnderstoodError(f"{name} is no amount: {row.get(name)!r}") from error


def day(body: Json, *names: str) -> date:
    """The first of these dates that is there (`yyyy/mm/dd` or ISO). Raises BodyNotUnderstoodError."""
    value = next((str(body[name]) for name in names if body.get(name)), "")
    try:
        return datetime.fromisoformat(value[:10].replace("/", "-")).date()
    except ValueError as error:
        raise BodyNotUnderstoodError(f"{names[0]} is no day: {value!r}") from error


def _movement(row: Json, identity: str) -> PayoutLine:
    size = abs(amount(row, "Amount", _word(row, "CurrencyCode")))
    return PayoutLine(
        id=identity,
        kind=_KINDS.get((_word(row, "Type"), action(row)), PayoutLineKind.OTHER),
        occurred_on=_occurred_on(row),
        # Qliro's amounts carry no sign of their own.
        amount=size if action(row) == "Debit" else -size,
        fee=Money.zero(size.currency),
        keys=_keys(row),
        text=_word(row, "PaymentMethodSubType") or _word(row, "PaymentMethodType"),
        raw_kind=f"{_word(row, 'Type')} {action(row)}",
    )


def _fee_line(row: Json, identity: str, *, is_kept: bool) -> PayoutLine:
    size = abs(amount(row, "Amount", _word(row, "CurrencyCode")))
    vat = _vat_inside(row, size)
    without_vat = size if vat is None else size - vat
    return PayoutLine(
        id=identity,
        kind=PayoutLineKind.FEE,
        occurred_on=_occurred_on(row),
        amount=Money.zero(size.currency),
        fee=without_vat if is_kept else -without_vat,
        fee_vat=vat if vat is None or is_kept else -vat,
        keys=_keys(row),
        text=_word(row, "PaymentMethodSubType") or _word(row, "PaymentMethodType"),
        raw_kind=f"Fee {action(row)}",
    )


def _vat_inside(row: Json, size: Money) -> Money | None:
    """Amount − AmountExcludingVat, never a rate of our own; None where they are absent or impossible."""
    if row.get("AmountExcludingVat") is None:
        return None
    vat = size - abs(amount(row, "AmountExcludingVat", size.currency))
    return None if vat < Money.zero(size.currency) else vat


def _occurred_on(row: Json) -> date:
    return day(row, "TransactionCompletedDate", "PspSettlementDate", "ImportSettlementDate")


def _keys(row: Json) -> dict[MatchKey, str]:
    """All that a row may be recognised by: which of the shop's references Qliro's app sends is not known (4.2, 6)."""
    keys = {
        MatchKey.TRANSACTION_ID: _word(row, "PaymentTransactionId"),
        MatchKey.PAYMENT_ID: _word(row, "MerchantOrderReference"),
        MatchKey.PROVIDER_ORDER_ID: _word(row, "OrderId"),
        MatchKey.ORDER_NAME: _word(row, "MerchantOrderReference"),
    }
    return {key: value for key, value in keys.items() if value}


def _word(row: Json, name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value).strip()
