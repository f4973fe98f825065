"""Payment transactions of a Qliro order: what each did, and which of them moved money (qliro-api.md 4.1). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.kit.money import Money
from app.model.order import Transaction, TransactionKind
from app.shops.base import BodyNotUnderstoodError, has_neighbours
from app.shops.qliro.orders.items import amount_of

Json = Mapping[str, Any]

GATEWAY = "qliro"
"""What the tenant's table of gateways calls Qliro."""
GIFT_CARD = "gift_card"
"""What it calls a gift card."""
_KINDS = {
    "Preauthorization": TransactionKind.AUTHORIZATION,
    "Debit": TransactionKind.SALE,
    "Capture": TransactionKind.CAPTURE,
    "Reversal": TransactionKind.VOID,
    "Refund": TransactionKind.REFUND,
}
_UNDER_WAY = frozenset({"Created", "InProcess", "UserInteractionRequired", "OnHold"})
_OVER = frozenset({"Success", "Error", "Cancelled"})


@dataclass(frozen=True, slots=True)
class Movement:
    """One transaction as Qliro shows it; `amount` without sign."""

    id: str
    type: str
    status: str
    amount: Money
    at: datetime
    original_id: str

    @property
    def succeeded(self) -> bool:
        """Whether it succeeded."""
        return self.status == "Success"

    @property
    def pending(self) -> bool:
        """Neither succeeded nor failed yet."""
        return self.status in _UNDER_WAY

    def transaction(self, kind: TransactionKind | None = None) -> Transaction:
        """As a transaction of the order model. The payment id is Qliro's own: its settlement rows carry it (5.5)."""
        return Transaction(
            id=self.id,
            kind=kind or _KINDS.get(self.type, TransactionKind.OTHER),
            succeeded=self.succeeded,
            gateway=GATEWAY,
            amount=self.amount,
            processed_at=self.at,
            payment_id=self.id,
            pending=self.pending,
        )


def card_transaction(number: str, kind: TransactionKind, amount: Money, at: datetime) -> Transaction:
    """Money on or off a gift card of the shop's own, which Qliro only knows as a discount."""
    return Transaction(
        id=number, kind=kind, succeeded=True, gateway=GIFT_CARD, amount=amount, processed_at=at, payment_id=""
    )


def read_movements(body: Json, currency: str) -> list[Movement]:
    """All transactions, oldest first. Raises BodyNotUnderstoodError."""
    rows = body.get("PaymentTransactions") or []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BodyNotUnderstoodError("PaymentTransactions is no list")
    return sorted((_movement(row, currency) for row in rows), key=lambda movement: (movement.at, int(movement.id)))


def of_type(movements: Iterable[Movement], *types: str) -> list[Movement]:
    """The successful ones of these types."""
    return [movement for movement in movements if movement.succeeded and movement.type in types]


def _movement(row: Json, currency: str) -> Movement:
    number, status = str(row.get("PaymentTransactionId") or ""), str(row.get("Status") or "")
    if not (number.isascii() and number.isdigit()):
        raise BodyNotUnderstoodError(f"PaymentTransactionId: {row.get('PaymentTransactionId')!r}")
    if status not in _UNDER_WAY | _OVER:
        raise BodyNotUnderstoodError(f"Status of {number}: {status!r}")
    original = row.get("OriginalPaymentTransactionId")
    return Movement(
        id=number,
        type=str(row.get("Type") or ""),
        status=status,
        # Clients have seen refunds with and without a sign (3.2): the type says which way money went.
        amount=abs(amount_of(row, "Amount", str(row.get("Currency") or currency))),
        at=moment(row.get("Timestamp"), f"Timestamp of {number}"),
        original_id=str(original) if original else "",
    )


def moment(value: object, name: str) -> datetime:
    """An aware time; Qliro's times without a zone are UTC (1.4). Raises BodyNotUnderstoodError."""
    try:
        parsed = datetime.fromisoformat(str(value).replace("/", "-"))
    except ValueError as error:
        raise BodyNotUnderstoodError(f"{name} is no time: {value!r}") from error
    if not has_neighbours(parsed):
        raise BodyNotUnderstoodError(f"{name} is no time of a trade: {value!r}")
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
