"""The OSS return's figures of a quarter, per country and rate, and the voucher of its payment (accounting.md 1.2, 2.5).

The return is in euro; the books are in kronor at each day's rate. What the VAT accounts hold and what the payment costs
differ, and that difference is an exchange difference, never VAT (acc-35).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.kit.money import Money, total
from app.model.finding import Finding
from app.posting.documents import CreateInvoice
from app.posting.plan import Plan, Stopped, stopped
from app.posting.references import Purpose, VoucherRef
from app.posting.vouchers import BOOKS_CURRENCY, CreateVoucher, rows_of
from app.tenants.rules import TenantRules

_RETURN_CURRENCY = "EUR"
_QUARTER = re.compile(r"(\d{4})-Q([1-4])")
_SALES_ROLE = "oss_sales."


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """A period of the return. Days are the books' (Europe/Stockholm)."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> Quarter:
        """The quarter that a day lies in."""
        return cls(day.year, (day.month + 2) // 3)

    @classmethod
    def named(cls, name: str) -> Quarter:
        """From `2026-Q4`. Raises ValueError."""
        match = _QUARTER.fullmatch(name)
        if match is None:
            raise ValueError(f"no quarter: {name!r}")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.year}-Q{self.number}"


_Place = tuple[str, Decimal, Quarter | None, str, int | None]
"""Country, rate, corrected quarter, currency, VAT account: what makes one line."""


@dataclass(frozen=True, slots=True)
class OssDocument:
    """A booked invoice or credit note with OSS rows."""

    document: CreateInvoice
    rate: Decimal
    """Kronor for one unit of its currency, as Fortnox booked it."""
    sold_on: date
    """Day of the sale: of the invoice that a credit note credits."""


@dataclass(frozen=True, slots=True)
class OssFigure:
    """One line: base and VAT in the documents' currency and in the return's."""

    country: str
    vat_percent: Decimal
    corrects: Quarter | None
    """The earlier quarter that credits correct, named in the return for three years; None: the quarter's own sales."""
    base: Money
    vat: Money
    base_eur: Money | None
    """None where the rate of the quarter's last day is not known."""
    vat_eur: Money | None
    vat_account: int | None
    booked: Money
    """What the VAT account got, in kronor, credit positive."""


def figures_of(
    quarter: Quarter, documents: Iterable[OssDocument], rates: Mapping[str, Decimal]
) -> tuple[OssFigure, ...]:
    """The quarter's lines. `rates`: units of a currency for one euro, the ECB's of the quarter's last day.

    Euro stay as they are; another currency is turned once per line, without a rate not at all.
    """
    zero_kronor = Money.zero(BOOKS_CURRENCY)
    sums: dict[_Place, tuple[Money, Money, Money]] = {}
    for document in documents:
        if Quarter.of(document.document.day) != quarter:
            continue
        sold = Quarter.of(document.sold_on)
        for country, percent, account, base, vat in _parts(document.document):
            place = (country, percent, sold if sold != quarter else None, base.currency, account)
            booked = Money.rounded(vat.decimal * document.rate, BOOKS_CURRENCY)
            zero = Money.zero(base.currency)
            so_far = sums.get(place, (zero, zero, zero_kronor))
            sums[place] = (so_far[0] + base, so_far[1] + vat, so_far[2] + booked)
    return tuple(
        OssFigure(country, percent, corrects, base, vat, _euro(base, rates), _euro(vat, rates), account, booked)
        for (country, percent, corrects, _currency, account), (base, vat, booked) in sorted(
            sums.items(),
            key=lambda entry: (entry[0][2] is not None, entry[0][2] or quarter, entry[0][0], -entry[0][1], entry[0][3]),
        )
    )


def _parts(document: CreateInvoice) -> Iterator[tuple[str, Decimal, int | None, Money, Money]]:
    """Country, rate, VAT account, base and VAT of a document's OSS rows."""
    countries = {row.vat_percent: row.role.split(".")[1] for row in document.rows if row.role.startswith(_SALES_ROLE)}
    for group in document.vat:
        if group.vat_percent in countries:
            yield countries[group.vat_percent], group.vat_percent, group.vat_account, group.net, group.vat


def _euro(amount: Money, rates: Mapping[str, Decimal]) -> Money | None:
    if amount.currency == _RETURN_CURRENCY:
        return amount
    rate = rates.get(amount.currency)
    return None if rate is None else Money.rounded(amount.decimal / rate, _RETURN_CURRENCY)


def vat_to_pay(figures: Sequence[OssFigure]) -> Money | None:
    """The VAT of the return in euro; None where a rate is missing."""
    amounts = [figure.vat_eur for figure in figures]
    known = [amount for amount in amounts if amount is not None]
    return total(known, _RETURN_CURRENCY) if len(known) == len(amounts) else None


def plan_payment(
    quarter: Quarter, figures: Sequence[OssFigure], paid_on: date, paid: Money, rules: TenantRules
) -> Plan | Stopped:
    """The voucher of the payment: what was booked off the VAT accounts, the bank, and the exchange difference.

    Never through 2650 and never the tax account: OSS is paid apart (acc-35). `paid` is in kronor.
    """
    by_account: dict[int, Money] = {}
    missing = []
    for figure in figures:
        if figure.vat_account is None:
            missing.append(Finding("ROLE_UNMAPPED", figure.country, {"role": f"oss_vat.{figure.country}"}))
            continue
        held = by_account.get(figure.vat_account, Money.zero(BOOKS_CURRENCY))
        by_account[figure.vat_account] = held + figure.booked
    difference = paid - total(by_account.values(), BOOKS_CURRENCY)
    role = "exchange.loss" if difference.minor > 0 else "exchange.gain"
    accounts = {name: rules.account(name) for name in ("bank.sek", role)}
    missing += [Finding("ROLE_UNMAPPED", name, {"role": name}) for name, number in accounts.items() if number is None]
    if missing:
        return stopped(missing)
    bank, exchange = (number or 0 for number in accounts.values())
    euro = vat_to_pay(figures)
    text = f"OSS {quarter}" + (f", EUR {euro.decimal}" if euro is not None else "")
    rows = rows_of([*sorted(by_account.items()), (exchange, difference), (bank, -paid)])
    voucher = CreateVoucher(VoucherRef(Purpose.OSS_PAYMENT), paid_on, text, rules.payout_series, rows, f"OSS {quarter}")
    return Plan(f"OSS {quarter}", rules.version, (voucher,))
