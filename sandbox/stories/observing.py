"""What stands after a state: the order's outcome, its findings, and all of Fortnox that is its."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ReadFinding:
    """An open finding as a person reads it."""

    code: str
    texts: tuple[str, ...]
    """Text and remedy, in both languages."""
    values: Json
    of_order: bool = True
    """Else it is about the shop or the company."""

    @property
    def words(self) -> str:
        """Everything that it says."""
        return " ".join([*self.texts, *(str(value) for value in self.values.values())])


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a document that has a quantity. `total` holds VAT; of a credit note it is negative."""

    account: str
    article: str
    quantity: Decimal
    total: Decimal
    vat_rate: Decimal
    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """An invoice, credit note or Fortnox order that is not cancelled. Totals of credit notes are negative."""

    kind: str
    number: str
    date: str
    total: Decimal
    balance: Decimal
    currency: str
    rows: tuple[Row, ...]
    is_booked: bool
    facts: Json
    """Name, e-mail and delivery country as they stand on it."""


@dataclass(frozen=True, slots=True)
class Voucher:
    """An entry: account → kronor, debit positive."""

    name: str
    date: str
    text: str
    amounts: dict[str, Decimal]


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything that may be compared after one state."""

    state: str
    reason: str
    findings: tuple[ReadFinding, ...]
    documents: tuple[Document, ...]
    vouchers: tuple[Voucher, ...]
    cards: tuple[Json, ...] = ()
    """Fortnox customers that the documents name: name, type, VAT type, VAT number, e-mail."""
    has_written: bool = False
    """Whether anything was sent to Fortnox that writes there."""
    calls: tuple[str, ...] = field(default=())

    @property
    def balances(self) -> dict[str, Decimal]:
        """Account → balance, those of zero left out."""
        return balances(self.vouchers)

    def as_json(self) -> Json:
        """For people and programs."""
        return {
            "state": self.state,
            "reason": self.reason,
            "findings": [asdict(finding) for finding in self.findings],
            "documents": [asdict(document) for document in self.documents],
            "entries": [asdict(voucher) for voucher in self.vouchers],
            "balances": self.balances,
            "customers": list(self.cards),
            "sent": self.has_written,
            "calls": list(self.calls),
        }


def balances(vouchers: Iterable[Voucher], period: str = "") -> dict[str, Decimal]:
    """Account → balance over the entries of a day (2026-11-03), a month (2026-11) or all."""
    sums: dict[str, Decimal] = {}
    for voucher in vouchers:
        if voucher.date.startswith(period):
            for account, amount in voucher.amounts.items():
                sums[account] = sums.get(account, Decimal(0)) + amount
    return {account: amount for account, amount in sorted(sums.items()) if amount}
